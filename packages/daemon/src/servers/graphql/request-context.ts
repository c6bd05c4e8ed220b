/** What the resolvers of one request share. */
import type { World } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { AnswerTo, PastView, Question } from '../../engine/past/view-reading.ts';
import { ReadBudget } from './read-budget.ts';

/** Throws what `PastViews` throws. */
type AskPast = <Q extends Question>(past: PastView, question: Q) => Promise<AnswerTo<Q>>;

export interface RequestContext {
  readonly open: OpenWorld;
  /** The newest durable world when the request began: every read of it sees the same moment. */
  readonly world: World;
  readonly budget: ReadBudget;
  /** One question after another: whatever a request asks takes one place among those that wait. */
  readonly askPast: AskPast;
}

export function makeRequestContext(open: OpenWorld, copies: number, signal?: AbortSignal): RequestContext {
  return { open, world: open.loop.world, budget: new ReadBudget(copies), askPast: askInTurn(open, signal) };
}

function askInTurn({ past: views }: OpenWorld, signal: AbortSignal | undefined): AskPast {
  const startMs = performance.now();
  let before: Promise<unknown> = Promise.resolve();
  return (past, question) => {
    const answer = before.then(() => views.ask(past, question, startMs, signal));
    before = answer.catch(() => undefined); // whoever asked is told
    return answer;
  };
}

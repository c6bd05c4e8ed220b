/** What the resolvers of one request share. */
import type { World } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { Principal } from '../../engine/principal.ts';
import type { AskPast } from '../../engine/turn-back.ts';
import { ReadBudget } from './read-budget.ts';

export interface RequestContext {
  readonly open: OpenWorld;
  /** Who asks. */
  readonly principal: Principal;
  /**
   * The newest durable world when the request began: every read of it sees the same moment. What a mutation answers is read of
   * the newest one of all.
   */
  readonly world: World;
  readonly budget: ReadBudget;
  /** One question after another: whatever a request asks takes one place among those that wait. */
  readonly askPast: AskPast;
}

export interface ContextOf {
  readonly world: OpenWorld;
  readonly principal: Principal;
  /** Says that nobody waits for the answer any more. */
  readonly signal?: AbortSignal;
}

/** `copies` is what the document may multiply an answer by. */
export function makeRequestContext({ world: open, principal, signal }: ContextOf, copies: number): RequestContext {
  const { world } = open.loop;
  return { open, principal, world, budget: new ReadBudget(copies), askPast: askInTurn(open, signal) };
}

/** For mutations: what they answer is what they have left behind. */
export function makeMutationContext(of: ContextOf, copies: number): RequestContext {
  const context = makeRequestContext(of, copies);
  return Object.defineProperty({ ...context }, 'world', { get: () => of.world.loop.world });
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

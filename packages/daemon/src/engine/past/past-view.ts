/** Asking views as they were after an event. */
import type { World } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { mustGetHead, mustGetWorkspace } from '../world-views.ts';
import { readSides } from './element-sides.ts';
import {
  readDiff,
  readSnapshot,
  type AnswerTo,
  type DiffQuestion,
  type PastView,
  type Question,
} from './view-reading.ts';

/** Answers where no world near the event is at hand. */
export interface PastSource {
  /**
   * Answers by the time `untilMs` of `performance.now()`, else throws `PAST_NOT_READY`, and `INTERRUPTED` once `signal` says that
   * nobody waits any more. Throws `WORKSPACE_NOT_FOUND` and
   * `WORKSPACE_ENDED`, too, `PAST_TOO_LARGE`, `OVERLOADED`, and what reading the history throws. The event must be durable.
   */
  ask<Q extends Question>(past: PastView, question: Q, untilMs: number, signal?: AbortSignal): Promise<AnswerTo<Q>>;
}

/** The view that a question compares the one with that is asked; undefined if there is none. */
export function otherView(question: Question): PastView | undefined {
  return isDiff(question) ? question.before : undefined;
}

/**
 * Asks a view of the world as it was then; `other` is the world of the question's other view, if it has one. Throws
 * `WORKSPACE_NOT_FOUND` or `WORKSPACE_ENDED`.
 */
export function readWorld<Q extends Question>(
  world: World,
  { view }: PastView,
  question: Q,
  other: World | undefined,
): AnswerTo<Q> {
  const place = 'view.swsId';
  if (question.ask === 'sides') {
    if (view === 'system') throw new Error('System is the target of workspaces, and has no sides');
    return readSides(world, mustGetWorkspace(world, view, place), question) as AnswerTo<Q>; // the question's own answer
  }
  const head = mustGetHead(world, view, place);
  const answer = (): AnswerTo<Question> => {
    if (!isDiff(question)) return readSnapshot(head, question);
    if (other === undefined) throw new Error('a question about two views comes with two worlds');
    return readDiff(mustGetHead(other, question.before.view, place), head, question);
  };
  return answer() as AnswerTo<Q>; // the question's own answer
}

function isDiff(question: Question): question is DiffQuestion {
  return question.ask === 'changes' || question.ask === 'steps';
}

export function abandonedFailure(): Failure {
  return new Failure('INTERRUPTED', '', 'nobody waits for the answer any more');
}

/** Views as they were after an event, and asking them. */
import type { ViewId, World } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { mustGetHead } from '../world-views.ts';
import { readSnapshot, type AnswerTo, type Question } from './view-reading.ts';

export interface PastView {
  /** Of the event. */
  readonly idx: number;
  readonly view: ViewId;
}

/** Answers where no world near the event is at hand. */
export interface PastSource {
  /**
   * Answers by the time `untilMs` of `performance.now()`, else throws `PAST_NOT_READY`, and `INTERRUPTED` once `signal` says that
   * nobody waits any more. Throws `WORKSPACE_NOT_FOUND` and
   * `WORKSPACE_ENDED`, too, `PAST_TOO_LARGE`, `OVERLOADED`, and what reading the history throws. The event must be durable.
   */
  ask<Q extends Question>(past: PastView, question: Q, untilMs: number, signal?: AbortSignal): Promise<AnswerTo<Q>>;
}

/** Asks a view of the world as it was then. Throws `WORKSPACE_NOT_FOUND` or `WORKSPACE_ENDED`. */
export function readWorld<Q extends Question>(world: World, view: ViewId, question: Q): AnswerTo<Q> {
  return readSnapshot(mustGetHead(world, view, 'view.swsId'), question);
}

export function abandonedFailure(): Failure {
  return new Failure('INTERRUPTED', '', 'nobody waits for the answer any more');
}

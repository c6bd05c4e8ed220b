/**
 * The one envelope of answers and errors in plain JSON, the same over HTTP and line by line.
 *
 *     {"ok": true, "result": …}
 *     {"ok": false, "error": {reason, code, place, detail, advice, retry}}
 */
import { Failure } from '../../errors/failure.ts';
import type { ErrorFamily, Reason } from '../../errors/reason.ts';
import { REGISTRY } from '../../errors/registry.ts';
import { clip, DETAIL_LENGTH_MAX, PLACE_LENGTH_MAX } from '../graphql/graphql-error.ts';

export interface GoodAnswer<Result = unknown> {
  readonly ok: true;
  readonly result: Result;
}

export interface FailureBody {
  readonly ok: false;
  readonly error: {
    readonly reason: Reason;
    readonly code: ErrorFamily;
    readonly place: string;
    readonly detail: string;
    readonly advice: string;
    readonly retry: 'never' | 'later';
  };
}

export function goodAnswer<Result>(result: Result): GoodAnswer<Result> {
  return { ok: true, result };
}

export function failureBody({ reason, place, message }: Failure): FailureBody {
  const { family, advice, retry } = REGISTRY[reason];
  const detail = clip(message, DETAIL_LENGTH_MAX);
  return { ok: false, error: { reason, code: family, place: clip(place, PLACE_LENGTH_MAX), detail, advice, retry } };
}

/** What is left of an error that should never happen, for the caller. */
export function bugFailure(): Failure {
  return new Failure('BUG', '', REGISTRY.BUG.text);
}

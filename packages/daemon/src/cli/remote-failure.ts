/** Errors that came as data, from a daemon or an import, made into `Failure`s again. */
import { Failure } from '../errors/failure.ts';
import type { Reason } from '../errors/reason.ts';
import { REGISTRY } from '../errors/registry.ts';

export interface ToldError {
  readonly reason: string;
  readonly place: string;
  readonly detail: string;
}

/** A reason that this version doesn't know becomes `BUG`, its name kept in the detail. */
export function toFailure({ reason, place, detail }: ToldError): Failure {
  return isReason(reason) ? new Failure(reason, place, detail) : new Failure('BUG', place, `${reason}: ${detail}`);
}

function isReason(text: string): text is Reason {
  return Object.hasOwn(REGISTRY, text);
}

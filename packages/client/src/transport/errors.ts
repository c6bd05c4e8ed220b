/**
 * What goes wrong, told apart by who has to act: a `Refusal` is the daemon's no to what was asked, a `Fault` is the daemon,
 * its disk or the way to it. Outcomes such as a collapse that meets a conflict are values, not errors.
 */
import type { RefusalReason } from '@jitos/kernel';

/** A code of docs/errors.md: one of the kernel's, or one that arises around it. */
export type Reason = RefusalReason | (string & Record<never, never>);

export interface ErrorParts {
  readonly reason: Reason;
  /** The family of the reason: `INVALID_INPUT`, `NOT_FOUND`, `DENIED`, `UNAVAILABLE` … */
  readonly code: string;
  /** A path in what was asked, or empty. */
  readonly place: string;
  /** For people. */
  readonly detail: string;
  /** What to do. */
  readonly advice: string;
  /** Whether the same request may succeed later. */
  readonly retry: 'never' | 'later';
  /** The daemon's own word on when. */
  readonly retryAfterMs?: number;
  /** Of a subscription that was ended: where to go on behind. */
  readonly after?: string;
}

/** The common part of `Refusal` and `Fault`. */
export abstract class JitosError extends Error {
  readonly reason: Reason;
  readonly code: string;
  readonly place: string;
  readonly advice: string;
  readonly retry: 'never' | 'later';
  readonly retryAfterMs: number;
  readonly after: string | undefined;

  constructor(
    { reason, code, place, detail, advice, retry, retryAfterMs = 0, after }: ErrorParts,
    options?: ErrorOptions,
  ) {
    super(`${reason}${place === '' ? '' : ` at ${place}`}: ${detail}`, options);
    this.reason = reason;
    this.code = code;
    this.place = place;
    this.advice = advice;
    this.retry = retry;
    this.retryAfterMs = retryAfterMs;
    this.after = after;
  }
}

/** The daemon's no: asked the same way, it will be the same, but where `retry` says otherwise. */
export class Refusal extends JitosError {
  override readonly name = 'Refusal';
}

/** The daemon could not, or was not reached. */
export class Fault extends JitosError {
  override readonly name = 'Fault';
}

/** Families of what is nobody's mistake but the daemon's, its disk's or its surroundings'. */
const FAULTS: readonly string[] = ['INTERNAL', 'UNAVAILABLE'];

export function errorOf(parts: ErrorParts): JitosError {
  return FAULTS.includes(parts.code) ? new Fault(parts) : new Refusal(parts);
}

/** No answer came: whether what was asked was done is not known. */
export class Unreachable extends Fault {
  constructor(address: string, detail: string, options?: ErrorOptions) {
    const advice = 'Check the address, and that the daemon runs.';
    super(
      { reason: 'DAEMON_UNREACHABLE', code: 'UNAVAILABLE', place: address, detail, advice, retry: 'later' },
      options,
    );
  }
}

/** Something answered, but not a daemon of this kind: to ask again is of no use. */
export function strangeAnswer(address: string): Fault {
  return new Fault({
    reason: 'DAEMON_UNREACHABLE',
    code: 'UNAVAILABLE',
    place: address,
    detail: 'what answers there is not jitosd',
    advice: 'Check the address.',
    retry: 'never',
  });
}

/** Asking again: how often, and how long to wait in between. */
import type { Clock } from './clock.ts';
import { JitosError } from './errors.ts';

export interface RetryPolicy {
  /** The first one counts; 1 asks once. */
  readonly attemptsMax: number;
  /** Before the second attempt at most so long; twice as long each time. */
  readonly delayMs: number;
  readonly delayMsMax: number;
}

export const RETRY_DEFAULT: RetryPolicy = { attemptsMax: 8, delayMs: 50, delayMsMax: 5_000 };

/** How long to wait after so many failed attempts: anywhere up to the bound, so that those who failed together part. */
export function delayMs(failed: number, { delayMs: first, delayMsMax }: RetryPolicy, clock: Clock): number {
  return clock.random() * Math.min(delayMsMax, first * 2 ** (failed - 1));
}

export interface Retrying {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** The first attempt that succeeds, or the error of the last, or of one that says that no later attempt can. */
export async function retrying<Result>(
  attempt: () => Promise<Result>,
  { policy, clock, signal }: Retrying,
): Promise<Result> {
  for (let failed = 1; ; failed++) {
    try {
      return await attempt();
    } catch (error) {
      const mayPass = error instanceof JitosError && error.retry === 'later';
      if (!mayPass || failed >= policy.attemptsMax) throw error;
      await clock.sleep(Math.max(error.retryAfterMs, delayMs(failed, policy, clock)), signal);
    }
  }
}

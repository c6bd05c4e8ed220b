/**
 * Holds whoever asks to the policies, and says in the words of HTTP how it stands (draft-ietf-httpapi-ratelimit-headers):
 *
 *     RateLimit-Policy: "read";q=20000;w=10         what is allowed: a quota, and the seconds in which it is there again
 *     RateLimit: "read";r=19999;t=1                 what is left, and the seconds until all of it is there again
 */
import { LOCAL_PRINCIPAL, type Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';
import type { Clock } from '../../ports/clock.ts';
import type { RateLimits, RateVerb } from './rate-policy.ts';
import { TokenBuckets } from './token-buckets.ts';

/** Who is held to a limit: a principal, or the address of somebody who named none. */
export type Asker = { readonly principal: Principal } | { readonly address: string };

export function askerName(asker: Asker): string {
  return 'principal' in asker ? asker.principal : `address ${asker.address}`;
}

/** Counts what is asked for. Throws `RATE_LIMITED`. */
export type Admit = (verb: RateVerb) => void;

export interface RateLimiterParts {
  readonly clock: Clock;
  readonly limits: RateLimits;
  readonly onRefused?: (verb: RateVerb) => void;
}

export class RateLimiter {
  readonly #limits: RateLimits;
  readonly #buckets: TokenBuckets;
  readonly #onRefused: (verb: RateVerb) => void;

  constructor({ clock, limits, onRefused = () => undefined }: RateLimiterParts) {
    this.#limits = limits;
    this.#buckets = new TokenBuckets(clock);
    this.#onRefused = onRefused;
  }

  /** Undefined where nothing is limited. `tell` is given headers, whether or not it is admitted. */
  admitOf(
    asker: Asker,
    tell: (headers: Readonly<Record<string, string>>) => void = () => undefined,
  ): Admit | undefined {
    const isLocal = 'principal' in asker && asker.principal === LOCAL_PRINCIPAL;
    const policies = isLocal ? this.#limits.local : this.#limits.others;
    if (Object.keys(policies).length === 0) return undefined;
    const name = askerName(asker);
    return (verb) => {
      const policy = policies[verb];
      if (policy === undefined) return;
      const { isAdmitted, remaining, resetS, retryAfterS } = this.#buckets.take(`${verb} ${name}`, policy);
      const { quota, windowS } = policy;
      tell({
        'ratelimit-policy': `"${verb}";q=${quota};w=${windowS}`,
        ratelimit: `"${verb}";r=${remaining};t=${resetS}`,
        ...(isAdmitted ? {} : { 'retry-after': String(retryAfterS) }),
      });
      if (isAdmitted) return;
      this.#onRefused(verb);
      const detail = `more than ${quota} requests to ${verb} in ${windowS} s; the next is taken in ${retryAfterS} s`;
      throw new Failure('RATE_LIMITED', verb, detail);
    };
  }
}

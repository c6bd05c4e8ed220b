/**
 * Token buckets, one for each principal and verb: what it may still ask for now, and when more.
 *
 * - T1 Time is the monotonic clock's: a clock on the wall that is set fills nothing and empties nothing.
 * - T2 In any window no more than twice the quota is admitted, and in the long run no more than the quota.
 * - T3 Buckets are bounded in number. The one that was used longest ago is forgotten first, and is as good as full where its principal
 *      has kept to the policy.
 */
import type { Clock } from '../../ports/clock.ts';
import type { RatePolicy } from './rate-policy.ts';

const BUCKETS_MAX = 65_536;
const MS_PER_S = 1000;

interface Bucket {
  tokens: number;
  atMs: number;
}

/** What became of a request, and what is left. */
export interface Taken {
  readonly isAdmitted: boolean;
  /** Whole tokens that are left. */
  readonly remaining: number;
  /** Until the bucket is full again, if nothing is taken. */
  readonly resetS: number;
  /** Until as much is there as was asked for; 0 where it was. */
  readonly retryAfterS: number;
}

export class TokenBuckets {
  readonly #clock: Clock;
  readonly #countMax: number;
  /** In the order in which they were used. */
  readonly #buckets = new Map<string, Bucket>();

  constructor(clock: Clock, countMax: number = BUCKETS_MAX) {
    this.#clock = clock;
    this.#countMax = countMax;
  }

  /** Takes one token, or none. */
  take(key: string, policy: RatePolicy): Taken {
    const nowMs = this.#clock.monotonicMs();
    const perMs = policy.quota / (policy.windowS * MS_PER_S);
    const bucket = this.#buckets.get(key) ?? { tokens: policy.quota, atMs: nowMs };
    bucket.tokens = Math.min(policy.quota, bucket.tokens + (nowMs - bucket.atMs) * perMs);
    bucket.atMs = nowMs;
    const isAdmitted = bucket.tokens >= 1;
    if (isAdmitted) bucket.tokens -= 1;
    this.#keep(key, bucket);
    return {
      isAdmitted,
      remaining: Math.floor(bucket.tokens),
      resetS: Math.ceil((policy.quota - bucket.tokens) / perMs / MS_PER_S),
      retryAfterS: isAdmitted ? 0 : Math.ceil((1 - bucket.tokens) / perMs / MS_PER_S),
    };
  }

  #keep(key: string, bucket: Bucket): void {
    this.#buckets.delete(key);
    this.#buckets.set(key, bucket);
    if (this.#buckets.size <= this.#countMax) return;
    const [oldest] = this.#buckets.keys();
    this.#buckets.delete(oldest!); // there are more than none
  }
}

/**
 * How often a principal may ask, by what it asks for.
 *
 *     read=20000/10,write=5000/10         20,000 reads and 5,000 writes, each in any 10 seconds
 *     none                                no limits
 *
 * A policy is a token bucket: it holds the quota, and fills up evenly within the window. The defaults are far above what one
 * honest program asks for; they are there so that one that has gone wrong is told so.
 */
import { Failure } from '../../errors/failure.ts';

/** What a request asks for: a verb of authority, or to be told what is written. */
export const RATE_VERBS = ['read', 'write', 'collapse', 'control', 'work', 'subscribe'] as const;

export type RateVerb = (typeof RATE_VERBS)[number];

export interface RatePolicy {
  readonly quota: number;
  readonly windowS: number;
}

/** Verbs without a policy are not limited. */
export type RatePolicies = Partial<Readonly<Record<RateVerb, RatePolicy>>>;

export interface RateLimits {
  /** Of each principal with a key, and of each address that names none. */
  readonly others: RatePolicies;
  /** Of `local`: whoever holds the daemon's own token. */
  readonly local: RatePolicies;
}

export const NO_POLICIES: RatePolicies = {};
export const LIMITS_DEFAULT =
  'read=20000/10,write=10000/10,collapse=5000/10,control=200/10,work=10000/10,subscribe=2000/10';
export const LIMITS_LOCAL_DEFAULT = 'none';

const QUOTA_MAX = 1_000_000_000;
const WINDOW_S_MAX = 86_400;

/** Throws `USAGE`, of the flag. */
export function parseRatePolicies(flag: string, text: string): RatePolicies {
  if (text === 'none') return NO_POLICIES;
  const policies: Partial<Record<RateVerb, RatePolicy>> = {};
  for (const part of text.split(',')) {
    const [, name = '', quota = '', windowS = ''] = /^([a-z]+)=(\d{1,10})\/(\d{1,5})$/.exec(part) ?? [];
    const verb = RATE_VERBS.find((each) => each === name);
    if (verb === undefined) throw usage(flag, `'${part}' is not <verb>=<count>/<seconds>, of ${RATE_VERBS.join(', ')}`);
    if (policies[verb] !== undefined) throw usage(flag, `${verb} is limited twice`);
    policies[verb] = { quota: Number(quota), windowS: Number(windowS) };
    if (policies[verb].quota < 1 || policies[verb].quota > QUOTA_MAX) {
      throw usage(flag, `'${part}': give a count from 1 to ${QUOTA_MAX}`);
    }
    if (policies[verb].windowS < 1 || policies[verb].windowS > WINDOW_S_MAX) {
      throw usage(flag, `'${part}': give 1 to ${WINDOW_S_MAX} seconds`);
    }
  }
  return policies;
}

function usage(flag: string, detail: string): Failure {
  return new Failure('USAGE', flag, detail);
}

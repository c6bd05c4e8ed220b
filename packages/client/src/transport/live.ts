/**
 * Following a subscription however often its connection ends: the daemon is asked again, behind what has arrived, so that every
 * event comes once and none is left out (`docs/spec/graphql.md`).
 */
import type { Json, JsonObject } from '../wire/operation.ts';
import type { Clock } from './clock.ts';
import { JitosError } from './errors.ts';
import type { Http } from './http.ts';
import { delayMs, type RetryPolicy } from './retry.ts';

export interface LiveRequest {
  /** A subscription with a variable `after`. */
  readonly text: string;
  readonly variables: JsonObject;
  /** The position to go on behind; undefined: what is new from now on. */
  readonly after: string | undefined;
  /** Of an answer. */
  readonly positionOf: (data: Json) => string;
  readonly signal: AbortSignal;
}

export interface LiveEvent {
  readonly position: string;
  /** Undefined where only the position is told. */
  readonly data: Json | undefined;
}

/** One way to listen. */
export interface LiveSource {
  /** The events of one connection; it ends when there will be no more, and throws where it is cut off. */
  open(request: LiveRequest): AsyncIterable<LiveEvent>;
}

/** What a way to listen is made with. */
export interface LiveHost {
  readonly http: Http;
  /** Of the world's GraphQL. */
  readonly path: string;
  readonly clock: Clock;
}

export type LiveTransport = (host: LiveHost) => LiveSource;

export interface FollowOptions {
  readonly policy: RetryPolicy;
  readonly clock: Clock;
}

/**
 * The events from `request.after` on. A first connection is tried as often as any request; once there was one, another is made
 * until the signal is aborted, whose reason is then thrown.
 */
export async function* follow(
  source: LiveSource,
  request: LiveRequest,
  { policy, clock }: FollowOptions,
): AsyncGenerator<LiveEvent & { readonly data: Json }, void> {
  const { signal } = request;
  let { after } = request;
  let hasBegun = false;
  for (let failed = 0; ;) {
    try {
      for await (const { position, data } of source.open({ ...request, after })) {
        after = position;
        hasBegun = true;
        if (data === undefined) continue;
        failed = 0;
        yield { position, data };
      }
      return;
    } catch (error) {
      signal.throwIfAborted();
      failed += 1;
      const mayPass = error instanceof JitosError && error.retry === 'later';
      if (!mayPass || (!hasBegun && failed >= policy.attemptsMax)) throw error;
      after = error.after ?? after;
      await clock.sleep(Math.max(error.retryAfterMs, delayMs(failed, policy, clock)), signal);
    }
  }
}

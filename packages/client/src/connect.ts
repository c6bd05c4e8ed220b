/** Where a program begins: a world of a daemon. */
import { systemClock, type Clock } from './transport/clock.ts';
import { tokenCredentials, type Signer } from './transport/credentials.ts';
import { Http, type Fetch } from './transport/http.ts';
import { KeyCredentials } from './transport/key-credentials.ts';
import type { LiveTransport } from './transport/live.ts';
import { RETRY_DEFAULT, type RetryPolicy } from './transport/retry.ts';
import { Session } from './transport/session.ts';
import { serverSentEvents } from './transport/sse.ts';
import { makeWorld, type World } from './world/world.ts';

export interface ConnectOptions {
  /** Of the daemon, such as `http://127.0.0.1:8080`. */
  readonly url: string | URL;
  /** `main` if it is not given. */
  readonly world?: string;
  /** What `<data-dir>/token` holds. */
  readonly token?: string | undefined;
  /** Instead of a token: acts by what the key was granted. */
  readonly key?: Signer;
  /** How subscriptions are listened to: `serverSentEvents`, the default, or `webSockets`. */
  readonly live?: LiveTransport;
  /** What is not given is as in `RETRY_DEFAULT`. */
  readonly retry?: Partial<RetryPolicy>;
  /** Of one attempt, 60,000 if it is not given. */
  readonly timeoutMs?: number;
  /** How many ticks from its sending on a command may be carried out: 600 if it is not given, ten minutes by default. */
  readonly validTicks?: number;
  readonly clock?: Clock;
  readonly fetch?: Fetch;
  /** Makes request ids, no two alike. */
  readonly newId?: () => string;
}

const TIMEOUT_MS = 60_000;
const VALID_TICKS = 600;

/** Asks nothing yet: a daemon that is not there is noticed by the first request. */
export function connect({ url, world = 'main', token, key, retry, ...options }: ConnectOptions): World {
  const { timeoutMs = TIMEOUT_MS, validTicks = VALID_TICKS, live = serverSentEvents, clock = systemClock } = options;
  const plain = {
    address: new URL(url).href.replace(/\/+$/, ''),
    credentials: tokenCredentials(token),
    fetch: options.fetch ?? ((input: string, init: RequestInit) => fetch(input, init)),
    timeoutMs,
  };
  const credentials = key === undefined ? plain.credentials : new KeyCredentials(new Http(plain), key, clock);
  const http = new Http({ ...plain, credentials });
  const newId = options.newId ?? (() => crypto.randomUUID());
  const policy = { ...RETRY_DEFAULT, ...retry };
  return makeWorld(new Session({ http, world, policy, clock, validTicks, newId, live }));
}

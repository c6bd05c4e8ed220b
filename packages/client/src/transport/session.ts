/**
 * Asking one world: queries, commands that are carried out once however often they are sent, and plain routes.
 *
 * A command that was sent may have been carried out although no answer came. So each carries a `requestId`, by which the world knows
 * a repeat, and a `validUntil`, the tick after which it is not carried out any more; only the very same command is sent again.
 */
import { getInfo } from '../wire/generated.ts';
import type { Json, JsonObject, Operation } from '../wire/operation.ts';
import { mustGetData } from './answer.ts';
import type { Clock } from './clock.ts';
import { Refusal, Unreachable } from './errors.ts';
import type { Http, HttpRequest } from './http.ts';
import { follow, type LiveSource, type LiveTransport } from './live.ts';
import { retrying, type RetryPolicy } from './retry.ts';

export interface SessionOptions {
  readonly http: Http;
  /** `main` or another. */
  readonly world: string;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** How many ticks from now on a command may be carried out. */
  readonly validTicks: number;
  /** Makes request ids: no two alike. */
  readonly newId: () => string;
  readonly live: LiveTransport;
}

/** What any request may be given. */
export interface RequestOptions {
  /** Ends the waiting; its reason is thrown. A command may have been carried out all the same. */
  readonly signal?: AbortSignal;
}

export interface CommandOptions extends RequestOptions {
  /** Kept with the event. A `requestId` in it is used as it is. */
  readonly meta?: JsonObject;
}

/** A subscription whose document has a variable `after`. */
export interface Followed<Data, Variables, Item> {
  readonly operation: Operation<Data, Variables>;
  readonly variables: Variables & { readonly after?: string | null | undefined };
  readonly positionOf: (data: Data) => string;
  readonly toItem: (data: Data) => Item;
  readonly signal: AbortSignal;
}

/** A tick that is older is asked for again. */
const TICK_AGE_MS_MAX = 60_000;

export class Session {
  readonly #options: SessionOptions;
  readonly #path: string;
  readonly #live: LiveSource;
  #tick: { readonly tick: Promise<number>; readonly askedMs: number } | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { world, http, clock, live } = options;
    this.#path = world === 'main' ? '/graphql' : `/w/${encodeURIComponent(world)}/graphql`;
    this.#live = live({ http, path: this.#path, clock });
  }

  get world(): string {
    return this.#options.world;
  }

  async query<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    { signal = never() }: RequestOptions = {},
  ): Promise<Data> {
    return this.#retrying(() => this.#ask(operation, variables, signal), signal);
  }

  /** `withMeta` makes the variables. */
  async command<Data, Variables>(
    operation: Operation<Data, Variables>,
    withMeta: (meta: JsonObject) => Variables,
    { meta = {}, signal = never() }: CommandOptions = {},
  ): Promise<Data> {
    const { newId, validTicks } = this.#options;
    /** Whether it may have been carried out without our being told. */
    let isUncertain = false;
    for (let isFirst = true; ; isFirst = false) {
      const validUntil = (await this.#currentTick()) + validTicks;
      const variables = withMeta({ requestId: newId(), ...meta, validUntil });
      const attempt = (): Promise<Data> =>
        this.#ask(operation, variables, signal).catch((error: unknown) => {
          isUncertain ||= error instanceof Unreachable;
          throw error;
        });
      try {
        return await this.#retrying(attempt, signal);
      } catch (error) {
        // It came too late, and was not carried out: with a newer tick it is a new one.
        const isLate = error instanceof Refusal && error.reason === 'COMMAND_EXPIRED';
        if (!isLate || isUncertain || !isFirst) throw error;
        this.#tick = undefined;
      }
    }
  }

  /** Text that a route answers. */
  async text(path: string, { signal = never() }: RequestOptions = {}): Promise<string> {
    return this.#retrying(() => this.#options.http.text({ path, signal }), signal);
  }

  /** JSON that a route answers; `Answer` is what docs/spec/http.md promises. */
  async route<Answer>(path: string, options?: RequestOptions): Promise<Answer> {
    return JSON.parse(await this.text(path, options)) as Answer; // as the page promises
  }

  async *follow<Data, Variables, Item>(
    followed: Followed<Data, Variables, Item>,
  ): AsyncGenerator<{ readonly position: string; readonly item: Item }, void> {
    const { operation, variables, positionOf, toItem, signal } = followed;
    const request = {
      text: operation.text,
      variables: variables as JsonObject, // the generated types of variables hold JSON only
      after: variables.after ?? undefined,
      positionOf: (data: Json) => positionOf(data as Data), // the daemon sends what the operation asks for
      signal,
    };
    for await (const { position, data } of follow(this.#live, request, this.#options)) {
      yield { position, item: toItem(data as Data) }; // likewise
    }
  }

  #retrying<Result>(attempt: () => Promise<Result>, signal: AbortSignal): Promise<Result> {
    return retrying(attempt, { policy: this.#options.policy, clock: this.#options.clock, signal });
  }

  async #ask<Data, Variables>(
    { text }: Operation<Data, Variables>,
    variables: Variables,
    signal: AbortSignal,
  ): Promise<Data> {
    const { http } = this.#options;
    const body = { query: text, variables: variables as Json }; // the generated types of variables hold JSON only
    const request: HttpRequest = { path: this.#path, body, signal };
    const { json, retryAfterMs } = await http.json(request);
    return mustGetData(json, http.address, retryAfterMs) as Data; // what the operation asks for, by the daemon's own schema
  }

  #currentTick(): Promise<number> {
    const nowMs = this.#options.clock.nowMs();
    const known = this.#tick;
    if (known !== undefined && nowMs - known.askedMs < TICK_AGE_MS_MAX) return known.tick;
    const tick = this.query(getInfo, {}).then(({ kernelInfo }) => Number(kernelInfo.tick));
    this.#tick = { tick, askedMs: nowMs };
    // Who fails to learn it does not keep the next one from asking.
    tick.catch(() => (this.#tick = undefined));
    return tick;
  }
}

function never(): AbortSignal {
  return new AbortController().signal;
}

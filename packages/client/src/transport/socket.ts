/**
 * Subscriptions over WebSockets (`graphql-transport-ws`): any number of them share one connection, where a browser allows but six
 * streams of events to a host.
 *
 * A WebSocket can not be read more slowly. Who falls behind by `WAITING_MAX` events gives up its subscription, and takes it up
 * again behind the last of them once it has caught up: the daemon keeps no queue for it, and neither do we.
 */
import type { Json, JsonObject } from '../wire/operation.ts';
import { isObject } from '../wire/element.ts';
import { mustGetData, parseJson, toldError } from './answer.ts';
import { Refusal, Unreachable, strangeAnswer } from './errors.ts';
import type { LiveEvent, LiveHost, LiveRequest, LiveSource } from './live.ts';
import { serverSentEvents } from './sse.ts';
import { Watchdog } from './watchdog.ts';

const PROTOCOL = 'graphql-transport-ws';
const WAITING_MAX = 256;
const PING_MS = 15_000;
const CONNECT_MS_MAX = 30_000;
const CLOSED_NORMALLY = 1000;
const CLOSED_UNAUTHENTICATED = 4401;
/** By its close code, why the daemon will not have a connection, now or later. */
const REFUSALS: ReadonlyMap<number, Pick<Refusal, 'reason' | 'code' | 'place' | 'advice'>> = new Map([
  [
    CLOSED_UNAUTHENTICATED,
    {
      reason: 'UNAUTHENTICATED',
      code: 'DENIED',
      place: 'connection_init.authorization',
      advice: 'Connect with the token of the daemon, or with a key.',
    },
  ],
  [
    4403,
    {
      reason: 'ACCESS_DENIED',
      code: 'DENIED',
      place: 'world',
      advice: 'Ask the owner of the world, or whoever holds such a grant, for one.',
    },
  ],
  [4404, { reason: 'WORLD_NOT_FOUND', code: 'NOT_FOUND', place: 'world', advice: 'Name a world that there is.' }],
]);

export function webSockets(host: LiveHost): LiveSource {
  return new SocketSource(host);
}

class SocketSource implements LiveSource {
  readonly #host: LiveHost;
  #connection: Promise<Connection> | undefined;

  constructor(host: LiveHost) {
    this.#host = host;
  }

  async *open(request: LiveRequest): AsyncGenerator<LiveEvent, void> {
    // First, so that only who can be connected has begun.
    const connection = await this.#connect(request.signal);
    try {
      const after = request.after ?? (await this.#begin(request));
      yield { position: after, data: undefined };
      yield* connection.subscribe({ ...request, after });
    } finally {
      connection.closeIfIdle();
    }
  }

  /** Where `from now on` is: a stream of events says so at once, a socket does not. */
  async #begin(request: LiveRequest): Promise<string> {
    for await (const { position } of serverSentEvents(this.#host).open(request)) return position;
    throw strangeAnswer(this.#host.http.address);
  }

  async #connect(signal: AbortSignal): Promise<Connection> {
    signal.throwIfAborted();
    const open = this.#connection ?? this.#open();
    const aborted = new Promise<never>((_, reject) => {
      // It may be that nobody waits for it any more.
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
    return Promise.race([open, aborted]);
  }

  #open(): Promise<Connection> {
    const open = Connection.open(this.#host, () => forget());
    const forget = (): void => {
      if (this.#connection === open) this.#connection = undefined;
    };
    open.catch(forget);
    this.#connection = open;
    return open;
  }
}

/** What has come for one subscription and was not taken yet. */
class Inbox {
  readonly waiting: Json[] = [];
  /** Why there will be no more; `complete` if all is told. */
  end: 'complete' | { readonly error: unknown } | undefined;
  #wake: () => void = () => undefined;

  wake(): void {
    this.#wake();
  }

  finish(end: NonNullable<Inbox['end']>): void {
    this.end ??= end;
    this.#wake();
  }

  /** Until there is something to take. */
  async ready(signal: AbortSignal): Promise<void> {
    if (this.waiting.length > 0 || this.end !== undefined || signal.aborted) return;
    await new Promise<void>((resolve) => {
      this.#wake = resolve;
      signal.addEventListener('abort', this.#wake, { once: true });
    });
    signal.removeEventListener('abort', this.#wake);
  }
}

class Connection {
  readonly #address: string;
  readonly #socket: WebSocket;
  readonly #inboxes = new Map<string, Inbox>();
  readonly #dog: Watchdog;
  readonly #pings: ReturnType<typeof setInterval>;
  #count = 0;
  readonly #onEnd: () => void;

  private constructor({ http, clock }: LiveHost, socket: WebSocket, onEnd: () => void) {
    this.#address = http.address;
    this.#socket = socket;
    this.#onEnd = onEnd;
    this.#dog = new Watchdog(clock, () => this.#fail(new Unreachable(this.#address, 'nothing has come for too long')));
    this.#pings = setInterval(() => this.#send({ type: 'ping' }), PING_MS);
    socket.addEventListener('message', ({ data }) => this.#receive(String(data)));
    socket.addEventListener('close', ({ code, reason }) => this.#fail(closeError(this.#address, code, reason)));
  }

  /** Resolves once the daemon has taken it; `onEnd` is called when it is of no use any more. */
  static async open(host: LiveHost, onEnd: () => void): Promise<Connection> {
    const { http, path } = host;
    const timeout = AbortSignal.timeout(CONNECT_MS_MAX);
    const authorization = await http.credentials.authorization();
    const socket = new WebSocket(`${http.address.replace(/^http/, 'ws')}${path}`, PROTOCOL);
    await new Promise<void>((resolve, reject) => {
      socket.addEventListener('open', () => {
        const payload = authorization === undefined ? {} : { payload: { authorization } };
        socket.send(JSON.stringify({ type: 'connection_init', ...payload }));
      });
      socket.addEventListener('message', () => resolve(), { once: true });
      socket.addEventListener('error', () => reject(new Unreachable(http.address, 'the WebSocket failed')));
      socket.addEventListener('close', ({ code, reason }) => {
        const isForgotten = code === CLOSED_UNAUTHENTICATED && http.credentials.renew(authorization);
        const forgotten = new Unreachable(http.address, 'the session has ended');
        reject(isForgotten ? forgotten : closeError(http.address, code, reason));
      });
      // Without effect once it is open.
      timeout.addEventListener('abort', () => reject(new Unreachable(http.address, 'the WebSocket does not open')));
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    return new Connection(host, socket, onEnd);
  }

  async *subscribe(request: LiveRequest & { readonly after: string }): AsyncGenerator<LiveEvent, void> {
    const { positionOf, signal } = request;
    let { after } = request;
    for (;;) {
      const { id, inbox } = this.#begin(request, after);
      try {
        // Without its place among the others it was too far behind, and has caught up now.
        while (inbox.waiting.length > 0 || inbox.end !== undefined || this.#inboxes.has(id)) {
          await inbox.ready(signal);
          signal.throwIfAborted();
          const json = inbox.waiting.shift();
          if (json === undefined) {
            if (inbox.end === 'complete') return;
            throw inbox.end?.error;
          }
          const data: Json = mustGetData(json, this.#address);
          after = positionOf(data);
          yield { position: after, data };
        }
      } finally {
        this.#leave(id);
      }
    }
  }

  closeIfIdle(): void {
    if (this.#inboxes.size > 0) return;
    this.#end();
    this.#socket.close(CLOSED_NORMALLY);
  }

  #begin({ text: query, variables }: LiveRequest, after: string): { readonly id: string; readonly inbox: Inbox } {
    const id = `${(this.#count += 1)}`;
    const inbox = new Inbox();
    this.#inboxes.set(id, inbox);
    if (this.#socket.readyState !== WebSocket.OPEN) {
      inbox.finish({ error: new Unreachable(this.#address, 'the WebSocket was closed') });
    }
    this.#send({ id, type: 'subscribe', payload: { query, variables: { ...variables, after } } });
    return { id, inbox };
  }

  #leave(id: string): void {
    if (this.#inboxes.delete(id)) this.#send({ id, type: 'complete' });
  }

  #receive(text: string): void {
    this.#dog.heard();
    const message = parseJson(text);
    if (message === undefined || !isObject(message)) return;
    const { type, id, payload = null } = message;
    if (type === 'ping') this.#send({ type: 'pong' });
    const inbox = typeof id === 'string' ? this.#inboxes.get(id) : undefined;
    if (inbox === undefined || typeof id !== 'string') return;
    if (type === 'next') {
      inbox.waiting.push(payload);
      if (inbox.waiting.length >= WAITING_MAX) this.#leave(id);
      inbox.wake();
      return;
    }
    this.#inboxes.delete(id);
    if (type === 'complete') inbox.finish('complete');
    else if (type === 'error') {
      inbox.finish({ error: toldError({ errors: payload }) ?? strangeAnswer(this.#address) });
    }
  }

  #fail(error: unknown): void {
    this.#end();
    for (const inbox of this.#inboxes.values()) inbox.finish({ error });
    this.#inboxes.clear();
    this.#socket.close();
  }

  #end(): void {
    clearInterval(this.#pings);
    this.#dog[Symbol.dispose]();
    this.#onEnd();
  }

  #send(message: JsonObject): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(message));
  }
}

function closeError(address: string, code: number, reason: string): Unreachable | Refusal {
  const refused = REFUSALS.get(code);
  if (refused !== undefined) return new Refusal({ ...refused, detail: reason, retry: 'never' });
  return new Unreachable(address, `the WebSocket was closed with ${code}${reason === '' ? '' : `, ${reason}`}`);
}

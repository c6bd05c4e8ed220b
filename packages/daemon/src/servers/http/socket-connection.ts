/**
 * A WebSocket with its subscriptions. Each of these is a reader among the others; what may be slow is the socket that they share,
 * so they end together.
 */
import { GraphQLError, parse, type ExecutionArgs, type GraphQLFormattedError } from 'graphql';
import { CloseCode, type Server, type SubscribePayload } from 'graphql-ws';
import type { RawData, WebSocket } from 'ws';
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';
import type { Asking } from '../auth/access.ts';
import type { GraphqlExecutor } from '../graphql/execute.ts';
import type { ErrorAnswer } from '../graphql/graphql-error.ts';
import { LiveSubscription } from '../graphql/live-subscription.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import { LiveAnswers } from './live-answers.ts';
import { resumable, type LiveReader, type LiveReaders, type Stall } from './live-readers.ts';

export const SOCKET_SUBSCRIPTIONS_MAX = 100;
/** A client that has this much left to read is not listened to. */
const UNREAD_BYTES_MAX = 1_048_576;
/** What was closed is cut off if its client has not read to the end by then. */
const CUT_OFF_MS = 5_000;
/** Bytes that the protocol has for why a connection was closed, which may be of 3 a character. */
const CLOSE_TEXT_MAX = 41;
const NO_COUNTS = { count: 0, sizeBytes: 0 };

/** Why a connection was closed, in the range that is ours; the reason beside it is the registry's. */
const CLOSE_CODES: Partial<Record<Reason, number>> = {
  UNAUTHENTICATED: 4401,
  ACCESS_DENIED: 4403,
  WORLD_NOT_FOUND: 4404,
  SHUTTING_DOWN: 4503,
  SUBSCRIBER_TOO_SLOW: 4510,
};
const CLOSE_CODE_ELSE = 4500;

/** What `graphql-ws` is given of a connection. */
export interface Extra {
  readonly connection: SocketConnection;
}

export function closeSocket(socket: WebSocket, reason: Reason): void {
  socket.close(CLOSE_CODES[reason] ?? CLOSE_CODE_ELSE, reason);
  const cutOff = setTimeout(() => socket.terminate(), CUT_OFF_MS);
  socket.once('close', () => clearTimeout(cutOff));
}

/** `graphql-ws` looks only at what sort of operation it is: ours is planned and answered elsewhere. */
const ANY_SUBSCRIPTION = parse('subscription { followed }');

/** Errors that have our form already. */
class Told extends GraphQLError {
  readonly errors: readonly ErrorAnswer[];

  constructor(errors: readonly ErrorAnswer[]) {
    super('told');
    this.errors = errors;
  }
}

export interface SocketConnectionParts {
  readonly executor: GraphqlExecutor;
  readonly readers: LiveReaders;
  /** Who asks of which world, by what its first message says. Throws `UNAUTHENTICATED`, `ACCESS_DENIED` or `WORLD_NOT_FOUND`. */
  readonly enter: (authorization: unknown) => Asking;
  readonly socket: WebSocket;
  readonly protocol: Server<Extra>;
  readonly limiter: RateLimiter;
}

export class SocketConnection implements LiveReader {
  readonly sort = 'connection';
  readonly #parts: SocketConnectionParts;
  readonly #subscriptionById = new Map<string, SocketSubscription>();
  /** Subscriptions that are being begun: their ids. */
  readonly #beginning = new Set<string>();
  /** Who asks, as it is now: a session may have ended. Undefined until its first message. */
  #enter: (() => Asking) | undefined;
  #unsent = 0;
  #stalledSinceMs: number | undefined;
  /** Whether its client has answered since it was last asked. */
  #isAlive = true;
  #isEnded = false;

  private constructor(parts: SocketConnectionParts) {
    this.#parts = parts;
  }

  /** Throws what `LiveReaders.add` throws. */
  static start(parts: SocketConnectionParts): void {
    const connection = new SocketConnection(parts);
    const { socket, protocol, readers } = parts;
    readers.add(connection);
    const closed = protocol.opened(
      {
        protocol: socket.protocol,
        send: (text) => connection.#send(text),
        close: (code, reason) => socket.close(code, reason),
        onMessage: (take) => {
          socket.on('message', (data) => {
            if (socket.bufferedAmount > UNREAD_BYTES_MAX) socket.pause();
            // What can fail is sending, to a client that has gone.
            take(textOf(data)).catch(() => socket.terminate());
          });
        },
      },
      { connection },
    );
    socket.on('pong', () => (connection.#isAlive = true));
    socket.on('error', () => socket.terminate());
    socket.once('close', (code, reason) => {
      readers.remove(connection);
      for (const subscription of connection.#subscriptionById.values()) subscription.close();
      void closed(code, String(reason));
    });
  }

  /** Of the socket, whatever came for which subscription. */
  get stall(): Stall | undefined {
    return this.#stalledSinceMs === undefined ? undefined : { sinceMs: this.#stalledSinceMs, counts: this.counts };
  }

  get counts(): Stall['counts'] {
    return NO_COUNTS;
  }

  beat(): void {
    const { socket } = this.#parts;
    if (!this.#isAlive) return socket.terminate();
    this.#isAlive = false;
    socket.ping();
  }

  /** Tells each subscription, then closes. */
  end(failure: Failure): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { socket, executor } = this.#parts;
    const error = executor.tellFailure(failure);
    for (const [id, { position }] of this.#subscriptionById) {
      socket.send(JSON.stringify({ id, type: 'error', payload: [resumable(error, position)] }));
    }
    closeSocket(socket, failure.reason);
    for (const subscription of this.#subscriptionById.values()) subscription.close();
  }

  /** Whether it may go on; else it is closed. */
  authenticate(authorization: unknown): boolean {
    const { enter, socket } = this.#parts;
    try {
      enter(authorization);
      this.#enter = () => enter(authorization);
      return true;
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      closeSocket(socket, error.reason);
      return false;
    }
  }

  /** What `graphql-ws` goes on with: our answers, in the place of a context; or errors. */
  async subscribe(id: string, payload: SubscribePayload): Promise<ExecutionArgs | readonly GraphQLError[]> {
    const { executor, readers, socket, limiter } = this.#parts;
    // `graphql-ws` forgets an id that is completed, though what was asked under it may still be under way.
    if (this.#beginning.has(id)) {
      socket.close(CloseCode.SubscriberAlreadyExists, `Subscriber for ${id} already exists`.slice(0, CLOSE_TEXT_MAX));
      return [new Told([])];
    }
    this.#beginning.add(id);
    try {
      if (this.#subscriptionById.size + this.#beginning.size > SOCKET_SUBSCRIPTIONS_MAX) {
        const detail = `${SOCKET_SUBSCRIPTIONS_MAX} subscriptions are read over this connection`;
        throw new Failure('OVERLOADED', '', detail);
      }
      readers.mustHaveRoom();
      if (this.#enter === undefined) throw new Error('a connection subscribes before it was acknowledged');
      const { open: world, principal } = this.#enter();
      const { query, variables = null, operationName = null } = payload;
      const opened = await executor.subscribe({
        world,
        principal,
        admit: limiter.admitOf({ principal }) ?? null,
        query,
        variables,
        operationName,
        lastRead: null,
      });
      if (!(opened instanceof LiveSubscription)) return [new Told(opened.answer.errors ?? [])];
      const answers = this.#follow(id, opened);
      return { schema: executor.schema, document: ANY_SUBSCRIPTION, contextValue: answers };
    } catch (error) {
      return [new Told([executor.tellFailure(error)])];
    } finally {
      this.#beginning.delete(id);
    }
  }

  /** As GraphQL answers have them, with where to go on: the subscription has failed, or was never begun. */
  tellErrors(id: string, errors: readonly GraphQLError[]): readonly GraphQLFormattedError[] {
    const { executor } = this.#parts;
    const failed = this.#subscriptionById.get(id);
    failed?.close();
    return errors.flatMap((error) => {
      if (error instanceof Told) return error.errors.map(asFormatted);
      const told = executor.tellFailure(error.originalError ?? error);
      return asFormatted(failed === undefined ? told : resumable(told, failed.position));
    });
  }

  #follow(id: string, opened: LiveSubscription): LiveAnswers {
    const { readers, socket } = this.#parts;
    const subscription = new SocketSubscription(this, opened, () => {
      readers.remove(subscription);
      if (this.#subscriptionById.get(id) === subscription) this.#subscriptionById.delete(id);
    });
    try {
      readers.add(subscription);
    } catch (error) {
      subscription.close();
      throw error;
    }
    this.#subscriptionById.set(id, subscription);
    // The client may have gone while the subscription was begun.
    if (socket.readyState !== socket.OPEN) subscription.close();
    return subscription;
  }

  /** Resolves once the socket has taken it: `graphql-ws` asks for the next answer then. */
  #send(text: string): Promise<void> {
    const { socket } = this.#parts;
    if (socket.readyState !== socket.OPEN) return Promise.resolve();
    this.#unsent += 1;
    this.#stalledSinceMs ??= performance.now();
    return new Promise((resolve, reject) => {
      socket.send(text, (error) => {
        this.#unsent -= 1;
        this.#stalledSinceMs = this.#unsent === 0 ? undefined : performance.now();
        if (socket.isPaused && socket.bufferedAmount <= UNREAD_BYTES_MAX) socket.resume();
        if (error) reject(error);
        else resolve();
      });
    });
  }
}

/** One subscription of a connection. */
class SocketSubscription extends LiveAnswers implements LiveReader {
  readonly sort = 'subscription';
  readonly #connection: SocketConnection;
  readonly #onClose: () => void;
  /** The stall that is looked at, if there is one. */
  #stall: Stall | undefined;

  constructor(connection: SocketConnection, subscription: LiveSubscription, onClose: () => void) {
    super(subscription);
    this.#connection = connection;
    this.#onClose = onClose;
  }

  get stall(): Stall | undefined {
    const sinceMs = this.#connection.stall?.sinceMs;
    if (sinceMs !== this.#stall?.sinceMs)
      this.#stall = sinceMs === undefined ? undefined : { sinceMs, counts: this.counts };
    return this.#stall;
  }

  /** Its connection does. */
  beat(): void {}

  end(failure: Failure): void {
    this.#connection.end(failure);
  }

  override close(): void {
    super.close();
    this.#onClose();
  }
}

function asFormatted(error: ErrorAnswer): GraphQLFormattedError {
  return { ...error, extensions: { ...error.extensions } };
}

function textOf(data: RawData): string {
  return (data as Buffer).toString('utf8'); // a socket gives buffers unless it is told otherwise
}

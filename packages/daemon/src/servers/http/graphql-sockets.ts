/**
 * Subscriptions over WebSockets, in the protocol `graphql-transport-ws`, which the package `graphql-ws` speaks for us. Queries
 * and mutations go over HTTP, whose bounds on bodies and answers they need.
 *
 * A message is handed to the next only once the socket has taken it (`send` below is waited for), so that a connection never
 * holds more than one answer a subscription. What clients send is bounded the same way: their messages are small, and no more are read while
 * answers to them wait.
 *
 * A browser can give a WebSocket no header: who asks is told by `authorization` in the payload of `connection_init`, or by the
 * header. Until then a connection has nothing, and a few seconds.
 */
import type { ExecutionResult, FormattedExecutionResult } from 'graphql';
import { makeServer, type Server } from 'graphql-ws';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import { WebSocketServer } from 'ws';
import { MAIN_WORLD, type Host } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import { mustEnter, type Asking } from '../auth/access.ts';
import type { Authenticator } from '../auth/authenticator.ts';
import type { GraphqlExecutor } from '../graphql/execute.ts';
import { failureBody } from '../plain/envelope.ts';
import { failureStatus } from './failure-answer.ts';
import { LIVE_READERS_MAX, type LiveReaders } from './live-readers.ts';
import type { RateLimiter } from '../limits/rate-limiter.ts';
import { closeSocket, SocketConnection, type Extra } from './socket-connection.ts';

const PROTOCOL = 'graphql-transport-ws';
const MESSAGE_SIZE_BYTES_MAX = 262_144;
const SOCKETS_MAX = LIVE_READERS_MAX;

export interface GraphqlSocketsParts {
  readonly host: Host;
  readonly executors: { readonly v0: GraphqlExecutor; readonly v1: GraphqlExecutor };
  readonly readers: LiveReaders;
  readonly limiter: RateLimiter;
  readonly authenticator: Authenticator;
}

export class GraphqlSockets {
  readonly #parts: GraphqlSocketsParts;
  readonly #sockets = new WebSocketServer({
    noServer: true,
    maxPayload: MESSAGE_SIZE_BYTES_MAX,
    perMessageDeflate: false,
    clientTracking: true,
    handleProtocols: (offered) => offered.has(PROTOCOL) && PROTOCOL,
  });
  readonly #protocol: Server<Extra>;

  constructor(parts: GraphqlSocketsParts) {
    this.#parts = parts;
    this.#protocol = makeServer<Record<string, unknown>, Extra>({
      onConnect: ({ extra, connectionParams }) => extra.connection.authenticate(connectionParams?.['authorization']),
      onSubscribe: ({ extra }, id, payload) => extra.connection.subscribe(id, payload),
      subscribe: ({ contextValue }) => contextValue as AsyncIterableIterator<ExecutionResult>, // put there by `onSubscribe`
      onNext: (_context, _id, _payload, _args, result) => result as FormattedExecutionResult, // its errors have our form
      onError: ({ extra }, id, _payload, errors) => extra.connection.tellErrors(id, errors),
    });
  }

  /** Takes a connection over, or refuses it with the failure that was found before, or one of its own. */
  upgrade(
    request: IncomingMessage,
    socket: Socket,
    { head, failure }: { readonly head: Buffer; readonly failure: Failure | undefined },
  ): void {
    try {
      if (failure !== undefined) throw failure;
      const { host, executors, readers, authenticator, limiter } = this.#parts;
      const { name, executor } = servedAt(request, executors);
      // Known by its header already, or to be known by its first message.
      const { authorization } = request.headers;
      const enter = (given: unknown): Asking => {
        const principal = authenticator.authenticate(given ?? authorization);
        return { open: mustEnter(host, name, principal), principal };
      };
      if (authorization !== undefined || authenticator.asksNobody) enter(undefined);
      readers.mustHaveRoom();
      if (this.#sockets.clients.size >= SOCKETS_MAX)
        throw new Failure('OVERLOADED', '', `${SOCKETS_MAX} sockets are open`);
      this.#sockets.handleUpgrade(request, socket, head, (opened) => {
        SocketConnection.start({ executor, readers, limiter, enter, socket: opened, protocol: this.#protocol });
      });
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      refuse(socket, error);
    }
  }

  /** Closes every connection that has no subscription any more. */
  close(): void {
    for (const socket of this.#sockets.clients) closeSocket(socket, 'SHUTTING_DOWN');
    this.#sockets.close();
  }
}

function servedAt(
  { url = '' }: IncomingMessage,
  executors: GraphqlSocketsParts['executors'],
): { readonly name: string; readonly executor: GraphqlExecutor } {
  const path = url.split('?', 1)[0] ?? '';
  const match = /^(?:\/w\/([^/]*))?(\/v1)?\/graphql$/.exec(path);
  if (match === null) throw new Failure('ROUTE_NOT_FOUND', 'path', `no WebSocket is spoken at ${path.slice(0, 256)}`);
  const [, name = MAIN_WORLD, version] = match;
  return { name, executor: version === undefined ? executors.v0 : executors.v1 };
}

function refuse(socket: Socket, failure: Failure): void {
  const body = JSON.stringify(failureBody(failure));
  const head = [
    `HTTP/1.1 ${failureStatus(failure)} ${failure.reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    ...(failure.reason === 'UNAUTHENTICATED' ? ['www-authenticate: Bearer'] : []),
    'connection: close',
  ];
  socket.on('error', () => socket.destroy());
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/**
 * The HTTP server of a host: GraphQL, the small API around it, and the page.
 *
 * - S1 Every request passes the guard (`request-guard.ts`), the drain and, where not anyone may ask, the authenticator
 *      (`../auth`) before its route is looked at.
 * - S2 Every error has a reason from the registry; what has none is a bug, logged in full and told as nothing more.
 * - S3 Everything a client can make grow is bounded: headers, bodies one by one and together, time, connections, streams.
 *
 * Deliberately absent: CORS, compression, caching, cookies, TLS (put a proxy in front of it beyond loopback).
 */
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import mercurius from 'mercurius';
import type { Socket } from 'node:net';
import { pino, type Logger } from 'pino';
import { holdsGrants } from '@jitos/kernel';
import type { Host } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import { systemClock, type Clock } from '../../ports/clock.ts';
import { Authenticator, type Authentication } from '../auth/authenticator.ts';
import { DenialLog } from '../auth/denial-log.ts';
import { KeyLogin } from '../auth/key-login.ts';
import type { SessionLimits } from '../auth/sessions.ts';
import { GraphqlExecutor } from '../graphql/execute.ts';
import { createSurfaceV0 } from '../graphql/schema.ts';
import { createSurfaceV1 } from '../graphql-v1/schema.ts';
import type { Surface } from '../graphql/surface.ts';
import { FairTurns } from '../limits/fair-turns.ts';
import { RateLimiter } from '../limits/rate-limiter.ts';
import { NO_POLICIES, type RateLimits } from '../limits/rate-policy.ts';
import { limitRequests } from './limit-requests.ts';
import { AnswerTags } from './answer-tags.ts';
import type { Tracer } from '../../ports/tracer.ts';
import type { Telemetry } from '../telemetry/request-tracer.ts';
import { beginSpans, enterSpans } from './trace-requests.ts';
import { addApiRoutes, type Imports } from './api-routes.ts';
import { addAuthRoutes } from './auth-routes.ts';
import { BodyIntake } from './body-intake.ts';
import { addCommandRoutes } from './command-routes.ts';
import { addConsoleFiles } from './console-files.ts';
import { addDocumentRoutes } from './document-routes.ts';
import { bugFailure, failureBody } from '../plain/envelope.ts';
import { failureStatus, frameworkFailure } from './failure-answer.ts';
import { addGraphqlRoutes } from './graphql-route.ts';
import { acceptJsonBodies, type NoteAnswer } from './json-body.ts';
import { GraphqlSockets } from './graphql-sockets.ts';
import { listen, type Address } from './listen.ts';
import { LIVE_READERS_MAX, LiveReaders, type LiveLimits } from './live-readers.ts';
import { Overviews, OverviewStreams } from './overview.ts';
import { Metrics } from './metrics.ts';
import { originProblem } from './request-guard.ts';
import { PersistedQueries } from './persisted-queries.ts';
import { BODY_LIMIT_BYTES, listRoutes, type TakenRoute } from './routes.ts';

const HEADERS_SIZE_BYTES_MAX = 16_384;
const REQUEST_TIMEOUT_MS = 60_000;
/** How late a timeout may come. */
const TIMEOUTS_EVERY_MS = 2_000;
const KEEP_ALIVE_TIMEOUT_MS = 30_000;
/** Those of all who follow what is written, and of others beside them. */
const CONNECTIONS_MAX = LIVE_READERS_MAX + 1024;
/** What is still being answered after this long is cut off when the server closes. */
const DRAIN_TIMEOUT_MS = 5_000;
const SWEEP_EVERY_MS = 20;
const COMPILED_QUERIES_MAX = 64;

export interface ServerTimeouts {
  /** A connection on which nothing moves, an answer that nobody reads above all, is cut off; streams beat sooner. */
  readonly silenceMs: number;
  /** In which the headers of a request have to be there, be they sent byte by byte. */
  readonly headersMs: number;
  /** In which a body that is not whole yet has to move on. */
  readonly bodyWindowMs: number;
}

const TIMEOUTS: ServerTimeouts = { silenceMs: 60_000, headersMs: 10_000, bodyWindowMs: 5_000 };

export interface ServerOptions {
  readonly host: Host;
  readonly imports: Imports;
  readonly authentication: Authentication;
  /** Loopback unless told otherwise. */
  readonly hostname?: string;
  /** Null: the default port or the next free one; 0: any. */
  readonly port?: number | null;
  /** Silent unless given. */
  readonly logger?: Logger;
  /** For tests that can't wait as long. */
  readonly timeouts?: Partial<ServerTimeouts>;
  readonly live?: Partial<LiveLimits>;
  /** None unless given. */
  readonly limits?: RateLimits;
  /** Told where the time of requests goes. */
  readonly telemetry?: Telemetry | undefined;
  /** The machine's unless given. */
  readonly clock?: Clock;
  readonly sessions?: { readonly limits: Partial<SessionLimits> };
}

export interface Server {
  /** Undefined until it listens. */
  readonly address: Address | undefined;
  /** Runs GraphQL v0 for whoever serves it otherwise. */
  readonly executor: GraphqlExecutor;
  /** All that it takes over HTTP. */
  readonly routes: readonly TakenRoute[];
  /** Throws `ADDRESS_IN_USE` or `ADDRESS_INVALID`. */
  listen(): Promise<Address>;
  /** Refuses new requests, answers those under way, ends every stream and connection. Idempotent. */
  close(): Promise<void>;
}

export async function createServer(options: ServerOptions): Promise<Server> {
  const {
    host,
    imports,
    hostname = '127.0.0.1',
    port = null,
    logger = pino({ level: 'silent' }),
    clock = systemClock,
  } = options;
  const overviews = new Overviews(host);
  const login = new KeyLogin({
    nowMs: () => clock.monotonicMs(),
    isKnown: (principal) => host.worlds().some(({ loop }) => holdsGrants(loop.world, principal)),
    ...options.sessions,
  });
  const authenticator = new Authenticator({
    authentication: options.authentication,
    principalOf: (token) => login.principalOf(token),
  });
  const streams = new OverviewStreams(overviews);
  const readers = new LiveReaders(options.live);
  const timeouts = { ...TIMEOUTS, ...options.timeouts };
  const { bodyWindowMs } = timeouts;
  const denials = new DenialLog({ logger, nowMs: () => clock.monotonicMs() });
  const app = createApp({ logger, denials }, timeouts);
  let address: Address | undefined;
  let closing: Promise<void> | undefined;

  const tracer = options.telemetry?.tracer;
  if (tracer !== undefined) beginSpans(app, tracer);
  const noteAnswer = acceptJsonBodies(app, new BodyIntake({ windowMs: bodyWindowMs }));
  guardRequests(app, { isClosing: () => closing !== undefined, noteAnswer, authenticator });
  if (logger.isLevelEnabled('debug')) logRequests(app, logger);
  const turns = new FairTurns({ clock });
  const metrics = new Metrics(host, { waitingCount: () => turns.waitingCount });
  const limits = options.limits ?? { local: NO_POLICIES, others: NO_POLICIES };
  const limiter = new RateLimiter({ clock, limits, onRefused: (verb) => metrics.noteRateLimited(verb) });
  limitRequests(app, { limiter, turns });
  if (tracer !== undefined) enterSpans(app, tracer);
  options.telemetry?.watch(metrics);
  const routes = listRoutes(app);
  countRequests(app, metrics);
  const [v0, v1] = await Promise.all([
    createExecutor(createSurfaceV0(), { logger, denials, tracer }),
    createExecutor(createSurfaceV1(), { logger, denials, tracer }),
  ]);
  addGraphqlRoutes(app, {
    host,
    executor: v0,
    readers,
    urls: ['/graphql', '/w/:name/graphql'],
    persisted: null,
    tags: null,
  });
  const [persisted, tags] = [new PersistedQueries(), new AnswerTags()];
  addGraphqlRoutes(app, { host, executor: v1, readers, urls: ['/v1/graphql', '/w/:name/v1/graphql'], persisted, tags });
  const sockets = new GraphqlSockets({ host, executors: { v0, v1 }, readers, authenticator, limiter });
  app.server.on('upgrade', (request, stream, head) => {
    const { headers, method = '', url = '' } = request;
    const socket = stream as Socket; // this server listens on TCP alone
    sockets.upgrade(request, socket, { head, failure: originProblem({ headers, method, url, socket }) });
  });
  addCommandRoutes(app, { host, onBug: (error) => logger.error({ err: error }, 'a bug') });
  addAuthRoutes(app, login);
  addApiRoutes(app, { host, imports, overviews, streams, metrics });
  addDocumentRoutes(app, routes);
  addConsoleFiles(app);
  await app.ready();

  const close = async (): Promise<void> => {
    streams.close();
    readers.close();
    sockets.close();
    overviews.close();
    // A connection that was busy when the server closed is kept by Node when it falls idle.
    const sweep = setInterval(() => app.server.closeIdleConnections(), SWEEP_EVERY_MS);
    const cutOff = setTimeout(() => app.server.closeAllConnections(), DRAIN_TIMEOUT_MS);
    await app.close();
    clearInterval(sweep);
    clearTimeout(cutOff);
    logger.info('the server has closed');
  };
  return {
    get address() {
      return address;
    },
    executor: v0,
    routes,
    async listen() {
      address = await listen(app.server, hostname, port);
      logger.info({ url: address.url }, 'the server listens');
      return address;
    },
    close: () => (closing ??= close()),
  };
}

interface Logs {
  readonly logger: Logger;
  readonly denials: DenialLog;
}

/** Fastify's own logger would make a child for every request: it stays off, and what matters is logged here. */
function createApp(logs: Logs, { silenceMs, headersMs }: ServerTimeouts): FastifyInstance {
  const answer = (error: unknown, reply: FastifyReply): FastifyReply => answerFailure(error, reply, logs);
  const app = fastify({
    logger: false,
    bodyLimit: BODY_LIMIT_BYTES,
    exposeHeadRoutes: false,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    connectionTimeout: silenceMs,
    http: {
      maxHeaderSize: HEADERS_SIZE_BYTES_MAX,
      // Of what should stand once, none is chosen: two hosts, or two tokens, are none that is known.
      joinDuplicateHeaders: true,
      headersTimeout: headersMs,
      connectionsCheckingInterval: Math.min(TIMEOUTS_EVERY_MS, headersMs),
      // Any other protocol that is offered is not taken, and the request answered as it is.
      shouldUpgradeCallback: ({ headers }) => headers.upgrade?.toLowerCase() === 'websocket',
    },
    clientErrorHandler: refuseBrokenRequest,
    frameworkErrors: (error, _, reply) => void answer(error, reply.headers(COMMON_HEADERS)),
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  app.setErrorHandler((error, _, reply) => answer(error, reply));
  app.setNotFoundHandler((request, reply) => {
    const path = request.url.split('?', 1)[0] ?? '';
    return answer(new Failure('ROUTE_NOT_FOUND', 'path', `there is no route ${path.slice(0, 256)}`), reply);
  });
  return app;
}

interface GuardParts {
  readonly isClosing: () => boolean;
  readonly noteAnswer: NoteAnswer;
  readonly authenticator: Authenticator;
}

/** S1. The order is the order of costs. */
function guardRequests(app: FastifyInstance, { isClosing, noteAnswer, authenticator }: GuardParts): void {
  app.decorateRequest('principal', null);
  app.addHook('onRequest', (request, reply, done) => {
    const { raw } = request;
    const { headers, method = '', url = '', socket } = raw;
    void reply.headers(COMMON_HEADERS);
    const problem = originProblem({ headers, method, url, socket });
    if (problem !== undefined) return done(problem);
    if (isClosing()) return done(new Failure('SHUTTING_DOWN', '', 'the daemon is stopping'));
    if (request.routeOptions.config.access !== 'anyone') {
      try {
        request.principal = authenticator.authenticate(headers.authorization);
      } catch (error) {
        void reply.header('www-authenticate', 'Bearer');
        return done(error as Failure); // it throws no other
      }
    }
    noteAnswer(request, reply.raw);
    done();
  });
}

function logRequests(app: FastifyInstance, logger: Logger): void {
  app.addHook('onResponse', (request, reply, done) => {
    const { method, routeOptions } = request;
    // The route's pattern, not the address: that may hold a query.
    logger.debug({ method, route: routeOptions.url, status: reply.statusCode, ms: reply.elapsedTime }, 'answered');
    done();
  });
}

function countRequests(app: FastifyInstance, metrics: Metrics): void {
  app.addHook('onResponse', ({ method, routeOptions }, { statusCode }, done) => {
    metrics.noteRequest(method, routeOptions.url ?? 'none', statusCode);
    done();
  });
}

const COMMON_HEADERS = {
  'cache-control': 'no-store',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
} as const;

/** S2 */
function answerFailure(error: unknown, reply: FastifyReply, { logger, denials }: Logs): FastifyReply {
  const known = frameworkFailure(error);
  if (known === undefined) logger.error({ err: error }, 'a bug');
  const failure = known ?? bugFailure();
  const { principal, ip, method, routeOptions } = reply.request;
  const route = `${method} ${routeOptions.url ?? 'none'}`;
  denials.note({ reason: failure.reason, place: failure.place, principal, route, address: ip });
  return reply
    .code(failureStatus(failure))
    .header('content-type', 'application/json; charset=utf-8')
    .send(failureBody(failure));
}

/** Answers what Node could not read as a request; there is no reply object yet. */
function refuseBrokenRequest(error: Error, socket: Socket): void {
  const failure = frameworkFailure(error);
  if (failure === undefined || !socket.writable) return void socket.destroy();
  const body = JSON.stringify(failureBody(failure));
  const head = [
    `HTTP/1.1 ${failureStatus(failure)} ${failure.reason}`,
    'content-type: application/json; charset=utf-8',
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}

/** GraphQL with queries compiled by Mercurius, which takes one schema: each surface has an application of its own for it. */
async function createExecutor(
  surface: Surface,
  { logger, denials, tracer }: Logs & { readonly tracer: Tracer | undefined },
): Promise<GraphqlExecutor> {
  const compiler = fastify({ logger: false });
  await compiler.register(mercurius, {
    schema: surface.schema,
    jit: 1,
    cache: COMPILED_QUERIES_MAX,
    routes: false,
    // The executor tells errors, and their statuses, itself.
    errorFormatter: (execution) => ({ statusCode: 200, response: execution }),
  });
  await compiler.ready();
  return new GraphqlExecutor({
    surface,
    tracer,
    runQuery: ({ text, operation }, context, variables) => {
      const given = operation.variableDefinitions?.length ? variables : undefined;
      return compiler.graphql(text, { ...context }, given);
    },
    onBug: (error) => logger.error({ err: error }, 'a bug'),
    onErrors: ({ world, principal }, errors) => {
      for (const { extensions, path } of errors) {
        const { reason, place } = extensions;
        denials.note({ reason, place, principal, route: `GraphQL ${path?.[0] ?? ''}`.trimEnd(), world: world.name });
      }
    },
  });
}

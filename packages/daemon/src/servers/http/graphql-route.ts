/**
 * GraphQL over HTTP: v0 at `/graphql` for the world `main` and `/w/<name>/graphql` for any, v1 at `/v1/graphql` and
 * `/w/<name>/v1/graphql`.
 *
 * The request's own form is checked here; what it asks for is the executor's business. A client that accepts
 * `application/graphql-response+json` is told by the status how it went; any other reads it in the answer, with a 200.
 * Subscriptions are read below these, at `/stream`.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Host } from '../../engine/host.ts';
import { MAIN_WORLD } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';
import type { GraphqlExecutor, GraphqlOutcome, GraphqlRequest } from '../graphql/execute.ts';
import { mustEnter } from '../auth/access.ts';
import { failureAnswer, type ErrorAnswer } from '../graphql/graphql-error.ts';
import { wrongType } from '../graphql/json-value.ts';
import { LiveSubscription } from '../graphql/live-subscription.ts';
import { cacheHeaders, hasTag, setTag, type AnswerTags } from './answer-tags.ts';
import { failureStatus } from './failure-answer.ts';
import { notAnObject } from './json-body.ts';
import type { LiveReaders } from './live-readers.ts';
import type { PersistedQueries } from './persisted-queries.ts';
import { addRoute, principalOf } from './routes.ts';
import { SseReader } from './sse-reader.ts';

/** Fits a rewrite whose event is as large as history takes, in base64. */
export const GRAPHQL_BODY_LIMIT_BYTES = 16_777_216;

const RESPONSE_TYPE = 'application/graphql-response+json';
const RESPONSE_CONTENT_TYPE = `${RESPONSE_TYPE}; charset=utf-8`;
const JSON_CONTENT_TYPE = 'application/json; charset=utf-8';

export type Parameters = Pick<GraphqlRequest, 'query' | 'variables' | 'operationName'>;

/** What a request asks for, and what there is to learn of it. */
interface MeantParameters {
  readonly parameters: Parameters;
  readonly learn: (() => void) | undefined;
}

export interface GraphqlRouteParts {
  /** For the world `main`, and for any, with its `:name`. */
  readonly urls: readonly string[];
  readonly host: Host;
  readonly executor: GraphqlExecutor;
  readonly readers: LiveReaders;
  /** Null: documents are sent whole. */
  readonly persisted: PersistedQueries | null;
  /** Null: nobody keeps an answer. */
  readonly tags: AnswerTags | null;
}

export function addGraphqlRoutes(app: FastifyInstance, parts: GraphqlRouteParts): void {
  const { urls, host, executor, readers, persisted } = parts;
  const readMeant = (json: unknown): MeantParameters => {
    const { json: meant, learn } = persisted === null ? { json, learn: undefined } : persisted.readMeant(json);
    return { parameters: readParameters(meant), learn };
  };
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    read: (request: FastifyRequest) => unknown,
  ): Promise<FastifyReply> => {
    const world = mustEnter(host, worldName(request), principalOf(request));
    const { accept } = request.headers;
    let meant: MeantParameters;
    try {
      meant = readMeant(read(request));
    } catch (error) {
      return send(reply, malformedOutcome(error), accept);
    }
    const gone = new AbortController();
    reply.raw.once('close', () => {
      if (!reply.raw.writableFinished) gone.abort();
    });
    const readOnly = request.method === 'GET';
    const asker = { principal: principalOf(request), admit: request.admit };
    const tag = readOnly ? parts.tags?.tagOf(request, world) : undefined;
    if (tag !== undefined && hasTag(request, tag)) {
      request.admit?.('read');
      return reply.code(304).headers(cacheHeaders(tag)).send();
    }
    const outcome = await executor.execute({ world, ...asker, ...meant.parameters, readOnly, signal: gone.signal });
    if (outcome.answer.data !== undefined) meant.learn?.();
    if (tag !== undefined) setTag(reply, tag, outcome);
    return send(reply, outcome, accept);
  };
  const stream = async (
    request: FastifyRequest,
    reply: FastifyReply,
    read: (request: FastifyRequest) => unknown,
  ): Promise<FastifyReply> => {
    const world = mustEnter(host, worldName(request), principalOf(request));
    readers.mustHaveRoom();
    const lastRead = request.headers['last-event-id'];
    const asked = {
      world,
      principal: principalOf(request),
      admit: request.admit,
      ...readMeant(read(request)).parameters,
      lastRead: typeof lastRead === 'string' ? lastRead : null,
    };
    const subscription = await executor.subscribe(asked);
    if (!(subscription instanceof LiveSubscription)) return refuseStream(reply, subscription);
    if (reply.raw.destroyed) {
      subscription.close();
      return reply.hijack();
    }
    // `getHeaders` has what every answer carries: texts that we set ourselves.
    const headers = reply.getHeaders() as Record<string, string>;
    const tellFailure = (error: unknown): ErrorAnswer => executor.tellFailure(error);
    try {
      SseReader.start({ response: reply.raw, headers, subscription, readers, tellFailure });
    } catch (error) {
      subscription.close();
      throw error;
    }
    return reply.hijack();
  };
  for (const url of urls) {
    addRoute(
      app,
      url,
      {
        GET: (request, reply) => answer(request, reply, ({ query }) => readQueryString(query)),
        POST: (request, reply) => answer(request, reply, ({ body }) => body),
      },
      { bodyLimitBytes: GRAPHQL_BODY_LIMIT_BYTES, rate: 'as-asked' },
    );
    addRoute(
      app,
      `${url}/stream`,
      {
        GET: (request, reply) => stream(request, reply, ({ query }) => readQueryString(query)),
        POST: (request, reply) => stream(request, reply, ({ body }) => body),
      },
      { rate: 'as-asked', isStream: true },
    );
  }
}

/** Of the routes above. */
function worldName({ params }: FastifyRequest): string {
  return (params as { readonly name?: string }).name ?? MAIN_WORLD; // the routes' patterns name it
}

/** A request that GraphQL can't be asked about; whatever media type is wanted, the status says so. */
function malformedOutcome(error: unknown): GraphqlOutcome {
  if (!(error instanceof Failure)) throw error;
  return { answer: { errors: [failureAnswer(error, () => undefined)] }, httpStatus: failureStatus(error) };
}

/** No stream begins: what reads streams looks at the status. */
function refuseStream(reply: FastifyReply, { answer, httpStatus }: GraphqlOutcome): FastifyReply {
  return reply.code(httpStatus).header('content-type', JSON_CONTENT_TYPE).send(JSON.stringify(answer));
}

const TOLD_BY_STATUS: readonly (Reason | undefined)[] = ['BODY_MALFORMED', 'METHOD_REFUSED', 'RATE_LIMITED'];

function send(reply: FastifyReply, { answer, httpStatus }: GraphqlOutcome, accept: string | undefined): FastifyReply {
  const tellsByStatus = accept?.includes(RESPONSE_TYPE) === true;
  const reason = answer.data === undefined ? answer.errors?.[0]?.extensions.reason : undefined;
  if (reason === 'METHOD_REFUSED') void reply.header('allow', 'POST');
  return reply
    .code(tellsByStatus || TOLD_BY_STATUS.includes(reason) ? httpStatus : 200)
    .header('content-type', tellsByStatus ? RESPONSE_CONTENT_TYPE : JSON_CONTENT_TYPE)
    .send(JSON.stringify(answer));
}

/** Names that GraphQL over HTTP does not know are left to later versions of it. */
export function readParameters(json: unknown): Parameters {
  if (!isRecord(json)) throw notAnObject();
  const { query, variables = null, operationName = null, extensions = null } = json;
  if (typeof query !== 'string') throw malformed(wrongType('query', 'text', query));
  if (variables !== null && !isRecord(variables)) throw malformed(wrongType('variables', 'an object', variables));
  if (extensions !== null && !isRecord(extensions)) throw malformed(wrongType('extensions', 'an object', extensions));
  if (operationName !== null && typeof operationName !== 'string') {
    throw malformed(wrongType('operationName', 'text', operationName));
  }
  return { query, variables, operationName };
}

/** As the body has it. */
function readQueryString(parameters: unknown): unknown {
  if (!isRecord(parameters)) throw notAnObject();
  const { query, variables, operationName, extensions } = parameters;
  return {
    query,
    variables: parseJson(variables, 'variables'),
    operationName,
    extensions: parseJson(extensions, 'extensions'),
  };
}

function parseJson(text: unknown, place: string): unknown {
  if (text === undefined || text === '') return null;
  try {
    return typeof text === 'string' ? JSON.parse(text) : text;
  } catch {
    throw new Failure('BODY_MALFORMED', place, `the ${place} are not JSON`);
  }
}

function malformed({ place, message }: Failure): Failure {
  return new Failure('BODY_MALFORMED', place, message);
}

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/**
 * GraphQL over HTTP: `/graphql` for the world `main`, `/w/<name>/graphql` for any.
 *
 * The request's own form is checked here; what it asks for is the executor's business. A client that accepts
 * `application/graphql-response+json` is told by the status how it went; any other reads it in the answer, with a 200.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Host } from '../../engine/host.ts';
import { MAIN_WORLD } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import type { GraphqlExecutor, GraphqlOutcome, GraphqlRequest } from '../graphql/execute.ts';
import { failureAnswer } from '../graphql/graphql-error.ts';
import { wrongType } from '../graphql/json-value.ts';
import { failureStatus } from './failure-answer.ts';
import { notAnObject } from './json-body.ts';
import { addRoute } from './routes.ts';

/** Fits a rewrite whose event is as large as history takes, in base64. */
export const GRAPHQL_BODY_LIMIT_BYTES = 16_777_216;

const RESPONSE_TYPE = 'application/graphql-response+json';

type Parameters = Pick<GraphqlRequest, 'query' | 'variables' | 'operationName'>;

export function addGraphqlRoutes(app: FastifyInstance, host: Host, executor: GraphqlExecutor): void {
  const answer = async (
    request: FastifyRequest,
    reply: FastifyReply,
    read: () => Parameters,
  ): Promise<FastifyReply> => {
    const { name = MAIN_WORLD } = request.params as { readonly name?: string }; // of the routes below
    const world = host.mustGetWorld(name);
    const outcome = await run(executor, () => ({ world, ...read(), readOnly: request.method === 'GET' }));
    return send(reply, outcome, request.headers.accept);
  };
  for (const url of ['/graphql', '/w/:name/graphql']) {
    addRoute(
      app,
      url,
      {
        GET: (request, reply) => answer(request, reply, () => readQueryString(request.query)),
        POST: (request, reply) => answer(request, reply, () => readParameters(request.body)),
      },
      { bodyLimitBytes: GRAPHQL_BODY_LIMIT_BYTES },
    );
  }
}

interface HttpOutcome extends GraphqlOutcome {
  /** Whether the request was one that GraphQL could be asked about. */
  readonly isWellFormed: boolean;
}

async function run(executor: GraphqlExecutor, read: () => GraphqlRequest): Promise<HttpOutcome> {
  let request: GraphqlRequest;
  try {
    request = read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const errors = [failureAnswer(error, () => undefined)];
    return { answer: { errors }, httpStatus: failureStatus(error), isWellFormed: false };
  }
  return { ...(await executor.execute(request)), isWellFormed: true };
}

function send(
  reply: FastifyReply,
  { answer, httpStatus, isWellFormed }: HttpOutcome,
  accept: string | undefined,
): FastifyReply {
  const tellsByStatus = accept?.includes(RESPONSE_TYPE) === true;
  const isRefusedMethod = answer.errors?.[0]?.extensions.reason === 'METHOD_REFUSED';
  if (isRefusedMethod) void reply.header('allow', 'POST');
  return reply
    .code(tellsByStatus || !isWellFormed || isRefusedMethod ? httpStatus : 200)
    .header('content-type', `${tellsByStatus ? RESPONSE_TYPE : 'application/json'}; charset=utf-8`)
    .send(JSON.stringify(answer));
}

/** Names that GraphQL over HTTP does not know are left to later versions of it. */
function readParameters(json: unknown): Parameters {
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

function readQueryString(parameters: unknown): Parameters {
  if (!isRecord(parameters)) throw notAnObject();
  const { query, variables, operationName } = parameters;
  return readParameters({ query, variables: parseVariables(variables), operationName });
}

function parseVariables(text: unknown): unknown {
  if (text === undefined || text === '') return null;
  try {
    return typeof text === 'string' ? JSON.parse(text) : text;
  } catch {
    throw new Failure('BODY_MALFORMED', 'variables', 'the variables are not JSON');
  }
}

function malformed({ place, message }: Failure): Failure {
  return new Failure('BODY_MALFORMED', place, message);
}

function isRecord(json: unknown): json is Readonly<Record<string, unknown>> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** What each route is for, takes and answers, by its method and pattern. */
import type { JsonSchema } from '../plain/json-schema.ts';
import { refTo } from './graphql-schemas.ts';
import { COUNT, exactly, HASH, listOf, WORLD_NAME } from './schemas.ts';

export interface RouteDescription {
  readonly summary: string;
  readonly query?: Readonly<Record<string, QueryParameter>>;
  readonly body?: JsonSchema;
  /** Good answers by their status. */
  readonly answers: Readonly<Record<number, Content>>;
}

export interface QueryParameter {
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** What is answered: JSON of a schema, or another type. */
export type Content = { readonly json: JsonSchema } | { readonly type: string };

/** What the commands' table gives. */
export interface CommandSchemas {
  readonly request: JsonSchema;
  readonly result: JsonSchema;
}

const TEXT: JsonSchema = { type: 'string' };
const json = (schema: JsonSchema): Content => ({ json: schema });
const needed = (schema: JsonSchema): QueryParameter => ({ schema, isRequired: true });
const maybe = (schema: JsonSchema): QueryParameter => ({ schema, isRequired: false });
const plain: Content = { type: 'text/plain' };
const stream: Content = { type: 'text/event-stream' };

const GRAPHQL_QUERY = { query: needed(TEXT), variables: maybe(TEXT), operationName: maybe(TEXT) };
const SIZE = { size: maybe(COUNT) };
const ELEMENT = { id: needed(HASH), view: maybe({ type: 'string', pattern: '^(system|sws:[0-9]+)$' }) };
const GRANTS = { 200: json(refTo('Grants')) };
const PROOF = { 200: json(refTo('Proof')) };

/** Of a surface of GraphQL: of `main`, and of any world. */
function graphqlRoutes(urls: readonly string[], name: string): [string, RouteDescription][] {
  const answers = { 200: json(refTo('GraphqlAnswer')) };
  const body = refTo('GraphqlRequest');
  return urls.flatMap((url): [string, RouteDescription][] => [
    [`GET ${url}`, { summary: `${name}: a query`, query: GRAPHQL_QUERY, answers }],
    [`POST ${url}`, { summary: name, body, answers }],
    [`GET ${url}/stream`, { summary: `${name}: a subscription`, query: GRAPHQL_QUERY, answers: { 200: stream } }],
    [`POST ${url}/stream`, { summary: `${name}: a subscription`, body, answers: { 200: stream } }],
  ]);
}

export function describeRoutes({ request, result }: CommandSchemas): ReadonlyMap<string, RouteDescription> {
  const command: RouteDescription = {
    summary: 'Carries out a command: docs/spec/commands.md',
    body: request,
    answers: {
      200: json(exactly({ ok: { const: true }, result })),
      202: json(exactly({ ok: { const: true }, result: refTo('Queued') })),
    },
  };
  return new Map<string, RouteDescription>([
    ...graphqlRoutes(['/graphql', '/w/:name/graphql'], 'GraphQL v0'),
    ...graphqlRoutes(['/v1/graphql', '/w/:name/v1/graphql'], 'GraphQL v1'),
    ['POST /v1/commands', command],
    ['POST /v1/worlds/:name/commands', command],
    ['GET /v1/openapi.json', { summary: 'This document', answers: { 200: json({ type: 'object' }) } }],
    ['GET /v1/schema.graphql', { summary: 'The schema of GraphQL v0', answers: { 200: plain } }],
    ['GET /v1/schema-v1.graphql', { summary: 'The schema of GraphQL v1', answers: { 200: plain } }],
    ['GET /healthz', { summary: 'Whether every world takes commands', answers: { 200: json(refTo('Health')) } }],
    ['GET /readyz', { summary: 'Whether requests may be sent here', answers: { 200: json(refTo('Readiness')) } }],
    [
      'POST /v1/auth/challenge',
      {
        summary: 'A challenge for a key that logs in',
        body: exactly({ publicKey: HASH }),
        answers: { 200: json(refTo('Challenge')) },
      },
    ],
    [
      'POST /v1/auth/session',
      {
        summary: 'Logs a key in',
        body: exactly({ publicKey: HASH, challenge: TEXT, signature: TEXT }),
        answers: { 200: json(refTo('Session')) },
      },
    ],
    ['GET /metrics', { summary: 'Numbers for Prometheus', answers: { 200: plain } }],
    ['GET /v1/worlds', { summary: 'All worlds', answers: { 200: json(refTo('Worlds')) } }],
    [
      'POST /v1/worlds',
      { summary: 'Makes a world', body: exactly({ name: WORLD_NAME }), answers: { 201: json(refTo('World')) } },
    ],
    ['GET /v1/worlds/:name', { summary: 'A world', answers: { 200: json(refTo('World')) } }],
    [
      'POST /v1/worlds/:name/archive',
      {
        summary: 'Moves early segments of its history away',
        body: { ...exactly({ to: TEXT, before: { type: ['integer', 'null'], minimum: 0 } }), required: ['to'] },
        answers: { 200: json(refTo('ArchiveReport')) },
      },
    ],
    [
      'GET /v1/worlds/:name/proofs/inclusion',
      { summary: 'A proof of an event', query: { idx: needed(COUNT), ...SIZE }, answers: PROOF },
    ],
    [
      'GET /v1/worlds/:name/proofs/consistency',
      { summary: 'A proof of the history', query: { old: needed(COUNT), ...SIZE }, answers: PROOF },
    ],
    ['GET /v1/worlds/:name/proofs/node', { summary: 'A proof of a node', query: ELEMENT, answers: PROOF }],
    ['GET /v1/worlds/:name/proofs/edge', { summary: 'A proof of an edge', query: ELEMENT, answers: PROOF }],
    ['GET /v1/worlds/:name/grants', { summary: 'Its grants', answers: GRANTS }],
    [
      'POST /v1/worlds/:name/grants',
      {
        summary: 'Gives a grant, or takes up links that were signed',
        body: {
          oneOf: [
            exactly({ terms: refTo('GrantTerms') }),
            exactly({ links: listOf(exactly({ terms: refTo('GrantTerms'), signature: TEXT })) }),
          ],
        },
        answers: { 201: json(refTo('Grants')) },
      },
    ],
    ['GET /v1/worlds/:name/grants/:id', { summary: 'A grant', answers: GRANTS }],
    [
      'POST /v1/worlds/:name/grants/:id/revoke',
      { summary: 'Takes a grant back, and what hangs on it', body: exactly({}), answers: GRANTS },
    ],
    ['GET /v1/worlds/:name/key', { summary: 'The public key of its tree heads', answers: { 200: plain } }],
    ['GET /v1/worlds/:name/keys', { summary: 'Its public keys', answers: { 200: json(refTo('Keys')) } }],
    [
      'POST /v1/worlds/:name/keys',
      { summary: 'Changes to a new signing key', body: exactly({}), answers: { 201: json(refTo('Keys')) } },
    ],
    ['GET /w/:name/checkpoint', { summary: 'Its newest tree head', answers: { 200: plain } }],
    [
      'GET /w/:name/tile/*',
      { summary: 'A tile of its history', answers: { 200: { type: 'application/octet-stream' } } },
    ],
    ['GET /v1/imports', { summary: 'All imports', answers: { 200: json(refTo('Imports')) } }],
    [
      'POST /v1/imports',
      {
        summary: 'Starts an import',
        body: { ...exactly({ repository: TEXT, world: { type: ['string', 'null'] } }), required: ['repository'] },
        answers: { 202: json(refTo('Import')) },
      },
    ],
    ['GET /v1/imports/:id', { summary: 'An import', answers: { 200: json(refTo('Import')) } }],
    [
      'GET /v1/overview',
      {
        summary: 'Worlds and rewrites',
        query: { world: maybe(WORLD_NAME) },
        answers: { 200: json(refTo('Overview')) },
      },
    ],
    [
      'GET /v1/overview/stream',
      { summary: 'The same, live', query: { world: maybe(WORLD_NAME) }, answers: { 200: stream } },
    ],
    ['GET /', { summary: 'The page', answers: { 200: { type: 'text/html' } } }],
    ['GET /console.mjs', { summary: 'A part of the page', answers: { 200: { type: 'text/javascript' } } }],
    ['GET /console.css', { summary: 'A part of the page', answers: { 200: { type: 'text/css' } } }],
    ['GET /icon.svg', { summary: 'A part of the page', answers: { 200: { type: 'image/svg+xml' } } }],
  ]);
}

/** The OpenAPI 3.1 document of the routes that a server takes: made of what it serves, and of what is told of that here. */
import type { TakenRoute } from '../http/routes.ts';
import type { JsonSchema } from '../plain/json-schema.ts';
import { VERSION } from '../version.ts';
import { addCommandSchemas } from './command-schemas.ts';
import { refTo, type Components } from './graphql-schemas.ts';
import { describeRoutes, type Content, type RouteDescription } from './route-descriptions.ts';
import { SCHEMAS } from './schemas.ts';

type Json = Readonly<Record<string, unknown>>;

export interface OpenApiDocument extends Json {
  readonly paths: Readonly<Record<string, Json>>;
  readonly components: Json & { readonly schemas: Readonly<Record<string, JsonSchema>> };
}

/** A route that nothing is told of is left out. */
export function openApiDocument(routes: readonly TakenRoute[]): OpenApiDocument {
  const components: Components = new Map();
  const descriptions = describeRoutes(addCommandSchemas(components));
  for (const [name, schema] of Object.entries(SCHEMAS)) {
    if (components.has(name)) throw new Error(`two schemas are called ${name}`);
    components.set(name, schema);
  }
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) {
    const description = descriptions.get(`${route.method} ${route.url}`);
    if (description === undefined) continue;
    const path = (paths[openApiPath(route.url)] ??= {});
    path[route.method.toLowerCase()] = operation(route, description);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'jitos',
      version: VERSION,
      description: 'The HTTP interface of jitosd: docs/spec/http.md.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    security: [{ token: [] }],
    paths,
    components: {
      securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
      schemas: Object.fromEntries([...components].toSorted(([a], [b]) => (a < b ? -1 : 1))),
    },
  };
}

/** `/w/:name/tile/*` is `/w/{name}/tile/{path}`. */
export function openApiPath(url: string): string {
  return url.replaceAll(/:(\w+)/g, '{$1}').replace('*', '{path}');
}

function operation(
  { method, url, access }: TakenRoute,
  { summary, query = {}, body, answers }: RouteDescription,
): Json {
  const inPath = [...openApiPath(url).matchAll(/\{(\w+)\}/g)].map(([, name]) => {
    return { name, in: 'path', required: true, schema: { type: 'string' } };
  });
  const inQuery = Object.entries(query).map(([name, { schema, isRequired }]) => {
    return { name, in: 'query', required: isRequired, schema };
  });
  const parameters = [...inPath, ...inQuery];
  const good = Object.entries(answers).map(([status, content]): [string, Json] => [status, answer(content)]);
  return {
    operationId: operationId(method, url),
    summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(body === undefined
      ? {}
      : { requestBody: { required: true, content: { 'application/json': { schema: body } } } }),
    ...(access === 'anyone' ? { security: [] } : {}),
    responses: {
      ...Object.fromEntries(good),
      default: { description: 'An error', content: { 'application/json': { schema: errorOf(url) } } },
    },
  };
}

/** Whoever asks for health is told who is ill; GraphQL tells its errors in its own form, once it is asked. */
function errorOf(url: string): JsonSchema {
  if (url === '/readyz') return { anyOf: [refTo('Unreadiness'), refTo('Failure')] };
  if (url === '/healthz') return { anyOf: [refTo('Illness'), refTo('Failure')] };
  return /\/graphql(\/|$)/.test(url) ? { anyOf: [refTo('Failure'), refTo('GraphqlAnswer')] } : refTo('Failure');
}

function answer(content: Content): Json {
  const told = 'json' in content ? { 'application/json': { schema: content.json } } : { [content.type]: {} };
  return { description: 'A good answer', content: told };
}

/** `GET /v1/worlds/:name` is `getV1WorldsName`. */
function operationId(method: string, url: string): string {
  const words = url.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const named = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join('');
  return `${method.toLowerCase()}${named === '' ? 'Page' : named}`;
}

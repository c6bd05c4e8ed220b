/** What tells programs of the interface: its OpenAPI document, and the schemas of GraphQL. */
import type { FastifyInstance } from 'fastify';
import { SCHEMA_V1_TEXT } from '../graphql-v1/schema.ts';
import { SCHEMA_TEXT } from '../graphql/schema.ts';
import { openApiDocument, type OpenApiDocument } from '../openapi/document.ts';
import { addRoute, type TakenRoute } from './routes.ts';

const TEXT = 'text/plain; charset=utf-8';

/** `routes` are all that the server takes, once it serves. */
export function addDocumentRoutes(app: FastifyInstance, routes: readonly TakenRoute[]): void {
  let document: OpenApiDocument | undefined;
  addRoute(app, '/v1/openapi.json', { GET: () => (document ??= openApiDocument(routes)) });
  addRoute(app, '/v1/schema.graphql', { GET: (_, reply) => reply.type(TEXT).send(SCHEMA_TEXT) });
  addRoute(app, '/v1/schema-v1.graphql', { GET: (_, reply) => reply.type(TEXT).send(SCHEMA_V1_TEXT) });
}

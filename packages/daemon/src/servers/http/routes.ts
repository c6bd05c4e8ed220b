/** Routes, each with the methods that it takes; any other is refused, before a body is read. */
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { Failure } from '../../errors/failure.ts';

export interface RouteOptions {
  readonly bodyLimitBytes?: number;
}

/** Bodies outside GraphQL. */
export const BODY_LIMIT_BYTES = 65_536;

export function addRoute(
  app: FastifyInstance,
  url: string,
  handlers: { readonly GET?: RouteHandlerMethod; readonly POST?: RouteHandlerMethod },
  { bodyLimitBytes = BODY_LIMIT_BYTES }: RouteOptions = {},
): void {
  const taken = Object.keys(handlers);
  for (const [method, handler] of Object.entries(handlers))
    app.route({ method, url, bodyLimit: bodyLimitBytes, handler });
  app.route({
    method: app.supportedMethods.filter((method) => !taken.includes(method)),
    url,
    onRequest: (request, reply, done) => {
      void reply.header('allow', taken.join(', '));
      done(new Failure('METHOD_REFUSED', 'method', `${request.method} is not taken here: use ${taken.join(' or ')}`));
    },
    handler: () => undefined,
  });
}

/** A part of the path that the route's pattern names. */
export function parameter(parameters: unknown, name: string): string {
  return (parameters as Readonly<Record<string, string>>)[name] ?? ''; // the route's pattern names it
}

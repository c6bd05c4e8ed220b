/** Routes, each with the methods that it takes; any other is refused, before a body is read. */
import type { FastifyInstance, FastifyRequest, RouteHandlerMethod } from 'fastify';
import type { RouteRate } from './limit-requests.ts';
import type { Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';

/** Who may ask at all: whoever reaches the address, or only who says who they are. */
export type RouteAccess = 'anyone' | 'known';

declare module 'fastify' {
  interface FastifyRequest {
    /** Null where anyone may ask. */
    principal: Principal | null;
  }
  interface FastifyContextConfig {
    /** `known` unless it is said. */
    readonly access?: RouteAccess;
  }
}

/** A route with one method that it takes. */
export interface TakenRoute {
  readonly method: string;
  /** With the names of its parameters: `/v1/worlds/:name`. */
  readonly url: string;
  readonly access: RouteAccess;
}

/** Lists the routes that are added from now on. */
export function listRoutes(app: FastifyInstance): readonly TakenRoute[] {
  const routes: TakenRoute[] = [];
  app.addHook('onRoute', ({ method, url, config }) => {
    // What refuses all other methods of a route takes several.
    if (typeof method === 'string') routes.push({ method, url, access: config?.access ?? 'known' });
  });
  return routes;
}

export interface RouteOptions {
  readonly bodyLimitBytes?: number;
  readonly access?: RouteAccess;
  readonly rate?: RouteRate;
  readonly isStream?: true;
}

/** Bodies outside GraphQL. */
export const BODY_LIMIT_BYTES = 65_536;

export function addRoute(
  app: FastifyInstance,
  url: string,
  handlers: { readonly GET?: RouteHandlerMethod; readonly POST?: RouteHandlerMethod },
  { bodyLimitBytes = BODY_LIMIT_BYTES, access = 'known', ...limited }: RouteOptions = {},
): void {
  const taken = Object.keys(handlers);
  const config = { access, ...limited };
  for (const [method, handler] of Object.entries(handlers))
    app.route({ method, url, bodyLimit: bodyLimitBytes, config, handler });
  app.route({
    method: app.supportedMethods.filter((method) => !taken.includes(method)),
    url,
    config,
    onRequest: (request, reply, done) => {
      void reply.header('allow', taken.join(', '));
      done(new Failure('METHOD_REFUSED', 'method', `${request.method} is not taken here: use ${taken.join(' or ')}`));
    },
    handler: () => undefined,
  });
}

/** Who asks. */
export function principalOf({ principal }: FastifyRequest): Principal {
  if (principal === null) throw new Error('a route that anyone may ask has no principal');
  return principal;
}

/** A part of the path that the route's pattern names. */
export function parameter(parameters: unknown, name: string): string {
  return (parameters as Readonly<Record<string, string>>)[name] ?? ''; // the route's pattern names it
}

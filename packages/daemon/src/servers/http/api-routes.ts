/** The routes outside GraphQL: health, worlds, imports, the overview. */
import type { FastifyInstance, RouteHandlerMethod } from 'fastify';
import { isAbsolute } from 'node:path';
import type { Host } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import type { ImportJobs } from '../../planes/git/import-jobs.ts';
import { mayRead, mustControlDaemon, mustEnter, mustHave } from '../auth/access.ts';
import { readText } from '../graphql/json-value.ts';
import { failureBody } from '../plain/envelope.ts';
import { addGrantRoutes } from './grant-routes.ts';
import { readBody } from './json-body.ts';
import type { Metrics } from './metrics.ts';
import type { Overviews, OverviewStreams } from './overview.ts';
import { addProofRoutes } from './proof-routes.ts';
import type { WorldStatus } from './world-status.ts';
import { addRoute, parameter, principalOf } from './routes.ts';

/** What the routes need of the import manager. */
export type Imports = Pick<ImportJobs, 'start' | 'get' | 'list'>;

export interface ApiParts {
  readonly host: Host;
  readonly imports: Imports;
  readonly overviews: Overviews;
  readonly streams: OverviewStreams;
  readonly metrics: Metrics;
}

export function addApiRoutes(app: FastifyInstance, parts: ApiParts): void {
  addHealthRoute(app, parts);
  addReadinessRoute(app, parts);
  addWorldRoutes(app, parts);
  addImportRoutes(app, parts);
  addOverviewRoutes(app, parts);
  addMetricsRoute(app, parts);
  addProofRoutes(app, parts.host);
  addGrantRoutes(app, parts.host);
}

function addHealthRoute(app: FastifyInstance, { host }: ApiParts): void {
  addRoute(
    app,
    '/healthz',
    {
      GET: (_, reply) => {
        const { pid } = process;
        const [illness] = findIllnesses(host);
        if (illness === undefined) return { status: 'ok', pid };
        // Whatever it is: nobody who asks for health asked for what failed.
        return reply.code(503).send({ ...failureBody(illness), pid });
      },
    },
    { access: 'anyone' },
  );
}

/** Whether requests may be sent here: everything that keeps a world from taking commands is told, not only the first. */
function addReadinessRoute(app: FastifyInstance, { host }: ApiParts): void {
  addRoute(
    app,
    '/readyz',
    {
      GET: (_, reply) => {
        const { pid } = process;
        const [first, ...others] = findIllnesses(host);
        if (first === undefined) return { status: 'ready', pid, worlds: host.worlds().length };
        const unready = [first, ...others].map(({ reason, place, message: detail }) => ({ reason, place, detail }));
        return reply.code(503).send({ ...failureBody(first), pid, unready });
      },
    },
    { access: 'anyone' },
  );
}

/** Why worlds take no commands, each with its name as the place. */
function findIllnesses(host: Host): readonly Failure[] {
  const setAside = [...host.setAside()].map(([name, failure]) => illnessOf(name, failure));
  const failing = host.worlds().flatMap(({ name, loop }) => {
    const failure = loop.failure ?? loop.refusal;
    return failure === undefined ? [] : [illnessOf(name, failure)];
  });
  return [...setAside, ...failing];
}

function illnessOf(world: string, { reason, message }: Failure): Failure {
  return new Failure(reason, `world ${world}`, message);
}

function addWorldRoutes(app: FastifyInstance, { host, overviews }: ApiParts): void {
  addRoute(app, '/v1/worlds', {
    GET: (request) => {
      const principal = principalOf(request);
      const isTold = ({ name }: WorldStatus): boolean => mayRead(host, name, principal);
      return { worlds: overviews.statuses().filter(isTold) };
    },
    POST: async (request, reply) => {
      mustControlDaemon(host, principalOf(request));
      const body = readBody(request.body, { required: ['name'], optional: [] });
      const { name } = await host.createWorld(readText(body.name, 'name'));
      return reply.code(201).send(overviews.status(name));
    },
  });
  addRoute(app, '/v1/worlds/:name/archive', {
    POST: async (request) => {
      const { params, body: sent } = request;
      const principal = principalOf(request);
      mustHave({ open: mustEnter(host, parameter(params, 'name'), principal), principal }, 'control');
      mustControlDaemon(host, principal); // it names a folder of the machine
      const body = readBody(sent, { required: ['to'], optional: ['before'] });
      const to = readText(body.to, 'to');
      if (!isAbsolute(to)) throw new Failure('FORMAT_INVALID', 'to', `'${to}' is no absolute path`);
      const before = body.before === undefined || body.before === null ? null : readCount(body.before, 'before');
      return await host.archive(parameter(params, 'name'), { to, before });
    },
  });
  addRoute(app, '/v1/worlds/:name', {
    GET: (request) => {
      const principal = principalOf(request);
      const name = parameter(request.params, 'name');
      mustHave({ open: mustEnter(host, name, principal), principal }, 'read');
      return overviews.status(name);
    },
  });
}

/** Throws `FORMAT_INVALID`. */
function readCount(value: unknown, place: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  throw new Failure('FORMAT_INVALID', place, 'not a whole number');
}

/** They read what the daemon may read, and make worlds. */
function addImportRoutes(app: FastifyInstance, { host, imports }: ApiParts): void {
  addRoute(app, '/v1/imports', {
    GET: (request) => {
      mustControlDaemon(host, principalOf(request));
      return { imports: imports.list() };
    },
    POST: async (request, reply) => {
      mustControlDaemon(host, principalOf(request));
      const body = readBody(request.body, { required: ['repository'], optional: ['world'] });
      const repository = readText(body.repository, 'repository');
      const world = body.world === undefined || body.world === null ? null : readText(body.world, 'world');
      return reply.code(202).send(await imports.start({ repository, world }));
    },
  });
  addRoute(app, '/v1/imports/:id', {
    GET: (request) => {
      mustControlDaemon(host, principalOf(request));
      const text = parameter(request.params, 'id');
      const status = /^\d{1,15}$/.test(text) ? imports.get(Number(text)) : undefined;
      if (status === undefined) throw new Failure('IMPORT_NOT_FOUND', 'id', `there is no import '${text}'`);
      return status;
    },
  });
}

/** They tell of all worlds. */
function addOverviewRoutes(app: FastifyInstance, { host, overviews, streams }: ApiParts): void {
  addRoute(app, '/v1/overview', {
    GET: async (request) => {
      mustControlDaemon(host, principalOf(request));
      await overviews.ready();
      return overviews.overview(worldParameter(request.query));
    },
  });
  const stream: RouteHandlerMethod = async (request, reply) => {
    mustControlDaemon(host, principalOf(request));
    await overviews.ready();
    // `getHeaders` has what every answer carries: texts that we set ourselves.
    streams.add(reply.raw, worldParameter(request.query), reply.getHeaders() as Record<string, string>);
    return reply.hijack();
  };
  addRoute(app, '/v1/overview/stream', { GET: stream }, { isStream: true });
}

function addMetricsRoute(app: FastifyInstance, { host, metrics }: ApiParts): void {
  addRoute(app, '/metrics', {
    GET: async (request, reply) => {
      mustControlDaemon(host, principalOf(request));
      const { type, body } = await metrics.text();
      return reply.header('content-type', type).send(body);
    },
  });
}

/** Throws `FORMAT_INVALID` for a parameter that is given twice. */
function worldParameter(query: unknown): string | null {
  const { world } = query as { readonly world?: unknown }; // any query string is an object
  return world === undefined ? null : readText(world, 'world');
}

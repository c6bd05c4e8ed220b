/** The routes of a world's grants. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { bytesToHex, type Grant } from '@jitos/kernel';
import type { Host } from '../../engine/host.ts';
import { Failure } from '../../errors/failure.ts';
import { isVouchedFor, mustEnter, type Asking } from '../auth/access.ts';
import { grantToJson, linkFromJson, termsFromJson, type GrantJson } from '../auth/grant-json.ts';
import {
  addLinks,
  giveGrant,
  LINKS_MAX,
  listGrants,
  parentNotFound,
  readGrant,
  revokeGrant,
  worldKeyOf,
} from '../auth/grants.ts';
import { wrongType } from '../graphql/json-value.ts';
import { readHash } from '../graphql/op-json.ts';
import { readBody } from './json-body.ts';
import { addRoute, parameter, principalOf } from './routes.ts';

/** What is told of a world's grants, with what a link is signed for. */
export interface GrantsAnswer {
  /** In hex. */
  readonly worldKey: string;
  readonly grants: readonly GrantJson[];
}

export function addGrantRoutes(app: FastifyInstance, host: Host): void {
  const enter = (request: FastifyRequest): Asking => {
    const principal = principalOf(request);
    return { open: mustEnter(host, parameter(request.params, 'name'), principal), principal };
  };
  addRoute(app, '/v1/worlds/:name/grants', {
    GET: (request) => grantsAnswer(enter(request), listGrants(enter(request))),
    POST: async (request, reply) => {
      if (!bringsLinks(request)) enter(request);
      const { terms, links } = readBody(request.body, { required: [], optional: ['terms', 'links'] });
      if ((terms === undefined) === (links === undefined)) {
        throw new Failure('FORMAT_INVALID', 'terms', 'give `terms`, or `links` with their signatures');
      }
      if (links === undefined) {
        const asking = enter(request);
        const grant = await giveGrant(asking, termsFromJson(terms, 'terms'));
        return reply.code(201).send(grantsAnswer(asking, [grant]));
      }
      const read = readLinks(links);
      const asking = enterWithLinks(host, request);
      const grants = await addLinks(asking, read);
      return reply.code(201).send(grantsAnswer(asking, grants));
    },
  });
  addRoute(app, '/v1/worlds/:name/grants/:id', {
    GET: (request) => {
      const asking = enter(request);
      return grantsAnswer(asking, [readGrant(asking, idOf(request))]);
    },
  });
  addRoute(app, '/v1/worlds/:name/grants/:id/revoke', {
    POST: async (request) => {
      readBody(request.body, { required: [], optional: [] });
      const asking = enter(request);
      return grantsAnswer(asking, [await revokeGrant(asking, idOf(request))]);
    },
  });
}

/** Whoever does may hold nothing as yet: the signatures speak for them. */
function bringsLinks({ body }: FastifyRequest): boolean {
  return typeof body === 'object' && body !== null && 'links' in body;
}

/** A world that there is not has taken up no parent. */
function enterWithLinks(host: Host, request: FastifyRequest): Asking {
  const principal = principalOf(request);
  const name = parameter(request.params, 'name');
  const open = host.findWorld(name);
  if (open !== undefined) return { open, principal };
  if (isVouchedFor(principal)) return { open: mustEnter(host, name, principal), principal };
  throw parentNotFound('links[0]');
}

/** Throws what `linkFromJson` throws. */
export function readLinks(json: unknown): ReturnType<typeof linkFromJson>[] {
  if (!Array.isArray(json)) throw wrongType('links', 'a list', json);
  if (json.length === 0 || json.length > LINKS_MAX) {
    throw new Failure('FORMAT_INVALID', 'links', `1 to ${LINKS_MAX} links are sent together`);
  }
  return json.map((link, i) => linkFromJson(link, `links[${i}]`));
}

function idOf({ params }: FastifyRequest): ReturnType<typeof readHash> {
  return readHash(parameter(params, 'id'), 'id');
}

export function grantsAnswer({ open }: Asking, grants: readonly Grant[]): GrantsAnswer {
  return { worldKey: bytesToHex(worldKeyOf(open)), grants: grants.map(grantToJson) };
}

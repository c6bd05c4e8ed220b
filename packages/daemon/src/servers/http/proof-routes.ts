/** The routes of a history's proofs: as JSON files, and as the tiles of C2SP `tlog-tiles` under `/w/<name>`. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Proof, proofText } from '@jitos/kernel/verify';
import type { Host } from '../../engine/host.ts';
import { proveElement, type ElementProofRequest } from '../../engine/proofs/element-proof.ts';
import { mustGetEvent } from '../../engine/history-reader.ts';
import { TILE_WIDTH, type HistoryProofs } from '../../engine/proofs/history-proofs.ts';
import { parseView } from '../../engine/view-text.ts';
import { Failure } from '../../errors/failure.ts';
import { mustEnter, mustHave, mustSee, mustSeeEvent, seesAll, type Asking } from '../auth/access.ts';
import { readText } from '../graphql/json-value.ts';
import { readHash } from '../graphql/op-json.ts';
import { readBody } from './json-body.ts';
import { addRoute, parameter, principalOf } from './routes.ts';

const TEXT = 'text/plain; charset=utf-8';
/** What a tile's address names never changes. */
const FOR_EVER = 'private, max-age=31536000, immutable';
const ENTRIES = 'entries/';
const LEVEL = /^(0|[1-9]|[1-5]\d|6[0-3])$/;
const WIDTH = /^([1-9]|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])$/;

export function addProofRoutes(app: FastifyInstance, host: Host): void {
  const enter = (request: FastifyRequest): Asking => {
    const principal = principalOf(request);
    return { open: mustEnter(host, parameter(request.params, 'name'), principal), principal };
  };
  const proofsOf = (request: FastifyRequest): HistoryProofs => {
    const asking = enter(request);
    mustHave(asking, 'read');
    return asking.open.proofs;
  };
  addRoute(app, '/v1/worlds/:name/proofs/inclusion', {
    GET: async (request, reply) => {
      const { idx, size } = countsOf(request.query, 'idx');
      const asking = enter(request);
      // A proof has the event with it.
      if (!seesAll(asking)) mustSeeEvent(asking, (await mustGetEvent(asking.open.log, idx, 'idx')).event, 'idx');
      return sendProof(reply, await asking.open.proofs.inclusion(idx, size));
    },
  });
  addRoute(app, '/v1/worlds/:name/proofs/consistency', {
    GET: (request, reply) => {
      const { old, size } = countsOf(request.query, 'old');
      return sendProof(reply, proofsOf(request).consistency(old, size));
    },
  });
  for (const element of ['node', 'edge'] as const) {
    addRoute(app, `/v1/worlds/:name/proofs/${element}`, {
      GET: async (request, reply) => {
        const asking = enter(request);
        const wanted = elementOf(request.query);
        mustSee(asking, wanted.view, 'view');
        return sendProof(reply, await proveElement(asking.open, { element, ...wanted }));
      },
    });
  }
  // Whoever holds a grant needs them to hand one on.
  addRoute(app, '/v1/worlds/:name/key', {
    GET: (request, reply) => reply.type(TEXT).send(`${enter(request).open.proofs.publicKey}\n`),
  });
  addRoute(app, '/v1/worlds/:name/keys', {
    GET: (request) => enter(request).open.keys.publicKeys,
    POST: async (request, reply) => {
      readBody(request.body, { required: [], optional: [] });
      const asking = enter(request);
      mustHave(asking, 'control');
      return reply.code(201).send(await asking.open.keys.rotate(asking.principal));
    },
  });
  addRoute(app, '/w/:name/checkpoint', {
    GET: (request, reply) => reply.type(TEXT).send(proofsOf(request).treeHead()),
  });
  addRoute(app, '/w/:name/tile/*', {
    GET: async (request, reply) => {
      const path = parameter(request.params, '*');
      const proofs = proofsOf(request);
      // Hashes tell nothing; entries are the headers of everyone's events.
      if (path.startsWith(ENTRIES)) mustHave(enter(request), 'control', 'path');
      return sendTile(reply, await tileAt(proofs, path));
    },
  });
}

function sendProof(reply: FastifyReply, proof: Proof): FastifyReply {
  return reply.type('application/json; charset=utf-8').send(proofText(proof));
}

function sendTile(reply: FastifyReply, bytes: Uint8Array): FastifyReply {
  return reply
    .type('application/octet-stream')
    .headers({ 'cache-control': FOR_EVER, vary: 'authorization' })
    .send(bytes);
}

/** `<L>/<N>[.p/<W>]` or `entries/<N>[.p/<W>]`. Throws `ROUTE_NOT_FOUND` for any other spelling. */
async function tileAt(proofs: HistoryProofs, path: string): Promise<Uint8Array> {
  const slash = path.indexOf('/');
  const kind = path.slice(0, Math.max(0, slash));
  const [name = '', partial, ...rest] = path.slice(slash + 1).split('.p/');
  const index = tileIndex(name);
  const width = partial === undefined ? TILE_WIDTH : WIDTH.test(partial) ? Number(partial) : undefined;
  if (index === undefined || width === undefined || rest.length > 0) throw noTile(path);
  if (kind === 'entries') return await proofs.entries(index, width);
  if (!LEVEL.test(kind)) throw noTile(path);
  return proofs.tile(Number(kind), index, width);
}

/** `x001/x234/067` is 1,234,067; undefined for any other spelling of a number. */
function tileIndex(name: string): number | undefined {
  if (!/^(x\d{3}\/){0,5}\d{3}$/.test(name) || name.startsWith('x000/')) return undefined;
  return Number(name.replaceAll(/[x/]/g, ''));
}

function noTile(path: string): Failure {
  return new Failure('ROUTE_NOT_FOUND', 'path', `there is no tile at '${path.slice(0, 256)}'`);
}

/** Throws `FIELD_UNKNOWN`, `FORMAT_INVALID`, `ID_INVALID` or `VIEW_INVALID`. */
function elementOf(query: unknown): Pick<ElementProofRequest, 'id' | 'view'> {
  const given = query as Readonly<Record<string, unknown>>; // any query string is an object
  checkNames(given, ['id', 'view']);
  const { id, view = 'system' } = given;
  return { id: readHash(id, 'id'), view: parseView(readText(view, 'view'), 'view') };
}

function checkNames(given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  const name = Object.keys(given).find((each) => !known.includes(each));
  if (name !== undefined) throw new Failure('FIELD_UNKNOWN', name, `there is no '${name}' here`);
}

/** The query's numbers: the one that must be there, and `size`. Throws `FIELD_UNKNOWN` or `FORMAT_INVALID`. */
function countsOf<Name extends string>(query: unknown, required: Name): Record<Name, number> & { size?: number } {
  const given = query as Readonly<Record<string, unknown>>; // any query string is an object
  checkNames(given, [required, 'size']);
  const counts = { [required]: countOf(given[required], required) } as Record<Name, number>; // by its own name
  return given['size'] === undefined ? counts : { ...counts, size: countOf(given['size'], 'size') };
}

function countOf(value: unknown, place: string): number {
  if (typeof value === 'string' && /^\d{1,15}$/.test(value)) return Number(value);
  throw new Failure('FORMAT_INVALID', place, 'not one whole number');
}

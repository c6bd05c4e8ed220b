/** A session with a data folder that no daemon serves: its worlds are opened in this process, and closed after. */
import type { Proof } from '@jitos/kernel/verify';
import { Host } from '../engine/host.ts';
import type { OpenWorld } from '../engine/open-world.ts';
import { proveElement } from '../engine/proofs/element-proof.ts';
import { LOCAL_PRINCIPAL } from '../engine/principal.ts';
import { Failure } from '../errors/failure.ts';
import { systemClock } from '../ports/clock.ts';
import { ImportJobs } from '../planes/git/import-jobs.ts';
import { GraphqlExecutor } from '../servers/graphql/execute.ts';
import { termsFromJson } from '../servers/auth/grant-json.ts';
import { addLinks, giveGrant, listGrants, readGrant, revokeGrant } from '../servers/auth/grants.ts';
import { grantsAnswer, readLinks, type GrantsAnswer } from '../servers/http/grant-routes.ts';
import { readHash } from '../servers/graphql/op-json.ts';
import { lineAnswerer } from '../servers/lines/answer-line.ts';
import { worldStatus } from '../servers/http/world-status.ts';
import { LocalExecutor } from './local-executor.ts';
import type { GrantsRequest, Operation, ProofRequest, Session } from './session.ts';
import type { Progress } from './terminal/progress.ts';

export interface LocalSessionOptions {
  readonly dataDir: string;
  /** Of the worlds that are made. */
  readonly quantumMs: number;
  readonly progress: Progress;
}

/** Makes the folder if need be. Throws what opening it throws, `LOG_LOCKED` above all. */
export async function openLocalSession({ dataDir, quantumMs, progress }: LocalSessionOptions): Promise<Session> {
  const host = await Host.open({
    dataDir,
    clock: systemClock,
    quantumMs,
    pastWaitMsMax: Infinity,
    onPastFold: (done) => {
      progress.update({ label: 'folding', done, total: null, unit: 'events', perSecond: null });
    },
    onProgress: (world, done) => {
      progress.update({ label: `opening ${world}`, done, total: null, unit: 'events', perSecond: null });
    },
  });
  progress.end();
  const imports = new ImportJobs(host);
  const executor = new LocalExecutor();
  const mustGetImport = (id: number) => {
    const status = imports.get(id);
    if (status === undefined) throw new Failure('IMPORT_NOT_FOUND', 'id', `there is no import ${id}`);
    return status;
  };
  return {
    isServed: false,
    execute: async <Data>(world: string, operation: Operation) =>
      await executor.execute<Data>(host.mustGetWorld(world), operation),
    follow: () => {
      // Nobody else writes while this process holds the folder.
      throw new Failure('USAGE', '--watch', 'no daemon serves the folder, and without one nothing comes to watch');
    },
    listWorlds: async () => host.worlds().map((world) => worldStatus(world, 0)),
    createWorld: async (name) => worldStatus(await host.createWorld(name), 0),
    prove: async (world, request) => await prove(host.mustGetWorld(world), request),
    keys: async (world) => host.mustGetWorld(world).keys.publicKeys,
    rotateKey: async (world) => await host.mustGetWorld(world).keys.rotate(LOCAL_PRINCIPAL),
    archive: async (world, request) => await host.archive(world, request),
    grants: async (world, request) => await answerGrants(host.mustGetWorld(world), request),
    startImport: (request) => imports.start(request),
    getImport: async (id) => mustGetImport(id),
    answerLine: lineAnswerer({ host, executor: new GraphqlExecutor({ onBug: throwBug }), principal: LOCAL_PRINCIPAL }),
    async close() {
      await imports.close();
      await host.close();
    },
  };
}

/** It ends the process, which is nobody else's. */
function throwBug(error: unknown): never {
  throw error;
}

async function answerGrants(open: OpenWorld, request: GrantsRequest): Promise<GrantsAnswer> {
  const asking = { open, principal: LOCAL_PRINCIPAL };
  switch (request.ask) {
    case 'list':
      return grantsAnswer(asking, listGrants(asking));
    case 'show':
      return grantsAnswer(asking, [readGrant(asking, readHash(request.id, 'id'))]);
    case 'revoke':
      return grantsAnswer(asking, [await revokeGrant(asking, readHash(request.id, 'id'))]);
    case 'give':
      return grantsAnswer(asking, [await giveGrant(asking, termsFromJson(request.terms, 'terms'))]);
    case 'add':
      return grantsAnswer(asking, await addLinks(asking, readLinks(request.links)));
  }
}

async function prove(world: OpenWorld, request: ProofRequest): Promise<Proof> {
  const { proofs } = world;
  switch (request.kind) {
    case 'inclusion':
      return await proofs.inclusion(request.idx, request.size ?? proofs.size);
    case 'consistency':
      return proofs.consistency(request.old, request.size ?? proofs.size);
    case 'node':
    case 'edge': {
      const { kind: element, id, view } = request;
      return await proveElement(world, { element, id: readHash(id, 'id'), view });
    }
  }
}

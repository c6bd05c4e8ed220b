/** A session with a data folder that no daemon serves: its worlds are opened in this process, and closed after. */
import { Host } from '../engine/host.ts';
import { Failure } from '../errors/failure.ts';
import { ImportJobs } from '../planes/git/import-jobs.ts';
import { GraphqlExecutor } from '../servers/graphql/execute.ts';
import { worldStatus } from '../servers/http/world-status.ts';
import { toFailure } from './remote-failure.ts';
import type { Operation, Session } from './session.ts';
import { asFailure } from './terminal/failure-text.ts';
import type { Progress } from './terminal/progress.ts';

export interface LocalSessionOptions {
  readonly dataDir: string;
  readonly progress: Progress;
}

/** Makes the folder if need be. Throws what opening it throws, `LOG_LOCKED` above all. */
export async function openLocalSession({ dataDir, progress }: LocalSessionOptions): Promise<Session> {
  const host = await Host.open({
    dataDir,
    onProgress: (world, done) => {
      progress.update({ label: `opening ${world}`, done, total: null, unit: 'events', perSecond: null });
    },
  });
  progress.end();
  const imports = new ImportJobs(host);
  const executor = new LocalExecutor(host);
  const mustGetImport = (id: number) => {
    const status = imports.get(id);
    if (status === undefined) throw new Failure('IMPORT_NOT_FOUND', 'id', `there is no import ${id}`);
    return status;
  };
  return {
    importsOutliveIt: false,
    execute: <Data>(world: string, operation: Operation) => executor.execute<Data>(world, operation),
    listWorlds: async () => host.worlds().map((world) => worldStatus(world, 0)),
    createWorld: async (name) => worldStatus(await host.createWorld(name), 0),
    startImport: (request) => imports.start(request),
    getImport: async (id) => mustGetImport(id),
    async close() {
      await imports.close();
      await host.close();
    },
  };
}

/** Answers operations through the schema that the daemon serves. */
class LocalExecutor {
  readonly #host: Host;
  readonly #executor: GraphqlExecutor;
  #bug: unknown;

  constructor(host: Host) {
    this.#host = host;
    this.#executor = new GraphqlExecutor({ onBug: (error) => (this.#bug = error) });
  }

  async execute<Data>(world: string, { document, variables }: Operation): Promise<Data> {
    const open = this.#host.mustGetWorld(world);
    const { answer } = await this.#executor.execute({ world: open, query: document, variables });
    // Here the bug is this process's own: it is told in full.
    if (this.#bug !== undefined) throw asFailure(this.#bug);
    const error = answer.errors?.[0];
    if (error !== undefined) throw toFailure({ ...error.extensions, detail: error.message });
    return answer.data as Data; // what the document asks for, as the schema types it
  }
}

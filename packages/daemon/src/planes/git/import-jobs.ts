/**
 * The imports of a running daemon: started by a request, watched by number, stopped with the daemon.
 *
 * One import a world at a time, and `IMPORTS_MAX` in all: one more waits for nothing and is refused. Of two that ask for
 * the same new world at once, the one whose repository is opened first makes it, and the other is told of that one.
 */
import { digestToHex } from '@jitos/kernel';
import { basename, resolve } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { MAIN_WORLD, type Host } from '../../engine/host.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import { openRepository, type GitRepository } from './git-repository.ts';
import { importGit } from './import-git.ts';

export interface ImportRequest {
  /** Path of a work tree's top folder or of a bare repository, on the daemon's machine. */
  readonly repository: string;
  /** Null: named after the repository's folder. */
  readonly world: string | null;
}

export interface ImportStatus {
  /** Counted from 0 since the daemon started. */
  readonly id: number;
  readonly world: string;
  readonly repository: string;
  readonly state: 'running' | 'done' | 'failed';
  /** Durable commits of the round under way, earlier runs' included. */
  readonly commitsDone: number;
  /** Null until git has counted them. */
  readonly commitsTotal: number | null;
  /** Commits that this run wrote. */
  readonly commitsImported: number;
  readonly commitsPerSecond: number;
  readonly eventsPerSecond: number;
  /** System's digest, in hex, once done. */
  readonly digest: string | null;
  readonly error: { readonly reason: string; readonly place: string; readonly detail: string } | null;
}

/** Imports that run, or whose repository is being opened: each holds git processes and memory. */
const IMPORTS_MAX = 4;

/** Ended imports that are still listed. */
const ENDED_COUNT_MAX = 100;

export class ImportJobs {
  readonly #host: Host;
  readonly #jobs = new Map<number, ImportJob>();
  /** Numbers of the imports that are being set up, by their world's name. */
  readonly #idByStarting = new Map<string, number>();
  readonly #abort = new AbortController();
  #nextId = 0;
  #openingCount = 0;

  constructor(host: Host) {
    this.#host = host;
  }

  /**
   * Opens the repository, makes the world if there is none, and begins. Throws `REPOSITORY_INVALID`, `GIT_FAILED`,
   * `GIT_TOO_OLD`, `WORLD_NAME_INVALID`, `IMPORT_RUNNING` or `OVERLOADED`, all before anything is written.
   */
  async start(request: ImportRequest): Promise<ImportStatus> {
    this.#abort.signal.throwIfAborted();
    const running = this.list().filter(({ state }) => state === 'running');
    if (running.length + this.#openingCount >= IMPORTS_MAX) {
      throw new Failure('OVERLOADED', 'repository', `${IMPORTS_MAX} imports are running`);
    }
    this.#openingCount += 1;
    try {
      return await this.#begin(request);
    } finally {
      this.#openingCount -= 1;
    }
  }

  async #begin(request: ImportRequest): Promise<ImportStatus> {
    const { signal } = this.#abort;
    const repository = await openRepository({ path: request.repository, environment: process.env, signal });
    const name = request.world ?? worldNameOf(repository.path);
    const writerId = this.#writerTo(name);
    if (writerId !== undefined) {
      throw new Failure('IMPORT_RUNNING', 'world', `import ${writerId} is writing to world '${name}'`);
    }
    const id = this.#nextId++;
    this.#idByStarting.set(name, id);
    try {
      const world = this.#host.hasWorld(name) ? this.#host.mustGetWorld(name) : await this.#host.createWorld(name);
      // The stop may have come meanwhile: it waits for imports that run, not for one that begins after it.
      signal.throwIfAborted();
      const job = new ImportJob({ id, repository, world, signal });
      this.#jobs.set(id, job);
      this.#forgetOld();
      return job.status;
    } finally {
      this.#idByStarting.delete(name);
    }
  }

  /** The import that writes to this world, or is about to. */
  #writerTo(name: string): number | undefined {
    const running = this.list().find(({ state, world }) => state === 'running' && world === name);
    return running?.id ?? this.#idByStarting.get(name);
  }

  get(id: number): ImportStatus | undefined {
    return this.#jobs.get(id)?.status;
  }

  list(): readonly ImportStatus[] {
    return [...this.#jobs.values()].map((job) => job.status);
  }

  /** Resolves with the status once the import has ended. */
  async ended(id: number): Promise<ImportStatus> {
    const job = this.#jobs.get(id);
    if (job === undefined) throw new Failure('IMPORT_NOT_FOUND', 'id', `there is no import ${id}`);
    await job.ended;
    return job.status;
  }

  /** Stops what runs, between two commits. Idempotent. */
  async close(): Promise<void> {
    this.#abort.abort(
      new Failure('SHUTTING_DOWN', '', 'the daemon is stopping: the import goes on when it is started again'),
    );
    await Promise.all([...this.#jobs.values()].map((job) => job.ended));
  }

  #forgetOld(): void {
    const ended = [...this.#jobs].filter(([, job]) => job.status.state !== 'running');
    for (const [id] of ended.slice(0, Math.max(0, ended.length - ENDED_COUNT_MAX))) this.#jobs.delete(id);
  }
}

interface ImportJobOptions {
  readonly id: number;
  readonly repository: GitRepository;
  readonly world: OpenWorld;
  readonly signal: AbortSignal;
}

class ImportJob {
  readonly #options: ImportJobOptions;
  readonly #startMs = performance.now();
  readonly #eventsBefore: number;
  #endMs: number | undefined;
  #commitsDone = 0;
  #commitsTotal: number | null = null;
  #commitsImported = 0;
  #state: ImportStatus['state'] = 'running';
  #error: ImportStatus['error'] = null;
  /** Never rejects: how it went is in the status. */
  readonly ended: Promise<void>;

  constructor(options: ImportJobOptions) {
    this.#options = options;
    this.#eventsBefore = options.world.loop.world.history.size;
    this.ended = this.#run();
  }

  get status(): ImportStatus {
    const { id, repository, world } = this.#options;
    const seconds = ((this.#endMs ?? performance.now()) - this.#startMs) / 1000;
    const { history, system } = world.loop.world;
    return {
      id,
      world: world.name,
      repository: repository.path,
      state: this.#state,
      commitsDone: this.#commitsDone,
      commitsTotal: this.#commitsTotal,
      commitsImported: this.#commitsImported,
      commitsPerSecond: Math.round(this.#commitsImported / seconds),
      eventsPerSecond: Math.round((history.size - this.#eventsBefore) / seconds),
      digest: this.#state === 'done' ? digestToHex(system.digest) : null,
      error: this.#error,
    };
  }

  async #run(): Promise<void> {
    const { repository, world, signal } = this.#options;
    try {
      await importGit({ repository, world, signal, onProgress: (done, total) => this.#progress(done, total) });
      this.#state = 'done';
    } catch (error) {
      this.#state = 'failed';
      this.#error = describe(error);
    }
    this.#endMs = performance.now();
  }

  #progress(done: number, total: number): void {
    this.#commitsImported += 1;
    this.#commitsDone = done;
    this.#commitsTotal = total;
  }
}

function describe(error: unknown): NonNullable<ImportStatus['error']> {
  if (error instanceof Failure) return { reason: error.reason, place: error.place, detail: error.message };
  return { reason: 'BUG', place: '', detail: error instanceof Error ? error.message : String(error) };
}

/** A world's name for a repository: its folder's, in the characters that world names have; never `main`. */
export function worldNameOf(repositoryPath: string): string {
  const folder = basename(resolve(repositoryPath).replace(/\.git$/, ''));
  const name = folder
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .slice(0, 63);
  if (name === MAIN_WORLD) return `${MAIN_WORLD}-repo`;
  return name.replaceAll('-', '') === '' ? 'repository' : name;
}

/**
 * The host: all worlds of one data folder, brought up together and drained together.
 *
 *     <data>/jitos.json             {"format": 3}
 *     <data>/worlds/<name>/         one folder a world, with its log
 */
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, relative, resolve } from 'node:path';
import { Failure } from '../errors/failure.ts';
import { ARCHIVE_MANIFEST_NAME } from '../logs/file/archive-segments.ts';
import { MANIFEST_NAME as BACKUP_MANIFEST_NAME } from '../logs/file/backup-log.ts';
import { listCheckpoints } from '../logs/file/checkpoint-reader.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { createFileLog, LOCK_NAME, openFileLog, type FileLog, type FileLogOptions } from '../logs/file/file-log.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { openFileRewriteIndex } from '../logs/file/rewrite-index.ts';
import { segmentNameToFirstIdx } from '../logs/file/segment-format.ts';
import { SPARE_NAME } from '../logs/file/tail.ts';
import { openFileTreeHashes } from '../logs/file/tree-file.ts';
import type { TornTail } from '../logs/file/walk-log.ts';
import type { Clock } from '../ports/clock.ts';
import type { Tracer } from '../ports/tracer.ts';
import type { Disk } from '../ports/disk.ts';
import { archiveHistory, type ArchiveReport, type ArchiveRequest } from './archive-history.ts';
import { CHECKPOINT_CADENCE, type CheckpointCadence } from './checkpointer.ts';
import { openWorld, type OpenWorld } from './open-world.ts';
import { PastThread } from './past/past-thread.ts';
import { SigningKeys } from './proofs/signing-keys.ts';
import { sha256 } from './sha256.ts';

/** The world that `/graphql` serves; every data folder has it. */
export const MAIN_WORLD = 'main';

const DATA_FORMAT = 3;
/** The file that says in which format a data folder is. */
export const FORMAT_NAME = 'jitos.json';
const WORLD_NAME = /^[a-z0-9-]{1,63}$/;
/** Each holds descriptors and its live state for as long as it is served. What a folder has already is served all the same. */
export const WORLDS_MAX = 1024;

/** Below what a connection may be silent. */
const PAST_WAIT_MS_MAX = 20_000;

export interface HostOptions {
  readonly dataDir: string;
  readonly onTornTail?: (world: string, cut: TornTail) => void;
  /** Told of a world that can't be served; the others are. */
  readonly onSetAside?: (world: string, failure: Failure) => void;
  /** Told while a world's history is folded. */
  readonly onProgress?: (world: string, eventCount: number) => void;
  /** Told of a checkpoint that is of no use, and why: an older one is tried, or the history folded. */
  readonly onCheckpointSkipped?: (world: string, idx: number, why: string) => void;
  /** Told of a checkpoint that could not be written. */
  readonly onCheckpointFailed?: (world: string, error: unknown) => void;
  /** How long a request may wait for a state of long ago; 20 s unless given. */
  readonly pastWaitMsMax?: number;
  /** Told while such a state is made. */
  readonly onPastFold?: (eventCount: number) => void;
  /** Advances the time of its worlds; without it that stands still. */
  readonly clock?: Clock;
  /** Told where the time of commands goes. */
  readonly tracer?: Tracer | undefined;
  /** Milliseconds of a tick of the worlds that are made now; a second unless given. */
  readonly quantumMs?: number;
  /** For tests. */
  readonly checkpointCadence?: CheckpointCadence;
  /** Told of a world that takes no more commands; those that were made later included. */
  readonly onDeath?: (world: string, failure: Failure) => void;
}

export class Host {
  readonly dataDir: string;
  readonly #options: HostOptions;
  readonly #disk: Disk = nodeDisk();
  readonly #worlds = new Map<string, HostedWorld>();
  /** Worlds that can't be served, and why: damage in one stops that one. */
  readonly #setAside = new Map<string, Failure>();
  /** Worlds being made: two requests for one name make it once. */
  readonly #making = new Map<string, Promise<OpenWorld>>();
  readonly #past: PastThread;
  readonly #archiving = new Map<string, Promise<ArchiveReport>>();
  #closing: Promise<void> | undefined;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.#past = new PastThread(options.onPastFold === undefined ? {} : { onFold: options.onPastFold });
    this.dataDir = resolve(options.dataDir);
  }

  /**
   * Opens every world of the folder, making the folder and `main` if need be. Throws `COPY_NOT_SERVED` for a folder that holds
   * copies alone, which gets no `main`.
   */
  static async open(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    prepareDataDir(host.#disk, host.dataDir);
    try {
      for (const name of worldNames(host.dataDir)) {
        // A folder without a log is what a creation that failed left behind: nobody was told that it is a world.
        if (name === MAIN_WORLD || hasRemains(worldFolder(host.dataDir, name))) await host.#bringUpOrSetAside(name);
      }
      const copy = [...host.#setAside.values()].find(({ reason }) => reason === 'COPY_NOT_SERVED');
      if (copy !== undefined && host.#worlds.size === 0) throw copy;
      if (!host.hasWorld(MAIN_WORLD)) await host.createWorld(MAIN_WORLD);
    } catch (error) {
      await host.close();
      throw error;
    }
    return host;
  }

  /** All worlds, by name. */
  worlds(): readonly OpenWorld[] {
    return [...this.#worlds.values()].map(({ world }) => world).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Worlds that are there but can't be served, each with the reason. */
  setAside(): ReadonlyMap<string, Failure> {
    return this.#setAside;
  }

  /** Throws `WORLD_NOT_FOUND`, or why the world is not served. */
  mustGetWorld(name: string): OpenWorld {
    const failure = this.#setAside.get(name);
    if (failure !== undefined) throw failure;
    const world = this.#worlds.get(name)?.world;
    if (world === undefined) throw new Failure('WORLD_NOT_FOUND', 'world', `there is no world '${name}'`);
    return world;
  }

  /** Undefined where there is none of this name, or it is not served. */
  findWorld(name: string): OpenWorld | undefined {
    return this.#worlds.get(name)?.world;
  }

  hasWorld(name: string): boolean {
    return this.#worlds.has(name) || this.#setAside.has(name);
  }

  /** Makes an empty world. Throws `WORLD_NAME_INVALID`, `WORLD_EXISTS`, `WORLDS_TOO_MANY` or what the log throws. */
  async createWorld(name: string): Promise<OpenWorld> {
    if (!WORLD_NAME.test(name)) {
      throw new Failure('WORLD_NAME_INVALID', 'name', `'${name}' is not 1–63 characters of a–z, 0–9 and -`);
    }
    if (this.#closing !== undefined) throw new Failure('SHUTTING_DOWN', '', 'the daemon is stopping');
    if (this.hasWorld(name) || this.#making.has(name)) {
      throw new Failure('WORLD_EXISTS', 'name', `there is a world '${name}' already`);
    }
    if (this.#worlds.size + this.#setAside.size + this.#making.size >= WORLDS_MAX) {
      throw new Failure('WORLDS_TOO_MANY', 'name', `there are ${WORLDS_MAX} worlds already`);
    }
    const making = this.#bringUp(name);
    this.#making.set(name, making);
    try {
      return await making;
    } finally {
      this.#making.delete(name);
    }
  }

  /** Moves a world's early segments to another folder. Throws what `archiveHistory` throws, `USAGE`, and `OVERLOADED` while one does. */
  async archive(name: string, request: ArchiveRequest): Promise<ArchiveReport> {
    this.mustGetWorld(name);
    const { world, log, checkpoints } = this.#worlds.get(name)!; // it was just found
    if (this.#closing !== undefined) throw new Failure('SHUTTING_DOWN', '', 'the daemon is stopping');
    if (this.#archiving.has(name)) throw new Failure('OVERLOADED', 'world', `segments of '${name}' are being archived`);
    const folder = worldFolder(this.dataDir, name);
    const [worlds, to] = [join(this.dataDir, 'worlds'), resolve(request.to)];
    if (!relative(worlds, to).startsWith('..')) {
      throw new Failure('USAGE', 'to', `an archive may not be among the worlds of a data folder: ${to}`);
    }
    const archiving = archiveHistory({ disk: this.#disk, folder, log, checkpoints, world }, request);
    this.#archiving.set(name, archiving);
    try {
      return await archiving;
    } finally {
      this.#archiving.delete(name);
    }
  }

  /** Answers what waits, then frees every folder. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    await this.#past.close();
    await Promise.allSettled([...this.#making.values(), ...this.#archiving.values()]);
    for (const { world } of this.#worlds.values()) await world.close();
  }

  /** One damaged world must not keep the others from being served. */
  async #bringUpOrSetAside(name: string): Promise<void> {
    try {
      await this.#bringUp(name);
    } catch (error) {
      const isItsOwn = error instanceof Failure && SET_ASIDE_REASONS.has(error.reason);
      if (!isItsOwn) throw error;
      this.#setAside.set(name, error);
      this.#options.onSetAside?.(name, error);
    }
  }

  async #bringUp(name: string): Promise<OpenWorld> {
    const folder = worldFolder(this.dataDir, name);
    const log = await this.#openLog(name, folder);
    const checkpoints = new FileCheckpoints({ disk: this.#disk, folder, worldId: log.worldId });
    try {
      const world = await openWorld({
        name,
        log,
        openRewriteIndex: () => openFileRewriteIndex({ folder, disk: this.#disk, log }),
        openTreeHashes: () => openFileTreeHashes({ folder, disk: this.#disk, log, sha256 }),
        keys: await SigningKeys.open({ folder, disk: this.#disk, log }),
        past: { source: this.#past.sourceOf(folder), waitMsMax: this.#options.pastWaitMsMax ?? PAST_WAIT_MS_MAX },
        onProgress: (eventCount) => this.#options.onProgress?.(name, eventCount),
        clock: this.#options.clock,
        tracer: this.#options.tracer,
        quantumMs: this.#options.quantumMs,
        checkpoints: {
          files: checkpoints,
          cadence: this.#options.checkpointCadence ?? CHECKPOINT_CADENCE,
          onSkipped: (idx, why) => this.#options.onCheckpointSkipped?.(name, idx, why),
          onFailure: (error) => this.#options.onCheckpointFailed?.(name, error),
        },
      });
      this.#worlds.set(name, { world, log, checkpoints });
      void world.loop.died.then((failure) => this.#options.onDeath?.(name, failure));
      return world;
    } catch (error) {
      await log.close();
      throw error;
    }
  }

  async #openLog(name: string, folder: string): Promise<FileLog> {
    const onTornTail = (cut: TornTail): void => this.#options.onTornTail?.(name, cut);
    mustNotBeCopy(folder);
    const options: FileLogOptions = { folder, disk: this.#disk, sync: 'adaptive', onTornTail };
    if (hasLog(folder)) return openFileLog({ ...options, checkFromIdx: listCheckpoints(this.#disk, folder)[0] ?? 0 });
    if (hasRemains(folder)) {
      throw new Failure('LOG_DAMAGED', folder, 'the segments are missing, but not what stands beside them');
    }
    try {
      return await createFileLog({ ...options, worldId: randomBytes(16) });
    } catch (error) {
      removeCreation(folder);
      throw error;
    }
  }
}

/** A world, and the files under it. */
interface HostedWorld {
  readonly world: OpenWorld;
  readonly log: FileLog;
  readonly checkpoints: FileCheckpoints;
}

/** Failures of one world that leave the others as they are. */
const SET_ASIDE_REASONS: ReadonlySet<string> = new Set(['COPY_NOT_SERVED', 'LOG_DAMAGED', 'DATA_FORMAT_UNKNOWN']);

/** Where a world's log stands. */
export function worldFolder(dataDir: string, name: string): string {
  return join(dataDir, 'worlds', name);
}

/** Names of the worlds in a data folder, sorted; none if there is no such folder. A symbolic link is no world. */
export function worldNames(dataDir: string): readonly string[] {
  const folder = join(dataDir, 'worlds');
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && WORLD_NAME.test(entry.name))
    .map((entry) => entry.name)
    .toSorted();
}

function filesOf(folder: string): readonly string[] {
  return existsSync(folder) ? readdirSync(folder) : [];
}

function hasLog(folder: string): boolean {
  return filesOf(folder).some((name) => segmentNameToFirstIdx(name) !== undefined);
}

/** A world that is served gets events, be it that of its new key: a copy would be none any more. */
function mustNotBeCopy(folder: string): void {
  const names = filesOf(folder);
  if (names.includes(BACKUP_MANIFEST_NAME)) {
    const detail = 'the folder is a backup; `npx jitosctl restore <backup> --into <folder>` makes a data folder of it';
    throw new Failure('COPY_NOT_SERVED', folder, detail);
  }
  if (names.includes(ARCHIVE_MANIFEST_NAME)) {
    const own = `are all segments of the world here, remove ${ARCHIVE_MANIFEST_NAME}`;
    throw new Failure('COPY_NOT_SERVED', folder, `the folder is an archive, which belongs elsewhere; ${own}`);
  }
}

/** What making a log puts down before its first segment. */
const CREATION_NAMES: readonly string[] = [LOCK_NAME, SPARE_NAME];

/** Whether anything in the folder shows that a world was here. */
function hasRemains(folder: string): boolean {
  return filesOf(folder).some((name) => !CREATION_NAMES.includes(name));
}

/** Takes back what a creation that failed has put down, as far as it can. */
function removeCreation(folder: string): void {
  if (hasRemains(folder)) return;
  rmSync(folder, { recursive: true, force: true });
}

/** Makes what is missing, durably; writes nothing into a folder that another version wrote. */
function prepareDataDir(disk: Disk, dataDir: string): void {
  const formatFile = join(dataDir, FORMAT_NAME);
  // Empty is what a power cut leaves of a file whose bytes were not synced: as good as none.
  const isWritten = existsSync(formatFile) && readFileSync(formatFile).length > 0;
  if (isWritten) checkDataFormat(formatFile);
  try {
    disk.makeFolder(join(dataDir, 'worlds'));
    if (!isWritten) writeFormat(disk, dataDir);
  } catch (error) {
    throw dataDirFailure(dataDir, error);
  }
}

function writeFormat(disk: Disk, dataDir: string): void {
  const temporary = join(dataDir, `${FORMAT_NAME}.tmp`);
  writeFileSync(temporary, `${JSON.stringify({ format: DATA_FORMAT })}\n`, { mode: 0o600, flush: true });
  disk.rename(temporary, join(dataDir, FORMAT_NAME));
  disk.syncFolder(dataDir);
}

/** Throws `DATA_FORMAT_UNKNOWN`. */
export function checkDataFormat(formatFile: string): void {
  const text = readFileSync(formatFile, 'utf8');
  if (formatOf(text) === DATA_FORMAT) return;
  throw new Failure(
    'DATA_FORMAT_UNKNOWN',
    formatFile,
    `the folder's format is not ${DATA_FORMAT}: ${text.trim().slice(0, 80)}`,
  );
}

function formatOf(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined;
  } catch {
    return undefined;
  }
}

function dataDirFailure(dataDir: string, error: unknown): Failure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const reason = code === 'ENOSPC' || code === 'EDQUOT' ? 'LOG_FULL' : 'LOG_READ_ONLY';
  const detail = `the data folder can not be prepared: ${error instanceof Error ? error.message : String(error)}`;
  return new Failure(reason, dataDir, detail, { cause: error });
}

/**
 * The host: all worlds of one data folder, brought up together and drained together.
 *
 *     <data>/jitos.json             {"format": 1}
 *     <data>/worlds/<name>/         one folder a world, with its log
 */
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Failure } from '../errors/failure.ts';
import { createFileLog, openFileLog, type FileLogOptions } from '../logs/file/file-log.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { openFileRewriteIndex } from '../logs/file/rewrite-index.ts';
import { segmentNameToFirstIdx } from '../logs/file/segment-format.ts';
import type { TornTail } from '../logs/file/walk-log.ts';
import { openWorld, type OpenWorld } from './open-world.ts';

/** The world that `/graphql` serves; every data folder has it. */
export const MAIN_WORLD = 'main';

const DATA_FORMAT = 1;
const WORLD_NAME = /^[a-z0-9-]{1,63}$/;

export interface HostOptions {
  readonly dataDir: string;
  readonly onTornTail?: (world: string, cut: TornTail) => void;
  /** Told while a world's history is folded. */
  readonly onProgress?: (world: string, eventCount: number) => void;
}

export class Host {
  readonly dataDir: string;
  readonly #options: HostOptions;
  readonly #worlds = new Map<string, OpenWorld>();
  /** Worlds being made: two requests for one name make it once. */
  readonly #making = new Map<string, Promise<OpenWorld>>();
  #closing: Promise<void> | undefined;

  private constructor(options: HostOptions) {
    this.#options = options;
    this.dataDir = resolve(options.dataDir);
  }

  /** Opens every world of the folder, making the folder and `main` if need be. */
  static async open(options: HostOptions): Promise<Host> {
    const host = new Host(options);
    prepareDataDir(host.dataDir);
    try {
      for (const name of worldNames(host.dataDir)) await host.#bringUp(name);
      if (!host.#worlds.has(MAIN_WORLD)) await host.createWorld(MAIN_WORLD);
    } catch (error) {
      await host.close();
      throw error;
    }
    return host;
  }

  /** All worlds, by name. */
  worlds(): readonly OpenWorld[] {
    return [...this.#worlds.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Throws `WORLD_NOT_FOUND`. */
  mustGetWorld(name: string): OpenWorld {
    const world = this.#worlds.get(name);
    if (world === undefined) throw new Failure('WORLD_NOT_FOUND', 'world', `there is no world '${name}'`);
    return world;
  }

  hasWorld(name: string): boolean {
    return this.#worlds.has(name);
  }

  /** Makes an empty world. Throws `WORLD_NAME_INVALID`, `WORLD_EXISTS` or what the log throws. */
  async createWorld(name: string): Promise<OpenWorld> {
    if (!WORLD_NAME.test(name)) {
      throw new Failure('WORLD_NAME_INVALID', 'name', `'${name}' is not 1–63 characters of a–z, 0–9 and -`);
    }
    if (this.#closing !== undefined) throw new Failure('SHUTTING_DOWN', '', 'the daemon is stopping');
    if (this.#worlds.has(name) || this.#making.has(name)) {
      throw new Failure('WORLD_EXISTS', 'name', `there is a world '${name}' already`);
    }
    const making = this.#bringUp(name);
    this.#making.set(name, making);
    try {
      return await making;
    } finally {
      this.#making.delete(name);
    }
  }

  /** Answers what waits, then frees every folder. Idempotent. */
  close(): Promise<void> {
    this.#closing ??= this.#closeAll();
    return this.#closing;
  }

  async #closeAll(): Promise<void> {
    await Promise.allSettled(this.#making.values());
    for (const world of this.#worlds.values()) await world.close();
  }

  async #bringUp(name: string): Promise<OpenWorld> {
    const folder = worldFolder(this.dataDir, name);
    const disk = nodeDisk();
    const { onTornTail, onProgress } = this.#options;
    const logOptions: FileLogOptions = { folder, disk, sync: 'adaptive', onTornTail: (cut) => onTornTail?.(name, cut) };
    const log = hasLog(folder)
      ? await openFileLog(logOptions)
      : await createFileLog({ ...logOptions, worldId: randomBytes(16) });
    try {
      const world = await openWorld({
        name,
        log,
        openRewriteIndex: () => openFileRewriteIndex({ folder, disk, log }),
        onProgress: (eventCount) => onProgress?.(name, eventCount),
      });
      this.#worlds.set(name, world);
      return world;
    } catch (error) {
      await log.close();
      throw error;
    }
  }
}

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

function hasLog(folder: string): boolean {
  return existsSync(folder) && readdirSync(folder).some((name) => segmentNameToFirstIdx(name) !== undefined);
}

/** Makes what is missing; writes nothing into a folder that another version wrote. */
function prepareDataDir(dataDir: string): void {
  const formatFile = join(dataDir, 'jitos.json');
  if (existsSync(formatFile)) checkDataFormat(formatFile);
  try {
    mkdirSync(join(dataDir, 'worlds'), { recursive: true, mode: 0o700 });
    if (!existsSync(formatFile))
      writeFileSync(formatFile, `${JSON.stringify({ format: DATA_FORMAT })}\n`, { mode: 0o600 });
  } catch (error) {
    throw dataDirFailure(dataDir, error);
  }
}

function checkDataFormat(formatFile: string): void {
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

/**
 * A world's signing key: made at its first start and kept in its folder, `world.key` for its owner alone and `world.pub` for
 * everybody. Both hold one line of text, as Go's `sumdb/note` writes keys. The key's name is the origin of the world's tree
 * heads; it holds the world id, which is random, so no two worlds share it.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { diskFaultToFailure } from '../../logs/file/log-failures.ts';
import type { Disk } from '../../ports/disk.ts';
import { exactBase64, noteSigner, type NoteSigner } from './signed-note.ts';

export const KEY_NAME = 'world.key';
export const PUBLIC_KEY_NAME = 'world.pub';
const SEED_SIZE_BYTES = 32;
/** Longer than any key is. */
const LINE_SIZE_BYTES_MAX = 1024;
const KEY_LINE = /^PRIVATE\+KEY\+[^+]+\+[0-9a-f]{8}\+(.+)\n$/;

export interface WorldKeyOptions {
  readonly folder: string;
  /** Makes files that only their owner may read. */
  readonly disk: Disk;
  readonly worldId: Uint8Array;
}

/** Reads the key, or makes it, durably. Throws `LOG_DAMAGED` for one that can't be read, and what the log throws. */
export async function openWorldKey(options: WorldKeyOptions): Promise<NoteSigner> {
  const { folder, disk, worldId } = options;
  try {
    const names = disk.list(folder);
    const origin = originOf(worldId);
    const seed = names.includes(KEY_NAME) ? readSeed(options, origin) : await makeSeed(options, origin);
    const signer = noteSigner(origin, seed);
    if (!names.includes(PUBLIC_KEY_NAME)) await putLine(options, PUBLIC_KEY_NAME, signer.publicKey);
    return signer;
  } catch (fault) {
    throw diskFaultToFailure(fault, join(folder, KEY_NAME), 'opening the signing key');
  }
}

/** A key for a world without a folder, as short-lived. */
export function temporaryWorldKey(): NoteSigner {
  return noteSigner(originOf(randomBytes(16)), randomBytes(SEED_SIZE_BYTES));
}

function originOf(worldId: Uint8Array): string {
  return `jitos.invalid/${Buffer.from(worldId).toString('hex')}`;
}

async function makeSeed(options: WorldKeyOptions, origin: string): Promise<Uint8Array> {
  const seed = randomBytes(SEED_SIZE_BYTES);
  await putLine(options, KEY_NAME, keyLine(origin, seed));
  return seed;
}

function keyLine(origin: string, seed: Uint8Array): string {
  const [, keyId] = noteSigner(origin, seed).publicKey.split('+');
  const encoded = Buffer.concat([Buffer.of(1), seed]).toString('base64');
  return `PRIVATE+KEY+${origin}+${keyId}+${encoded}`;
}

function readSeed({ folder, disk }: WorldKeyOptions, origin: string): Uint8Array {
  const path = join(folder, KEY_NAME);
  const file = disk.open(path, 'read');
  const bytes = Buffer.alloc(LINE_SIZE_BYTES_MAX);
  const line = bytes.toString('latin1', 0, file.readSync(bytes, 0));
  file.close();
  const seed = exactBase64(KEY_LINE.exec(line)?.[1] ?? '');
  if (seed?.length === 1 + SEED_SIZE_BYTES && line === `${keyLine(origin, seed.subarray(1))}\n`)
    return seed.subarray(1);
  const detail = "the file does not hold this world's signing key; bring it back from a copy";
  throw new Failure('LOG_DAMAGED', path, `${detail}, or remove it and ${PUBLIC_KEY_NAME} to begin with a new key`);
}

/** Puts a file there whole and durably, or not at all. */
async function putLine({ folder, disk }: WorldKeyOptions, name: string, line: string): Promise<void> {
  const draft = join(folder, `${name}.tmp`);
  const bytes = Buffer.from(`${line}\n`);
  const file = disk.open(draft, 'create');
  try {
    file.writeSync(bytes, bytes.length, 0);
    await file.sync();
  } finally {
    file.close();
  }
  disk.rename(draft, join(folder, name));
  disk.syncFolder(folder);
}

/**
 * The files of a world's signing keys, in its folder:
 *
 *     world.key             the private key that signs, for its owner alone
 *     world.key.next        the one that a change is under way to
 *     world.pub             the first public key of the origin, for everybody
 *     <idx>.handover        a proof under the key before that the event at <idx> names the next one
 *
 * Keys are lines of text, as Go's `sumdb/note` writes them; behind a private one stands how many events there were when it
 * was made. A file is put there whole and durably, or not at all.
 */
import { join } from 'node:path';
import { bytesFromBase64, bytesToArray } from '@jitos/kernel/verify';
import { Failure } from '../../errors/failure.ts';
import { copyInto } from '../../logs/file/copy-file.ts';
import type { Disk } from '../../ports/disk.ts';
import { noteSigner, SEED_SIZE_BYTES, type NoteSigner } from './signed-note.ts';

export const KEY_NAME = 'world.key';
export const PUBLIC_KEY_NAME = 'world.pub';
const NEXT_NAME = 'world.key.next';
/** Longer than any of the files is. */
const FILE_SIZE_BYTES_MAX = 65_536;
const KEY_FILE = /^PRIVATE\+KEY\+([^+\n]+)\+[0-9a-f]{8}\+([^\n]+)\n(?:(0|[1-9]\d{0,15})\n)?$/;
const HANDOVER_NAME = /^(\d{20})\.handover$/;

export interface KeyFolder {
  readonly folder: string;
  /** Makes files that only their owner may read. */
  readonly disk: Disk;
}

/** A private key on its way to and from a file. */
export interface SigningKey {
  readonly origin: string;
  /** 32 bytes. */
  readonly seed: Uint8Array;
  /** Events when it was made: the one that names it, if there is one, is not before. */
  readonly sinceIdx: number;
}

/** A proof as it stands in its file. */
export interface HandoverFile {
  readonly idx: number;
  readonly text: string;
}

export class KeyFiles {
  readonly #place: KeyFolder;

  constructor(place: KeyFolder) {
    this.#place = place;
  }

  pathOf(name: string): string {
    return join(this.#place.folder, name);
  }

  /** Undefined if there is none. Throws `LOG_DAMAGED` for a file that holds none. */
  readKey(): SigningKey | undefined {
    return this.#readKey(KEY_NAME);
  }

  async putKey(key: SigningKey): Promise<void> {
    await this.#put(KEY_NAME, keyText(key));
  }

  /** Likewise. */
  readNext(): SigningKey | undefined {
    return this.#readKey(NEXT_NAME);
  }

  async putNext(key: SigningKey): Promise<void> {
    await this.#put(NEXT_NAME, keyText(key));
  }

  /** The next key becomes the one that signs. */
  takeNext(): void {
    const { disk, folder } = this.#place;
    disk.rename(this.pathOf(NEXT_NAME), this.pathOf(KEY_NAME));
    disk.syncFolder(folder);
  }

  dropNext(): void {
    this.#place.disk.remove(this.pathOf(NEXT_NAME));
  }

  /** The line without its end; undefined if there is no file. */
  readPublicKey(): string | undefined {
    return this.#read(PUBLIC_KEY_NAME)?.trimEnd();
  }

  async putPublicKey(line: string): Promise<void> {
    await this.#put(PUBLIC_KEY_NAME, `${line}\n`);
  }

  /** The proofs of changes, by event. */
  readHandovers(): readonly HandoverFile[] {
    return handoverNames(this.#place).map((name) => ({ idx: Number.parseInt(name, 10), text: this.#read(name) ?? '' }));
  }

  async putHandover(idx: number, text: string): Promise<void> {
    await this.#put(`${String(idx).padStart(20, '0')}.handover`, text);
  }

  #read(name: string): string | undefined {
    return readText(this.#place, name);
  }

  async #put(name: string, text: string): Promise<void> {
    await putText(this.#place, name, text);
  }

  #readKey(name: string): SigningKey | undefined {
    const text = this.#read(name);
    if (text === undefined) return undefined;
    const key = parseKey(text);
    if (key !== undefined) return key;
    const detail = "the file does not hold this world's signing key; bring it back from a copy, or remove it";
    throw new Failure('LOG_DAMAGED', this.pathOf(name), `${detail} with ${PUBLIC_KEY_NAME} to begin with a new key`);
  }
}

/** What is public of a world's keys. */
function publicNames(place: KeyFolder): readonly string[] {
  const names = place.disk.list(place.folder);
  return [...(names.includes(PUBLIC_KEY_NAME) ? [PUBLIC_KEY_NAME] : []), ...handoverNames(place)];
}

function handoverNames({ disk, folder }: KeyFolder): readonly string[] {
  return disk
    .list(folder)
    .filter((name) => HANDOVER_NAME.test(name))
    .toSorted();
}

/** Copies what is public of a world's keys, each file whole and durably, over those of an older copy. */
export async function copyPublicKeys(from: KeyFolder, into: KeyFolder): Promise<void> {
  for (const name of publicNames(from)) {
    const text = readText(from, name);
    if (text !== undefined && text !== readText(into, name)) await putText(into, name, text);
  }
}

function readText({ disk, folder }: KeyFolder, name: string): string | undefined {
  if (!disk.list(folder).includes(name)) return undefined;
  const file = disk.open(join(folder, name), 'read');
  try {
    const bytes = Buffer.alloc(FILE_SIZE_BYTES_MAX);
    return bytes.toString('utf8', 0, file.readSync(bytes, 0));
  } finally {
    file.close();
  }
}

async function putText({ disk, folder }: KeyFolder, name: string, text: string): Promise<void> {
  const draft = join(folder, `${name}.tmp`);
  const bytes = Buffer.from(text);
  await copyInto(disk, draft, { read: (into, offset) => Promise.resolve(bytes.copy(into, 0, offset)) });
  disk.rename(draft, join(folder, name));
  disk.syncFolder(folder);
}

/** Reads the private key in a file's text; undefined if it holds none. */
export function parseKey(text: string): SigningKey | undefined {
  const [, origin = '', encoded = '', since] = KEY_FILE.exec(text) ?? [];
  const bytes = bytesFromBase64(encoded);
  if (bytes?.length !== 1 + SEED_SIZE_BYTES) return undefined;
  const key = { origin, seed: bytesToArray(bytes).subarray(1), sinceIdx: Number(since ?? 0) };
  return text === keyText(key) || (since === undefined && `${text}0\n` === keyText(key)) ? key : undefined;
}

function keyText(key: SigningKey): string {
  const [, keyId] = signerOf(key).publicKey.split('+');
  const encoded = Buffer.concat([Buffer.of(1), key.seed]).toString('base64');
  return `PRIVATE+KEY+${key.origin}+${keyId}+${encoded}\n${key.sinceIdx}\n`;
}

export function signerOf({ origin, seed }: Pick<SigningKey, 'origin' | 'seed'>): NoteSigner {
  return noteSigner(origin, seed);
}

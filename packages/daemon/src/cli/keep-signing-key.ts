/**
 * Going on under the signing key of a world that is restored. Only the operator can know which head was the last that the key
 * signed; whether the backup reaches it is checked here, and whether the key is the one that the history names.
 */
import { readFileSync } from 'node:fs';
import { treeHead, type EncodedEvent, type World } from '@jitos/kernel';
import { openTreeHead, type TreeHead } from '@jitos/kernel/verify';
import {
  copyPublicKeys,
  KeyFiles,
  parseKey,
  signerOf,
  type KeyFolder,
  type SigningKey,
} from '../engine/proofs/key-files.ts';
import { parsePublicKey } from '../engine/proofs/signed-note.ts';
import { isOriginOf } from '../engine/proofs/signing-keys.ts';
import { sha256 } from '../engine/sha256.ts';
import { Failure } from '../errors/failure.ts';

/** Absolute, both. */
export interface SigningFiles {
  /** `world.key` of the folder that is lost. */
  readonly key: string;
  /** The note of the last head that it signed. */
  readonly treeHead: string;
}

/** A key, and the last head that it signed. */
export interface LastHead {
  readonly key: SigningKey;
  /** 32 bytes, one a character. */
  readonly publicKey: string;
  readonly head: TreeHead;
}

/** Throws `USAGE` for a file that is no key, or no head that it signed. */
export function readLastHead(files: SigningFiles): LastHead {
  const key = parseKey(readText(files.key, '--signing-key'));
  if (key === undefined) throw new Failure('USAGE', '--signing-key', `${files.key} holds no signing key`);
  const verifier = parsePublicKey(signerOf(key).publicKey)!; // a signer's own
  const head = openTreeHead(readText(files.treeHead, '--tree-head'), verifier);
  if (head !== undefined) return { key, publicKey: verifier.raw, head };
  throw new Failure('USAGE', '--tree-head', `${files.treeHead} is no tree head that the key signed`);
}

function readText(file: string, typed: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    throw new Failure('USAGE', typed, `the file can't be read: ${error instanceof Error ? error.message : ''}`);
  }
}

/** Whether a history that is replayed reaches the last head, and ends under the same key. */
export class HeadReach {
  readonly #last: LastHead;
  #isReached = false;

  /** `worldId` is in hex. Throws `USAGE` for another world's key. */
  constructor(last: LastHead, worldId: string) {
    this.#last = last;
    this.#isReached = last.head.size === 0;
    if (isOriginOf(last.key.origin, Buffer.from(worldId, 'hex'))) return;
    throw new Failure('USAGE', '--signing-key', `the key is of ${last.key.origin}, not of the world ${worldId}`);
  }

  /** Told of each event. Throws `COPY_UNFIT` where the history is another than the one that was signed. */
  note({ event }: EncodedEvent, { history }: World): void {
    const { head, publicKey } = this.#last;
    if (history.size === head.size) {
      this.#isReached = treeHead(history, sha256) === head.head;
      if (!this.#isReached) {
        throw new Failure(
          'COPY_UNFIT',
          '--tree-head',
          `the backup's first ${head.size} events are not those that were signed`,
        );
      }
    }
    // The last head that a key signs is that which ends with the event that names the next one.
    if (!this.#isReached || event.kind !== 'SIGNING_KEY_CHANGED' || event.publicKey === publicKey) return;
    throw new Failure('USAGE', '--signing-key', `event ${event.idx} names another key since: give that one`);
  }

  /** Puts the key, with what is public in the backup, where it belongs; false where the last head is not reached. */
  async keepKey(backup: KeyFolder, into: KeyFolder): Promise<boolean> {
    if (!this.#isReached) return false;
    await copyPublicKeys(backup, into);
    await new KeyFiles(into).putKey(this.#last.key);
    return true;
  }
}

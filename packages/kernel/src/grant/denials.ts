/**
 * How often each key was denied something in the tick of now: history tells of the first few.
 *
 * - A1 At most `DENIALS_TOLD_MAX` events a key and tick, and only of keys that hold a grant: others write nothing.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { emptyTrie, trieGet, triePut, type Trie } from '../trie/trie.ts';

export const DENIALS_TOLD_MAX = 8;

/** Events by key, of this tick alone; hashed. */
export type Denials = Trie<number>;

export const NO_DENIALS: Denials = emptyTrie();

export function isDenialTold(denials: Denials, key: Bytes): boolean {
  return (trieGet(denials, key) ?? 0) < DENIALS_TOLD_MAX;
}

export function countDenial(denials: Denials, key: Bytes): Denials {
  return triePut(denials, key, (trieGet(denials, key) ?? 0) + 1, null);
}

const writer = new CanonicalWriter();

export function denialsDigest(count: number, sha256: Sha256): Digest {
  writer.reset();
  writer.integer(count);
  return taggedHash('denials', writer.toBytes(), sha256);
}

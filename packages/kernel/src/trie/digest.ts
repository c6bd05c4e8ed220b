/**
 * The trie's digests: lazy, cached in each node, a function of the contents alone (T1).
 *
 *     bucket  H("tb")  count u8 ‖ (key ‖ valueDigest 32)*                      keys ascending
 *     branch  H("tn")  skipCount u8 ‖ skip nibbles packed, high first, pad 0
 *                      ‖ count u64be ‖ bitmap u16be ‖ childDigest 32*          children by nibble
 *
 * The empty trie is the empty bucket. The hashed count makes a total provable.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import type { Trie } from './trie.ts';

/** The digest of what a table keeps under a key. Pure; asked again whenever the value's bucket has changed. */
export type ValueDigest<V> = (value: V, sha256: Sha256) => Digest;

/** The digest of a trie. Costs one hash a node that changed since it was last asked. */
export function trieDigest<V>(trie: Trie<V>, valueDigest: ValueDigest<V>, sha256: Sha256): Digest {
  if (trie.digest !== null) return trie.digest;
  if (trie.leaf) {
    let entries = '';
    for (let i = 0; i < trie.keys.length; i++) entries += trie.keys[i]! + valueDigest(trie.values[i]!, sha256);
    return (trie.digest = hashBucket(trie.keys.length, entries, sha256));
  }
  let childDigests = '';
  for (const child of trie.children) childDigests += trieDigest(child, valueDigest, sha256);
  return (trie.digest = hashBranch(trie, childDigests, sha256));
}

/** `entries` is `(key ‖ valueDigest)*`. */
export function hashBucket(count: number, entries: string, sha256: Sha256): Digest {
  return taggedHash('tb', String.fromCharCode(count) + entries, sha256);
}

/** What a branch hashes besides its children. */
export interface BranchHead {
  readonly skip: string;
  readonly count: number;
  readonly bitmap: number;
}

export function hashBranch(head: BranchHead, childDigests: string, sha256: Sha256): Digest {
  const { skip, count, bitmap } = head;
  const shape = String.fromCharCode(skip.length) + packNibbles(skip) + numberToKey(count);
  return taggedHash('tn', shape + String.fromCharCode(bitmap >> 8, bitmap & 255) + childDigests, sha256);
}

function packNibbles(nibbles: string): Bytes {
  let packed = '';
  for (let i = 0; i < nibbles.length; i += 2) {
    const low = i + 1 < nibbles.length ? nibbles.charCodeAt(i + 1) : 0;
    packed += String.fromCharCode((nibbles.charCodeAt(i) << 4) | low);
  }
  return packed as Bytes; // two nibbles are below 256
}

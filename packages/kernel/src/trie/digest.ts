/**
 * The trie's digests: lazy, cached in each node, a function of the contents alone (T1).
 *
 *     bucket  H("tb")  count u8 ‖ (key ‖ valueDigest 32)*                      keys ascending
 *     branch  H("tn")  skipCount u8 ‖ skip nibbles packed, high first, pad 0
 *                      ‖ count u64be ‖ bitmap u16be ‖ childDigest 32*          children by nibble
 *
 * The empty trie is the empty bucket. The hashed count makes a total provable.
 *
 * A branch keeps the bytes that it hashed: its next version replaces the digests of the children that changed, and
 * never looks at the others, of which at 10⁶ keys each is a miss in the cache. (Buckets don't: it gained nothing.)
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { DIGEST_SIZE, taggedBytes, taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import type { Branch, Trie } from './trie.ts';

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
  trie.hashed = branchBytes(trie, valueDigest, sha256);
  trie.stale = 0;
  return (trie.digest = sha256(trie.hashed));
}

/**
 * Takes the digest in small steps, a trie node each, so that the caller may do other things between them. Afterwards
 * `trieDigest` has it at once, and that of a trie which differs little nearly so.
 */
export function* trieDigestSteps<V>(
  trie: Trie<V>,
  valueDigest: ValueDigest<V>,
  sha256: Sha256,
): Generator<void, void, undefined> {
  if (trie.digest !== null) return;
  if (!trie.leaf) for (const child of trie.children) yield* trieDigestSteps(child, valueDigest, sha256);
  trieDigest(trie, valueDigest, sha256);
  yield;
}

function branchBytes<V>(node: Branch<V>, valueDigest: ValueDigest<V>, sha256: Sha256): Bytes {
  const head = branchHead(node);
  const { children, hashed } = node;
  let childDigests = '';
  if (hashed === null) {
    for (const child of children) childDigests += trieDigest(child, valueDigest, sha256);
    return (head + childDigests) as Bytes; // bytes before digests
  }
  const start = head.length;
  let copied = start;
  for (let left = node.stale; left !== 0; left &= left - 1) {
    const index = 31 - Math.clz32(left & -left); // of the lowest bit
    const at = start + index * DIGEST_SIZE;
    childDigests += hashed.slice(copied, at) + trieDigest(children[index]!, valueDigest, sha256);
    copied = at + DIGEST_SIZE;
  }
  return (head + childDigests + hashed.slice(copied)) as Bytes; // bytes before digests
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
  return sha256((branchHead(head) + childDigests) as Bytes); // bytes before digests
}

/** A branch's bytes before its children's digests. Its length depends on that of the skipped run alone. */
function branchHead({ skip, count, bitmap }: BranchHead): Bytes {
  const shape = String.fromCharCode(skip.length) + packNibbles(skip) + numberToKey(count);
  return taggedBytes('tn', shape + String.fromCharCode(bitmap >> 8, bitmap & 255));
}

function packNibbles(nibbles: string): Bytes {
  let packed = '';
  for (let i = 0; i < nibbles.length; i += 2) {
    const low = i + 1 < nibbles.length ? nibbles.charCodeAt(i + 1) : 0;
    packed += String.fromCharCode((nibbles.charCodeAt(i) << 4) | low);
  }
  return packed as Bytes; // two nibbles are below 256
}

/**
 * The trie's digests: lazy, cached in each node, a function of the contents alone (T1).
 *
 *     bucket  H("tb")  count u8 ‖ (key ‖ valueDigest 32)*                      keys ascending
 *     branch  H("tn")  skipCount u8 ‖ skip nibbles packed, high first, pad 0
 *                      ‖ count u64be ‖ bitmap u16be ‖ childDigest 32*          children by nibble
 *
 * The empty trie is the empty bucket. The hashed count makes a total provable.
 *
 * A branch keeps the bytes that it hashed: its next version replaces the digests of the children that changed, and the
 * head if the count did. It never looks at the other children, of which at 10⁶ keys each is a miss in the cache. (Buckets
 * don't: it gained nothing.)
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { DIGEST_SIZE, taggedBytes, taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { keyToNumber, numberToKey } from '../bytes/number-key.ts';
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
  const { children, hashed } = node;
  if (hashed === null) {
    let whole: string = branchHead(node);
    for (const child of children) whole += trieDigest(child, valueDigest, sha256);
    return whole as Bytes; // bytes before digests
  }
  const start = headSize(node);
  const isHeadKept = countIn(hashed, start) === node.count; // the rest of it is the node's shape
  let bytes: string = isHeadKept ? '' : branchHead(node);
  let copied = isHeadKept ? 0 : start;
  for (let left = node.stale; left !== 0; left &= left - 1) {
    const index = 31 - Math.clz32(left & -left); // of the lowest bit
    const at = start + index * DIGEST_SIZE;
    bytes += hashed.slice(copied, at) + trieDigest(children[index]!, valueDigest, sha256);
    copied = at + DIGEST_SIZE;
  }
  return (bytes + hashed.slice(copied)) as Bytes; // bytes before digests
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

const COUNT_SIZE = 8;
const BITMAP_SIZE = 2;

/** A branch's bytes before its children's digests. */
function branchHead({ skip, count, bitmap }: BranchHead): Bytes {
  const shape = String.fromCharCode(skip.length) + packNibbles(skip) + numberToKey(count);
  return taggedBytes('tn', shape + String.fromCharCode(bitmap >> 8, bitmap & 255));
}

const HEAD_SIZE_MIN = branchHead({ skip: '', count: 0, bitmap: 0 }).length;

function headSize({ skip }: BranchHead): number {
  return HEAD_SIZE_MIN + Math.ceil(skip.length / 2);
}

/** The count that stands in a branch's bytes, whose head is so long. */
function countIn(bytes: Bytes, size: number): number {
  const end = size - BITMAP_SIZE;
  return keyToNumber(bytes.slice(end - COUNT_SIZE, end));
}

function packNibbles(nibbles: string): Bytes {
  let packed = '';
  for (let i = 0; i < nibbles.length; i += 2) {
    const low = i + 1 < nibbles.length ? nibbles.charCodeAt(i + 1) : 0;
    packed += String.fromCharCode((nibbles.charCodeAt(i) << 4) | low);
  }
  return packed as Bytes; // two nibbles are below 256
}

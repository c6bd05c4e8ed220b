/**
 * What a trie must agree with, written for clarity alone: its digest straight from the definition in
 * `docs/spec/trie.md`, and the difference of two maps. No node, no sharing, no cache.
 */
import assert from 'node:assert/strict';
import { BUCKET_MAX, compareBytes, hexToBytes, taggedHash, type Bytes, type Digest, type Sha256 } from '@jitos/kernel';

/** A table's entries as value digests by key. */
export type DigestByKey = ReadonlyMap<Bytes, Digest>;

/** The entries in key order. */
export function sortEntries<V>(map: ReadonlyMap<Bytes, V>): (readonly [Bytes, V])[] {
  return [...map].toSorted(([a], [b]) => compareBytes(a, b));
}

/** The digest of the trie that holds just these entries. */
export function naiveRoot(digestByKey: DigestByKey, sha256: Sha256): Digest {
  return subtreeDigest(sortEntries(digestByKey), 0, sha256);
}

type Entries = readonly (readonly [Bytes, Digest])[];

function subtreeDigest(entries: Entries, depth: number, sha256: Sha256): Digest {
  if (entries.length <= BUCKET_MAX) {
    return taggedHash('tb', String.fromCharCode(entries.length) + entries.flat().join(''), sha256);
  }
  const paths = entries.map(([key]) => nibblesOf(key));
  let at = depth;
  while (paths.every((path) => path[at] === paths[0]![at])) at += 1;
  const skip = paths[0]!.slice(depth, at);
  let bitmap = 0;
  let children = '';
  for (let nibble = 0; nibble < 16; nibble++) {
    const below = entries.filter((_, i) => paths[i]![at] === hex(nibble, 1));
    if (below.length === 0) continue;
    bitmap |= 1 << nibble;
    children += subtreeDigest(below, at + 1, sha256);
  }
  const head =
    hex(skip.length, 2) + skip + (skip.length % 2 === 0 ? '' : '0') + hex(entries.length, 16) + hex(bitmap, 4);
  const headBytes = hexToBytes(head);
  assert.ok(headBytes !== undefined);
  return taggedHash('tn', headBytes + children, sha256);
}

/** One hex digit a nibble. */
function nibblesOf(key: Bytes): string {
  return Buffer.from(key, 'latin1').toString('hex');
}

function hex(value: number, digits: number): string {
  return value.toString(16).padStart(digits, '0');
}

/** One entry of a difference: absent is undefined. */
export interface NaiveChange<V> {
  readonly key: Bytes;
  readonly before: V | undefined;
  readonly after: V | undefined;
}

/** What differs between two maps, in key order. */
export function naiveDiff<V>(before: ReadonlyMap<Bytes, V>, after: ReadonlyMap<Bytes, V>): NaiveChange<V>[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].toSorted(compareBytes);
  return keys
    .map((key) => ({ key, before: before.get(key), after: after.get(key) }))
    .filter((change) => change.before !== change.after);
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { bytesToHex } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { innerHash, leafHash } from './tree.ts';
import { headOf, proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './tree-proof.ts';

const FILE = new URL('../../../../testdata/golden/v1/rfc6962/tree.json', import.meta.url);
const { leaves } = JSON.parse(readFileSync(FILE, 'utf8')) as { readonly leaves: readonly string[] }; // the file is ours
const hashes = leaves.map((leaf) => leafHash(mustGetBytes(leaf), sha256));

function hashAt(level: number, index: number): Digest {
  if (level === 0) return hashes[index]!;
  return innerHash(hashAt(level - 1, 2 * index), hashAt(level - 1, 2 * index + 1), sha256);
}

const hex = (path: readonly Digest[]): string[] => path.map((digest) => bytesToHex(digest).slice(0, 8));

/** The paths that the tests of Certificate Transparency's first implementation list for this tree. */
const INCLUSION: readonly (readonly [index: number, size: number, path: readonly string[]])[] = [
  [0, 1, []],
  [0, 8, ['96a296d2', '5f083f0a', '6b47aaf2']],
  [5, 8, ['bc1a0643', 'ca854ea1', 'd37ee418']],
  [2, 3, ['fac54203']],
  [1, 5, ['6e340b9c', '5f083f0a', 'bc1a0643']],
];

const CONSISTENCY: readonly (readonly [oldSize: number, size: number, path: readonly string[]])[] = [
  [1, 1, []],
  [1, 8, ['96a296d2', '5f083f0a', '6b47aaf2']],
  [6, 8, ['0ebc5d34', 'ca854ea1', 'd37ee418']],
  [2, 5, ['5f083f0a', 'bc1a0643']],
];

for (const [index, size, path] of INCLUSION) {
  test(`the known path of leaf ${index} in a tree of ${size} is made, and holds`, () => {
    const made = proveInclusion(index, size, hashAt, sha256);
    assert.deepEqual(hex(made), path);
    const head = headOf(size, hashAt, sha256);
    assert.ok(verifyInclusion({ index, leaf: hashes[index]!, size, head }, made, sha256));
  });
}

for (const [oldSize, size, path] of CONSISTENCY) {
  test(`the known path from a tree of ${oldSize} to one of ${size} is made, and holds`, () => {
    const made = proveConsistency(oldSize, size, hashAt, sha256);
    assert.deepEqual(hex(made), path);
    const statement = {
      oldSize,
      oldHead: headOf(oldSize, hashAt, sha256),
      size,
      head: headOf(size, hashAt, sha256),
    };
    assert.ok(verifyConsistency(statement, made, sha256));
  });
}

test('any history continues the empty one, whose head is the hash of nothing', () => {
  const statement = { oldSize: 0, oldHead: sha256(new Uint8Array(0)), size: 8, head: headOf(8, hashAt, sha256) };
  assert.ok(verifyConsistency(statement, [], sha256));
  assert.ok(!verifyConsistency({ ...statement, oldHead: hashes[0]! }, [], sha256));
});

test('a tree past 2³² leaves is proved without losing a bit', () => {
  // Every leaf the same, so that a complete subtree's hash depends on its level alone.
  const levels: Digest[] = [hashes[0]!];
  for (let level = 1; level <= 53; level++) levels.push(innerHash(levels[level - 1]!, levels[level - 1]!, sha256));
  const same = (level: number): Digest => levels[level]!;
  const size = 2 ** 40 + 12_345;
  const head = headOf(size, same, sha256);
  for (const index of [0, 2 ** 33 + 1, 2 ** 40, size - 1]) {
    const path = proveInclusion(index, size, same, sha256);
    assert.ok(verifyInclusion({ index, leaf: hashes[0]!, size, head }, path, sha256), `leaf ${index}`);
  }
  const oldSize = 2 ** 39 + 7;
  const path = proveConsistency(oldSize, size, same, sha256);
  assert.ok(verifyConsistency({ oldSize, oldHead: headOf(oldSize, same, sha256), size, head }, path, sha256));
});

/** The contract of the tree hashes port: one suite, which every adapter passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { TreeHashes } from '@jitos/daemon/ports/tree-hashes.ts';
import { innerHash, leafHash, type Bytes, type Digest } from '@jitos/kernel';
import * as fc from 'fast-check';
import { nodeSha256 as sha256 } from './kernel/node-sha256.ts';

/** Leaf `index` of the tree that the suite uses. */
export function sampleLeaf(index: number): Digest {
  return leafHash(`leaf ${index}` as Bytes, sha256); // ASCII
}

export function sampleLeaves(from: number, to: number): Digest[] {
  return Array.from({ length: to - from }, (_, i) => sampleLeaf(from + i));
}

/** A subtree's hash by its definition. */
export function naiveSubtree(level: number, index: number): Digest {
  if (level === 0) return sampleLeaf(index);
  return innerHash(naiveSubtree(level - 1, 2 * index), naiveSubtree(level - 1, 2 * index + 1), sha256);
}

/** Declares the suite for one adapter. `makeHashes` makes empty ones; the suite closes them. */
export function treeHashesContract(name: string, makeHashes: () => TreeHashes): void {
  describe(`${name} keeps the tree hashes contract`, () => {
    test('every complete subtree has its hash, however the leaves came', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.nat(40), { maxLength: 8 }), async (counts) => {
          const hashes = makeHashes();
          let length = 0;
          for (const count of counts) {
            hashes.append(sampleLeaves(length, length + count));
            length += count;
            assert.equal(hashes.length, length);
          }
          for (let level = 0; 2 ** level <= length; level++) {
            for (let index = 0; (index + 1) * 2 ** level <= length; index++) {
              assert.equal(hashes.hashAt(level, index), naiveSubtree(level, index), `${index} of level ${level}`);
            }
          }
          await hashes.close();
        }),
        { numRuns: 30 },
      );
    });

    test('a subtree that is not complete is a bug to ask for', async () => {
      const hashes = makeHashes();
      assert.throws(() => hashes.hashAt(0, 0), /T2/);
      hashes.append(sampleLeaves(0, 7));
      for (const [level, index] of [
        [0, 7],
        [1, 3],
        [2, 1],
        [3, 0],
        [0, -1],
        [-1, 0],
        [0.5, 0],
        [0, 0.5],
      ] as const) {
        assert.throws(() => hashes.hashAt(level, index), /T2/, `${index} of level ${level}`);
      }
      assert.equal(hashes.hashAt(2, 0), naiveSubtree(2, 0));
      await hashes.close();
    });

    test('what was cleared is forgotten, and other leaves take its place', async () => {
      const hashes = makeHashes();
      hashes.append(sampleLeaves(100, 170));
      hashes.clear();
      assert.equal(hashes.length, 0);
      assert.throws(() => hashes.hashAt(0, 0), /T2/);
      hashes.append(sampleLeaves(0, 66));
      assert.equal(hashes.hashAt(6, 0), naiveSubtree(6, 0));
      assert.equal(hashes.hashAt(0, 65), sampleLeaf(65));
      await hashes.close();
      await hashes.close();
    });

    test('a long tree is answered from its beginning as from its end', async () => {
      const hashes = makeHashes();
      hashes.append(sampleLeaves(0, 20_000));
      for (const [level, index] of [
        [0, 0],
        [0, 19_999],
        [3, 1],
        [8, 0],
        [8, 77],
        [9, 38],
        [14, 0],
      ] as const) {
        assert.equal(hashes.hashAt(level, index), naiveSubtree(level, index), `${index} of level ${level}`);
      }
      await hashes.close();
    });
  });
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { utf8 } from '@jitos/testkit/world/make-ops.ts';
import { bytesToHex, type Bytes } from '../bytes/byte-string.ts';
import { appendLeaf, EMPTY_TREE, leafHash, treeHead, type HistoryTree } from './tree.ts';

interface Vectors {
  readonly leaves: readonly string[];
  /** `roots[n]` is that of the first n leaves. */
  readonly roots: readonly string[];
}

const FILE = new URL('../../../../testdata/golden/v1/rfc6962/tree.json', import.meta.url);
const vectors = JSON.parse(readFileSync(FILE, 'utf8')) as Vectors; // the file is ours

function treeOf(leaves: readonly Bytes[]): HistoryTree {
  return leaves.reduce((tree, leaf) => appendLeaf(tree, leafHash(leaf, sha256), sha256), EMPTY_TREE);
}

test("the heads of RFC 6962's test tree, for each of its sizes", () => {
  const leaves = vectors.leaves.map(mustGetBytes);
  assert.equal(vectors.roots.length, 9);
  vectors.roots.forEach((root, size) => {
    assert.equal(bytesToHex(treeHead(treeOf(leaves.slice(0, size)), sha256)), root, `of ${size} leaves`);
  });
});

test('the edge holds one root a set bit of the size, and appending leaves the old tree as it was', () => {
  let tree = EMPTY_TREE;
  for (let size = 1; size <= 70; size++) {
    const before = JSON.stringify(tree);
    const next = appendLeaf(tree, leafHash(utf8(`${size}`), sha256), sha256);
    assert.equal(JSON.stringify(tree), before);
    assert.equal(next.size, size);
    assert.equal(next.edge.length, size.toString(2).replaceAll('0', '').length);
    tree = next;
  }
});

import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { utf8 } from '@jitos/testkit/world/make-ops.ts';
import * as fc from 'fast-check';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { appendLeaf, EMPTY_TREE, innerHash, leafHash, treeHead, type HistoryTree } from './tree.ts';

function treeOf(leaves: readonly Bytes[]): HistoryTree {
  return leaves.reduce((tree, leaf) => appendLeaf(tree, leafHash(leaf, sha256), sha256), EMPTY_TREE);
}

/** RFC 6962, section 2.1, as it is written. */
function merkleTreeHash(leaves: readonly Bytes[]): Digest {
  const [first] = leaves;
  if (first === undefined) return sha256('' as Bytes); // no bytes
  if (leaves.length === 1) return leafHash(first, sha256);
  let split = 1;
  while (split * 2 < leaves.length) split *= 2;
  return innerHash(merkleTreeHash(leaves.slice(0, split)), merkleTreeHash(leaves.slice(split)), sha256);
}

law('the head is the one that the RFC defines by recursion', {
  inputs: fc.nat(200),
  runs: 50,
  holds: (size) => {
    const leaves = Array.from({ length: size }, (_, i) => utf8(`leaf ${i}`));
    assert.equal(treeHead(treeOf(leaves), sha256), merkleTreeHash(leaves));
  },
});

/** Laws of the tree's proofs: the truth is accepted, anything else refused. */
import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import * as fc from 'fast-check';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { innerHash, leafHash } from './tree.ts';
import { headOf, proveConsistency, proveInclusion, verifyConsistency, verifyInclusion } from './tree-proof.ts';

const leafAt = (index: number): Digest => leafHash(`leaf ${index}` as Bytes, sha256); // ASCII

/** The head by its definition (RFC 6962 §2.1). */
function naiveHead(begin: number, end: number): Digest {
  if (end === begin) return sha256(new Uint8Array(0));
  if (end - begin === 1) return leafAt(begin);
  const split = 2 ** Math.floor(Math.log2(end - begin - 1));
  return innerHash(naiveHead(begin, begin + split), naiveHead(begin + split, end), sha256);
}

const hashAt = (level: number, index: number): Digest => naiveHead(index * 2 ** level, (index + 1) * 2 ** level);

const changed = (digest: Digest, where: number): Digest => {
  const at = where % digest.length;
  return (digest.slice(0, at) + String.fromCharCode(digest.charCodeAt(at) ^ 1) + digest.slice(at + 1)) as Digest; // 32 bytes still
};

const anyTree = fc.integer({ min: 1, max: 130 });

law('the head that is made of subtrees is that of the definition', {
  inputs: anyTree,
  runs: 130,
  holds: (size) => assert.equal(headOf(size, hashAt, sha256), naiveHead(0, size)),
});

law('an inclusion proof holds for its leaf, its place and its tree, and for nothing else', {
  inputs: fc.tuple(anyTree, fc.nat(), fc.nat(), fc.nat()),
  runs: 300,
  holds: ([size, which, where, step]) => {
    const index = which % size;
    const statement = { index, leaf: leafAt(index), size, head: naiveHead(0, size) };
    const path = proveInclusion(index, size, hashAt, sha256);
    assert.ok(verifyInclusion(statement, path, sha256));
    assert.ok(path.length <= Math.ceil(Math.log2(size)));
    for (const wrong of [
      { ...statement, leaf: changed(statement.leaf, where) },
      { ...statement, head: changed(statement.head, where) },
      { ...statement, index: size },
      { ...statement, index: -1 },
      { ...statement, index: 0.5 },
    ]) {
      assert.ok(!verifyInclusion(wrong, path, sha256));
    }
    if (size > 1) assert.ok(!verifyInclusion({ ...statement, index: (index + 1) % size }, path, sha256));
    assert.ok(!verifyInclusion(statement, [...path, statement.leaf], sha256));
    if (path.length === 0) return;
    const at = step % path.length;
    assert.ok(!verifyInclusion(statement, path.with(at, changed(path[at]!, where)), sha256));
    assert.ok(!verifyInclusion(statement, path.toSpliced(at, 1), sha256));
  },
});

law('a consistency proof holds for its two trees, and for nothing else', {
  inputs: fc.tuple(anyTree, fc.nat(), fc.nat(), fc.nat()),
  runs: 300,
  holds: ([size, which, where, step]) => {
    const oldSize = which % (size + 1);
    const statement = { oldSize, oldHead: naiveHead(0, oldSize), size, head: naiveHead(0, size) };
    const path = proveConsistency(oldSize, size, hashAt, sha256);
    assert.ok(verifyConsistency(statement, path, sha256));
    assert.ok(!verifyConsistency({ ...statement, oldHead: changed(statement.oldHead, where) }, path, sha256));
    // Nothing binds the head that continues the empty history.
    if (oldSize > 0)
      assert.ok(!verifyConsistency({ ...statement, head: changed(statement.head, where) }, path, sha256));
    assert.ok(!verifyConsistency({ ...statement, oldSize: size + 1 }, path, sha256));
    assert.ok(!verifyConsistency(statement, [...path, statement.head], sha256));
    if (path.length === 0) return;
    const at = step % path.length;
    assert.ok(!verifyConsistency(statement, path.with(at, changed(path[at]!, where)), sha256));
    assert.ok(!verifyConsistency(statement, path.toSpliced(at, 1), sha256));
  },
});

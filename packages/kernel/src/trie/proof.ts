/**
 * Proofs that a trie holds a value under a key, or holds nothing there.
 *
 * A proof is the nodes on the key's path, as their hashed contents. The verifier takes root, key and expected value
 * digest from the *statement*, never from the proof, recomputes each hash from the root down, and refuses whatever a
 * canonical trie can't contain:
 *
 * - P1 a bucket's keys are strictly ascending, lie on the path, and are at most `BUCKET_MAX`;
 * - P2 a branch counts more than `BUCKET_MAX` entries and its bitmap names exactly its children, at least two;
 * - P3 only the root may be empty; no path is deeper than the key is wide.
 *
 * Size: at most 16 digests a level; O(log n) levels.
 */
import { isBytes, type Bytes } from '../bytes/byte-string.ts';
import { DIGEST_SIZE, type Digest, type Sha256 } from '../bytes/digest.ts';
import { hashBranch, hashBucket, trieDigest, type ValueDigest } from './digest.ts';
import { BUCKET_MAX, bitCount16, childIndex, nibbleAt, type Trie } from './trie.ts';
import { compareSkip } from './walk.ts';

export interface BranchStep {
  readonly leaf: false;
  /** One character a nibble. */
  readonly skip: string;
  readonly count: number;
  readonly bitmap: number;
  /** In order of their nibbles; at most 16. */
  readonly childDigests: readonly Digest[];
}

export interface BucketStep {
  readonly leaf: true;
  readonly keys: readonly Bytes[];
  readonly valueDigests: readonly Digest[];
}

/** From the root down. The last step shows the value, or why there is none. */
export type TrieProof = readonly (BranchStep | BucketStep)[];

/** What is claimed: under `key` stands a value with this digest, or nothing (null). */
export interface TrieStatement {
  readonly root: Digest;
  readonly key: Bytes;
  readonly valueDigest: Digest | null;
}

/** Proves what stands under `key`. Takes missing digests on the way. */
export function trieProve<V>(trie: Trie<V>, key: Bytes, valueDigest: ValueDigest<V>, sha256: Sha256): TrieProof {
  const steps: (BranchStep | BucketStep)[] = [];
  let node = trie;
  let depth = 0;
  while (!node.leaf) {
    const { skip, count, bitmap } = node;
    const childDigests = node.children.map((child) => trieDigest(child, valueDigest, sha256));
    steps.push({ leaf: false, skip, count, bitmap, childDigests });
    if (compareSkip(key, depth, skip) !== 0) return steps;
    depth += skip.length;
    const nibble = nibbleAt(key, depth);
    if ((bitmap & (1 << nibble)) === 0) return steps;
    node = node.children[childIndex(bitmap, nibble)]!;
    depth += 1;
  }
  const valueDigests = node.values.map((value) => valueDigest(value, sha256));
  steps.push({ leaf: true, keys: node.keys, valueDigests });
  return steps;
}

/** True if the proof shows the statement. Never throws, whatever the proof holds. O(size of the proof). */
export function trieVerify(statement: TrieStatement, proof: TrieProof, sha256: Sha256): boolean {
  const { key } = statement;
  const depthMax = key.length * 2;
  let expected = statement.root;
  let depth = 0;
  for (let i = 0; i < proof.length; i++) {
    const step = proof[i]!;
    const isLast = i === proof.length - 1;
    if (step.leaf) {
      if (!isLast || !bucketHolds(step, key, depth, i === 0)) return false;
      return hashEntries(step, sha256) === expected && shows(step, statement);
    }
    if (!branchHolds(step, depth, depthMax)) return false;
    if (hashBranch(step, step.childDigests.join(''), sha256) !== expected) return false;
    if (compareSkip(key, depth, step.skip) !== 0) return isLast && statement.valueDigest === null;
    depth += step.skip.length;
    const nibble = nibbleAt(key, depth);
    if ((step.bitmap & (1 << nibble)) === 0) return isLast && statement.valueDigest === null;
    expected = step.childDigests[childIndex(step.bitmap, nibble)]!;
    depth += 1;
  }
  return false;
}

function shows(step: BucketStep, statement: TrieStatement): boolean {
  const at = step.keys.indexOf(statement.key);
  return statement.valueDigest === null ? at < 0 : at >= 0 && step.valueDigests[at] === statement.valueDigest;
}

function bucketHolds(step: BucketStep, key: Bytes, depth: number, isRoot: boolean): boolean {
  const { keys, valueDigests } = step;
  if (keys.length > BUCKET_MAX || keys.length !== valueDigests.length) return false;
  if (keys.length === 0) return isRoot;
  for (let i = 0; i < keys.length; i++) {
    const each = keys[i]!;
    if (each.length !== key.length || valueDigests[i]!.length !== DIGEST_SIZE) return false;
    if (!isBytes(each) || !isBytes(valueDigests[i]!)) return false;
    if (i > 0 && keys[i - 1]! >= each) return false;
    for (let at = 0; at < depth; at++) if (nibbleAt(each, at) !== nibbleAt(key, at)) return false;
  }
  return true;
}

function branchHolds(step: BranchStep, depth: number, depthMax: number): boolean {
  const { skip, count, bitmap, childDigests } = step;
  if (depth + skip.length >= depthMax || !Number.isSafeInteger(count) || count <= BUCKET_MAX) return false;
  for (let i = 0; i < skip.length; i++) if (skip.charCodeAt(i) > 15) return false;
  if (!Number.isInteger(bitmap) || bitmap < 0 || bitmap > 0xffff) return false;
  if (childDigests.length < 2 || childDigests.length !== bitCount16(bitmap)) return false;
  return childDigests.every((digest) => digest.length === DIGEST_SIZE && isBytes(digest));
}

function hashEntries(step: BucketStep, sha256: Sha256): Digest {
  let entries = '';
  for (let i = 0; i < step.keys.length; i++) entries += step.keys[i]! + step.valueDigests[i]!;
  return hashBucket(step.keys.length, entries, sha256);
}

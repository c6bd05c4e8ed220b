import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { proofForgeries } from '@jitos/testkit/kernel/proof-forgery.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { numberToKey } from '../bytes/number-key.ts';
import { hashBranch, hashBucket, trieDigest } from './digest.ts';
import { trieProve, trieVerify, type BranchStep, type BucketStep, type TrieProof } from './proof.ts';
import { beginEdits, BUCKET_MAX, childIndex, emptyTrie, nibbleAt, triePut, type Trie } from './trie.ts';

const digestOf = (text: string): Digest => nodeSha256(text as Bytes); // the callers pass ASCII
const valueDigest = (value: string): Digest => digestOf(value);

/** A trie of `count` entries under hashed keys: as a table of ids is. */
function tableOf(count: number): Trie<string> {
  const session = beginEdits();
  let trie: Trie<string> = emptyTrie();
  for (let i = 0; i < count; i++) trie = triePut(trie, digestOf(String(i)), `v${i}`, session);
  return trie;
}

/** Whether the trie's own proof for `key` shows the claim. */
function isShown(trie: Trie<string>, key: Bytes, claim: string | null): boolean {
  const proof = trieProve(trie, key, valueDigest, nodeSha256);
  const root = trieDigest(trie, valueDigest, nodeSha256);
  return trieVerify({ root, key, valueDigest: claim === null ? null : digestOf(claim) }, proof, nodeSha256);
}

for (const size of [0, 1, 2, 16, 17, 300, 5000]) {
  test(`what a trie of ${size} holds is shown, and what it doesn't hold is shown absent`, () => {
    const trie = tableOf(size);
    for (let i = 0; i < size; i += Math.ceil(size / 50)) {
      assert.ok(isShown(trie, digestOf(String(i)), `v${i}`));
      assert.ok(!isShown(trie, digestOf(String(i)), `v${i + 1}`), 'another value');
      assert.ok(!isShown(trie, digestOf(String(i)), null), 'absent');
    }
    for (let i = size; i < size + 50; i++) {
      assert.ok(isShown(trie, digestOf(String(i)), null));
      assert.ok(!isShown(trie, digestOf(String(i)), `v${i}`));
    }
  });
}

for (const [size, number] of [
  [1, 0],
  [16, 3],
  [17, 3],
  [300, 7],
  [300, 999],
  [5000, 123],
  [5000, 9999],
] as const) {
  test(`no change of a proof from a trie of ${size} for "${number}" holds, byte by byte`, () => {
    const trie = tableOf(size);
    const key = digestOf(String(number));
    const root = trieDigest(trie, valueDigest, nodeSha256);
    const statement = { root, key, valueDigest: number < size ? digestOf(`v${number}`) : null };
    const proof = trieProve(trie, key, valueDigest, nodeSha256);
    assert.ok(trieVerify(statement, proof, nodeSha256));
    let tried = 0;
    for (const mask of [0x01, 0x80, 0xff]) {
      for (const { change, proof: forged } of proofForgeries(proof, mask)) {
        assert.ok(!trieVerify(statement, forged, nodeSha256), change);
        tried += 1;
      }
    }
    assert.ok(tried > 200, `only ${tried} forgeries`);
  });
}

test('absence is shown by a bucket, by an empty slot and by a mismatch inside a skip', () => {
  const prefix = 'ab'.repeat(6);
  let trie: Trie<string> = emptyTrie();
  for (let i = 0; i < 17; i++)
    trie = triePut(trie, mustGetBytes(`${prefix}00${(i * 3).toString(16).padStart(2, '0')}`), 'v', null);
  const lastStepOf = (hex: string): BranchStep | BucketStep => {
    assert.ok(isShown(trie, mustGetBytes(hex), null), hex);
    return trieProve(trie, mustGetBytes(hex), valueDigest, nodeSha256).at(-1)!;
  };
  assert.equal(lastStepOf(`${prefix}0001`).leaf, true);
  assert.equal(lastStepOf(`${prefix}00f0`).leaf, false);
  assert.equal(lastStepOf(`${prefix.slice(0, -1)}00000`).leaf, false);
});

test('a proof is a copy: later edits in the same session do not reach it', () => {
  const session = beginEdits();
  let trie = triePut(emptyTrie<string>(), numberToKey(1), 'v1', session);
  const root = trieDigest(trie, valueDigest, nodeSha256);
  const proof = trieProve(trie, numberToKey(1), valueDigest, nodeSha256);
  trie = triePut(trie, numberToKey(2), 'v2', session);
  assert.ok(trieVerify({ root, key: numberToKey(1), valueDigest: digestOf('v1') }, proof, nodeSha256));
});

/*
 * From here on proofs made by hand. Each hashes to the root it is verified against, as if a trie had been built by other
 * rules, so only the rule it breaks can refuse it.
 */

const VALUE = digestOf('value');
const OTHER = digestOf('other');

const bucket = (...keys: string[]): BucketStep => ({
  leaf: true,
  keys: keys.map(mustGetBytes),
  valueDigests: keys.map(() => VALUE),
});

/** A branch over the two lowest slots, unless told otherwise. */
const branch = (parts: Partial<BranchStep> = {}): BranchStep => ({
  leaf: false,
  skip: '',
  count: BUCKET_MAX + 1,
  bitmap: 0b11,
  childDigests: [OTHER, OTHER],
  ...parts,
});

interface Sealed {
  readonly root: Digest;
  readonly proof: TrieProof;
}

/** Puts each step's hash where `key` leads in the step above, and takes the uppermost as the root. */
function seal(key: Bytes, steps: readonly (BranchStep | BucketStep)[]): Sealed {
  const proof: (BranchStep | BucketStep)[] = [];
  let below: Digest | null = null;
  let depth = steps.reduce((sum, step) => sum + (step.leaf ? 0 : step.skip.length + 1), 0);
  for (const step of steps.toReversed()) {
    if (step.leaf) {
      const entries = step.keys.map((each, i) => each + step.valueDigests[i]!).join('');
      proof.unshift(step);
      below = hashBucket(step.keys.length, entries, nodeSha256);
      continue;
    }
    depth -= step.skip.length + 1;
    const index = childIndex(step.bitmap, nibbleAt(key, depth + step.skip.length));
    const childDigests: readonly Digest[] =
      below === null || index >= step.childDigests.length ? step.childDigests : step.childDigests.with(index, below);
    proof.unshift({ ...step, childDigests });
    below = hashBranch(step, childDigests.join(''), nodeSha256);
  }
  assert.ok(below !== null);
  return { root: below, proof };
}

/** Whether the sealed steps show `claim` (VALUE if not said) under the key. */
function sealedShows(
  keyHex: string,
  steps: readonly (BranchStep | BucketStep)[],
  claim: Digest | null = VALUE,
): boolean {
  const key = mustGetBytes(keyHex);
  const { root, proof } = seal(key, steps);
  return trieVerify({ root, key, valueDigest: claim }, proof, nodeSha256);
}

/** 17 different two-byte keys below 0x0200. */
const SEVENTEEN = Array.from({ length: 17 }, (_, i) => `01${i.toString(16).padStart(2, '0')}`);

test('hand-made steps that break no rule are accepted', () => {
  assert.ok(sealedShows('0100', [bucket('0100')]));
  assert.ok(sealedShows('0100', [bucket(...SEVENTEEN.slice(0, 16))]));
  assert.ok(sealedShows('1200', [branch(), bucket('1100', '1200')]));
  assert.ok(sealedShows('1210', [branch(), branch({ skip: '\u0002' }), bucket('1210')]));
  assert.ok(sealedShows('2000', [branch()], null));
  assert.ok(sealedShows('0100', [branch({ skip: '\u0001' })], null));
  assert.ok(sealedShows('0100', [bucket()], null));
});

test('P1: a bucket over its bound is refused', () => {
  assert.ok(!sealedShows('0100', [bucket(...SEVENTEEN)]));
  assert.ok(!sealedShows('0200', [bucket(...SEVENTEEN)], null));
});

test('P1: keys that do not ascend are refused', () => {
  assert.ok(!sealedShows('0100', [bucket('0200', '0100')]));
  assert.ok(!sealedShows('0300', [bucket('0200', '0100')], null));
});

test('P1: a key that stands twice, with two values, is refused', () => {
  const twice: BucketStep = { ...bucket('0100', '0100'), valueDigests: [VALUE, OTHER] };
  assert.ok(!sealedShows('0100', [twice]));
  assert.ok(!sealedShows('0100', [twice], OTHER));
});

test('P1: a bucket with a key off its path is refused, even to show another key absent', () => {
  assert.ok(!sealedShows('1100', [branch(), bucket('0100', '1100')]));
  assert.ok(!sealedShows('1300', [branch(), bucket('1100', '2100')], null));
  assert.ok(!sealedShows('1100', [branch(), bucket('0100')], null));
  assert.ok(!sealedShows('1210', [branch(), branch({ skip: '\u0002' }), bucket('1010', '1210')]), 'off inside a skip');
});

test('P1: a bucket with a key of another width is refused', () => {
  assert.ok(!sealedShows('0100', [bucket('0100', '010000')]));
  assert.ok(!sealedShows('0100', [bucket('01')], null));
});

test('P1: as many value digests as keys, each of 32 bytes', () => {
  assert.ok(!sealedShows('0100', [{ ...bucket('0100'), valueDigests: [] }]));
  assert.ok(!sealedShows('0100', [{ ...bucket('0100'), valueDigests: [VALUE, OTHER] }]));
  const short = VALUE.slice(1) as Digest; // wrong on purpose
  assert.ok(!sealedShows('0100', [{ ...bucket('0100'), valueDigests: [short] }], short));
});

test('P1: bytes moved between a key and its digest are refused', () => {
  const key = mustGetBytes('0100');
  const shifted: BucketStep = {
    leaf: true,
    keys: [(key + VALUE[0]) as Bytes],
    valueDigests: [VALUE.slice(1) as Digest],
  }; // wrong on purpose
  const { root } = seal(key, [bucket('0100')]);
  assert.ok(!trieVerify({ root, key, valueDigest: VALUE }, [shifted], nodeSha256));
});

test('P2: a branch over no more than a bucket is refused', () => {
  assert.ok(!sealedShows('1100', [branch({ count: BUCKET_MAX }), bucket('1100')]));
  assert.ok(!sealedShows('1100', [branch(), branch({ skip: '\u0001', count: BUCKET_MAX }), bucket('1100')]));
  assert.ok(!sealedShows('2000', [branch({ count: 0 })], null));
});

test('P2: a bitmap that does not name just the children is refused', () => {
  const step = bucket('1100');
  assert.ok(!sealedShows('1100', [branch({ bitmap: 0b111 }), step]));
  assert.ok(!sealedShows('1100', [branch({ childDigests: [OTHER, OTHER, OTHER] }), step]));
  assert.ok(!sealedShows('1100', [branch({ bitmap: 0b10, childDigests: [OTHER] }), step]), 'one child only');
  assert.ok(!sealedShows('1100', [branch({ bitmap: 0, childDigests: [] })], null), 'no child');
  assert.ok(!sealedShows('1100', [branch({ bitmap: 0b1_0000_0000_0000_0011 }), step]), 'a seventeenth slot');
  assert.ok(!sealedShows('2000', [branch({ bitmap: 0b101, childDigests: [OTHER] })], null));
});

test('P2: a child digest of another length is refused', () => {
  const short = OTHER.slice(1) as Digest; // wrong on purpose
  assert.ok(!sealedShows('2000', [branch({ childDigests: [short, OTHER] })], null));
});

test('P3: an empty bucket anywhere but at the root is refused', () => {
  assert.ok(!sealedShows('1100', [branch(), bucket()], null));
});

test('P3: a path deeper than the key is wide is refused', () => {
  const deepest = branch({ skip: '\u0001\u0001\u0000' });
  assert.ok(sealedShows('1100', [deepest, bucket('1100')]), 'the last nibble may split');
  const deeper = branch({ skip: '\u0001\u0001\u0000\u0000' });
  assert.ok(!sealedShows('1100', [deeper, bucket('1100')]));
  assert.ok(!sealedShows('1100', [deeper], null));
  assert.ok(!sealedShows('1100', [deepest, branch(), bucket('1100')]));
  assert.ok(!sealedShows('1110', [branch({ skip: '\u0001\u0001\u0000' }), branch()], null));
});

test('a nibble of a skip is below 16: one that hashes alike can not hide a key', () => {
  const key = mustGetBytes('0110');
  const { root, proof } = seal(key, [branch({ skip: '\u0000\u0001' }), bucket('0110')]);
  assert.ok(trieVerify({ root, key, valueDigest: VALUE }, proof, nodeSha256));
  const [first] = proof;
  assert.ok(first !== undefined && !first.leaf);
  for (const skip of ['\u0010\u0001', '\u0100\u0001', '\u0000\u0011', '\u0000\u0101', '\u0010\u0011']) {
    assert.ok(!trieVerify({ root, key, valueDigest: null }, [{ ...first, skip }], nodeSha256), JSON.stringify(skip));
  }
});

test('a proof ends where it shows something, neither before nor after', () => {
  const key = mustGetBytes('1100');
  const { root, proof } = seal(key, [branch(), bucket('1100')]);
  const statement = { root, key, valueDigest: VALUE };
  assert.ok(trieVerify(statement, proof, nodeSha256));
  assert.ok(!trieVerify(statement, [], nodeSha256));
  assert.ok(
    !trieVerify({ ...statement, valueDigest: null }, proof.slice(0, 1), nodeSha256),
    'the branch has that child',
  );
  assert.ok(!trieVerify(statement, [...proof, bucket('1100')], nodeSha256));
  assert.ok(!trieVerify({ root: digestOf('x'), key, valueDigest: null }, [], nodeSha256));
  const open = seal(mustGetBytes('2000'), [branch()]);
  const absent = { root: open.root, key: mustGetBytes('2000'), valueDigest: null };
  assert.ok(trieVerify(absent, open.proof, nodeSha256));
  assert.ok(!trieVerify(absent, [...open.proof, bucket()], nodeSha256));
});

test('an empty slot or a parted skip shows absence, never presence', () => {
  assert.ok(!sealedShows('2000', [branch()]));
  assert.ok(!sealedShows('0100', [branch({ skip: '\u0001' })]));
  assert.ok(!sealedShows('0100', [bucket()]));
});

test('the value of a neighbour is not the value', () => {
  const step: BucketStep = { ...bucket('0100', '0200'), valueDigests: [VALUE, OTHER] };
  assert.ok(sealedShows('0100', [step]));
  assert.ok(!sealedShows('0200', [step]));
  assert.ok(sealedShows('0200', [step], OTHER));
});

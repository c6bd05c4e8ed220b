import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { keyToNumber, numberToKey } from '../bytes/number-key.ts';
import { trieDiff, trieDiffAfter } from './diff.ts';
import { trieDigest } from './digest.ts';
import { beginEdits, BUCKET_MAX, emptyTrie, triePut, trieRemove, type Trie } from './trie.ts';

type Change = readonly [number: number, before: string | undefined, after: string | undefined];

function trieOf(numbers: readonly number[]): Trie<string> {
  const session = beginEdits();
  return numbers.reduce<Trie<string>>(
    (grown, each) => triePut(grown, numberToKey(each), `v${each}`, session),
    emptyTrie(),
  );
}

const upTo = (count: number): number[] => Array.from({ length: count }, (_, i) => i);

/** The changes, and how many pairs of values were compared. */
function diffOf(before: Trie<string>, after: Trie<string>): { changes: Change[]; compared: number } {
  const changes: Change[] = [];
  let compared = 0;
  const same = (a: string, b: string): boolean => {
    compared += 1;
    return a === b;
  };
  trieDiff(before, after, same, (key, was, is) => changes.push([keyToNumber(key), was, is]));
  return { changes, compared };
}

function takeDigest(trie: Trie<string>): void {
  trieDigest(trie, (value, sha256) => sha256(value as Bytes), nodeSha256); // ASCII
}

test('a trie does not differ from itself or from its equal', () => {
  assert.deepEqual(diffOf(trieOf(upTo(50)), trieOf(upTo(50))).changes, []);
  assert.deepEqual(diffOf(emptyTrie(), emptyTrie()).changes, []);
  const trie = trieOf(upTo(50));
  assert.deepEqual(diffOf(trie, trie), { changes: [], compared: 0 });
});

test('changes come in key order: what was added, changed and removed', () => {
  const before = trieOf(upTo(50));
  const removed = trieRemove(before, numberToKey(3), null);
  const changed = triePut(removed, numberToKey(20), 'other', null);
  const after = triePut(changed, numberToKey(70), 'v70', null);
  const forward: Change[] = [
    [3, 'v3', undefined],
    [20, 'v20', 'other'],
    [70, undefined, 'v70'],
  ];
  assert.deepEqual(diffOf(before, after).changes, forward);
  assert.deepEqual(
    diffOf(after, before).changes,
    forward.map(([number, was, is]) => [number, is, was]),
  );
});

test('against the empty trie every entry differs', () => {
  const all = upTo(50).map((number): Change => [number, undefined, `v${number}`]);
  assert.deepEqual(diffOf(emptyTrie(), trieOf(upTo(50))).changes, all);
});

test('a branch inside the skip of another is compared with what stands there', () => {
  const near = upTo(40);
  const far = near.map((number) => number + 2 ** 40);
  const both = diffOf(trieOf(near), trieOf([...near, ...far])).changes;
  assert.deepEqual(
    both,
    far.map((number): Change => [number, undefined, `v${number}`]),
  );
  const gap = diffOf(trieOf(far), trieOf([...near, ...near.map((number) => number + 2 ** 44)])).changes;
  assert.equal(gap.length, 120);
  assert.deepEqual(
    gap.map(([number]) => number),
    gap.map(([number]) => number).toSorted((a, b) => a - b),
  );
});

test('two branches whose skips part have nothing in common', () => {
  const [low, high] = [upTo(20), upTo(20).map((number) => number + 2 ** 40)];
  const lowFirst = diffOf(trieOf(low), trieOf(high)).changes;
  assert.deepEqual(
    lowFirst.map(([number]) => number),
    [...low, ...high],
  );
  assert.deepEqual(lowFirst[0], [0, 'v0', undefined]);
  const highFirst = diffOf(trieOf(high), trieOf(low)).changes;
  assert.deepEqual(
    highFirst.map(([number]) => number),
    [...low, ...high],
  );
  assert.deepEqual(highFirst[0], [0, undefined, 'v0']);
});

test('the cost is that of what changed, where nodes are shared', () => {
  const before = trieOf(upTo(10_000));
  const { changes, compared } = diffOf(before, triePut(before, numberToKey(5000), 'other', null));
  assert.equal(changes.length, 1);
  assert.ok(compared <= 1, `${compared} values compared`);
});

test('the cost is that of what changed, where digests were taken', () => {
  const before = trieOf(upTo(10_000));
  const after = triePut(trieOf(upTo(10_000)), numberToKey(5000), 'other', null);
  takeDigest(before);
  takeDigest(after);
  const { changes, compared } = diffOf(before, after);
  assert.equal(changes.length, 1);
  assert.ok(compared <= BUCKET_MAX, `${compared} values compared`);
});

test('equality is the caller’s', () => {
  const [before, after] = [trieOf([1]), triePut(emptyTrie<string>(), numberToKey(1), 'V1', null)];
  const keys: Bytes[] = [];
  trieDiff(
    before,
    after,
    (a, b) => a.toLowerCase() === b.toLowerCase(),
    (key) => keys.push(key),
  );
  assert.deepEqual(keys, []);
});

test('a difference is gone into below a key, inside a skipped run and above it', () => {
  const far = 2 ** 40;
  const run = upTo(40).map((each) => far + 3 * each);
  const around = [...upTo(40), ...upTo(40).map((each) => 2 * far + each)];
  const sets = [[], run, around, [...upTo(40), ...run], run.map((each) => each + 1), [...run, 2 ** 50, ...upTo(3)]];
  const froms = [0, 5, 39, 2 ** 20, far - 1, far, far + 1, far + 60, far + 200, 2 ** 45, 2 ** 50, 2 ** 52];
  for (const before of sets) {
    for (const after of sets) {
      const all = [...new Set([...before, ...after])].toSorted((a, b) => a - b);
      const changed = all.filter((each) => before.includes(each) !== after.includes(each));
      for (const from of froms) {
        const found: number[] = [];
        const visit = (key: Bytes): boolean => found.push(keyToNumber(key)) < 0;
        const same = (a: string, b: string): boolean => a === b;
        trieDiffAfter(trieOf(before), trieOf(after), numberToKey(from), { same, visit });
        const expected = changed.filter((each) => each > from);
        assert.deepEqual(found, expected);
      }
    }
  }
});

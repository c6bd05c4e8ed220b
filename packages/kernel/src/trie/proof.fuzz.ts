/** Laws of proofs: what is true is shown, what is shown is true, and a trie has one proof a key. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { flipByte } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { proofForgeries } from '@jitos/testkit/kernel/proof-forgery.ts';
import { anyTableHistory, playHistory, testValueDigest } from '@jitos/testkit/kernel/table-history.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { trieDigest } from './digest.ts';
import { trieProve, trieVerify } from './proof.ts';

const digestOf = (value: number | undefined): Digest | null =>
  value === undefined ? null : testValueDigest(value, nodeSha256);

law('the proof of a key shows what stands there, and nothing else', {
  inputs: anyTableHistory,
  runs: 30,
  holds: (history) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const root = trieDigest(trie, testValueDigest, nodeSha256);
    for (const key of history.keys) {
      const proof = trieProve(trie, key, testValueDigest, nodeSha256);
      const truth = digestOf(map.get(key));
      for (const claim of [null, ...[0, 1, 2, 3].map(digestOf)]) {
        assert.equal(trieVerify({ root, key, valueDigest: claim }, proof, nodeSha256), claim === truth);
      }
    }
  },
});

law('a proof shows nothing false about any other key either', {
  inputs: anyTableHistory,
  runs: 30,
  holds: (history) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const root = trieDigest(trie, testValueDigest, nodeSha256);
    const proofs = history.keys.slice(0, 12).map((key) => trieProve(trie, key, testValueDigest, nodeSha256));
    for (const key of history.keys) {
      const truth = digestOf(map.get(key));
      const claims = [null, ...[0, 1, 2, 3].map(digestOf)].filter((claim) => claim !== truth);
      for (const proof of proofs) {
        for (const valueDigest of claims) assert.ok(!trieVerify({ root, key, valueDigest }, proof, nodeSha256));
      }
    }
  },
});

law('a proof does not hold for another root', {
  inputs: fc.tuple(anyTableHistory, fc.nat(), fc.integer({ min: 1, max: 255 })),
  runs: 30,
  holds: ([history, pick, mask]) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const root = trieDigest(trie, testValueDigest, nodeSha256);
    const key = history.keys[pick % history.keys.length]!;
    const valueDigest = digestOf(map.get(key));
    const proof = trieProve(trie, key, testValueDigest, nodeSha256);
    for (let byte = 0; byte < root.length; byte++) {
      assert.ok(!trieVerify({ root: flipByte(root, byte, mask), key, valueDigest }, proof, nodeSha256));
    }
  },
});

law('a statement with one byte changed is refused, unless it happens to be true', {
  inputs: fc.tuple(anyTableHistory, fc.nat(), fc.integer({ min: 1, max: 255 })),
  runs: 30,
  holds: ([history, pick, mask]) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const root = trieDigest(trie, testValueDigest, nodeSha256);
    const key = history.keys[pick % history.keys.length]!;
    const valueDigest = digestOf(map.get(key));
    const proof = trieProve(trie, key, testValueDigest, nodeSha256);
    for (let byte = 0; byte < key.length; byte++) {
      const other = flipByte(key, byte, mask);
      const shown = trieVerify({ root, key: other, valueDigest }, proof, nodeSha256);
      assert.ok(!shown || digestOf(map.get(other)) === valueDigest);
    }
    if (valueDigest === null) return; // and a key of another width is absent indeed
    for (let byte = 0; byte < valueDigest.length; byte++) {
      assert.ok(!trieVerify({ root, key, valueDigest: flipByte(valueDigest, byte, mask) }, proof, nodeSha256));
    }
    for (const other of [key.slice(1), key.slice(0, -1), `${key}\0`, ''] as Bytes[]) {
      // parts of bytes, and more
      assert.ok(!trieVerify({ root, key: other, valueDigest }, proof, nodeSha256));
    }
  },
});

law('a proof that was changed anywhere is refused', {
  inputs: fc.tuple(anyTableHistory, fc.nat(), fc.integer({ min: 1, max: 255 })),
  runs: 30,
  holds: ([history, pick, mask]) => {
    const { trie, map } = playHistory(history).at(-1)!;
    const root = trieDigest(trie, testValueDigest, nodeSha256);
    const key = history.keys[pick % history.keys.length]!;
    const statement = { root, key, valueDigest: digestOf(map.get(key)) };
    const proof = trieProve(trie, key, testValueDigest, nodeSha256);
    for (const { change, proof: forged } of proofForgeries(proof, mask)) {
      assert.ok(!trieVerify(statement, forged, nodeSha256), change);
    }
  },
});

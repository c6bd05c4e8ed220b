/** The golden roots and proofs: by this trie, by the definition in the testkit, and by a stranger's program. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { naiveRoot } from '@jitos/testkit/kernel/naive-trie.ts';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { askStranger } from '@jitos/testkit/kernel/stranger.ts';
import { readGoldenProofs, readGoldenTries, TRIE_GOLDEN_FOLDER } from '@jitos/testkit/kernel/trie-golden.ts';
import type { Digest } from '../bytes/digest.ts';
import { trieDigest } from './digest.ts';
import { trieProve, trieVerify } from './proof.ts';
import { beginEdits, emptyTrie, triePut, type Trie } from './trie.ts';

const itself = (digest: Digest): Digest => digest;

const goldenTries = readGoldenTries().map((golden) => {
  const session = beginEdits();
  const empty: Trie<Digest> = emptyTrie();
  const trie = golden.entries.reduce((grown, { key, valueDigest }) => triePut(grown, key, valueDigest, session), empty);
  return { ...golden, trie };
});

test('every golden trie has its root', () => {
  assert.equal(goldenTries.length, 14);
  for (const { name, root, trie, entries } of goldenTries) {
    assert.equal(trieDigest(trie, itself, nodeSha256), root, name);
    assert.equal(naiveRoot(new Map(entries.map(({ key, valueDigest }) => [key, valueDigest])), nodeSha256), root, name);
  }
});

test('every golden proof is the proof we make, and shows its statement', () => {
  const shown = new Map<string, number>();
  for (const { trie: name, key, valueDigest, shows, proof } of readGoldenProofs()) {
    const golden = goldenTries.find((each) => each.name === name);
    assert.ok(golden !== undefined, name);
    assert.deepEqual(trieProve(golden.trie, key, itself, nodeSha256), proof);
    assert.ok(trieVerify({ root: golden.root, key, valueDigest }, proof, nodeSha256));
    assert.equal(shows === 'present', valueDigest !== null);
    shown.set(shows, (shown.get(shows) ?? 0) + 1);
  }
  const ways = ['present', 'not in the bucket', 'empty slot', 'mismatch inside a skip', 'the empty trie'];
  assert.deepEqual([...shown.keys()].toSorted(), ways.toSorted());
});

test('a stranger’s program finds the same roots and accepts the same proofs', () => {
  assert.deepEqual(askStranger('trie_golden.py', TRIE_GOLDEN_FOLDER), {
    status: 0,
    text: 'checked 14 roots and 42 proofs\n',
  });
});

test('the stranger’s program sees one digit that is wrong, in a root and in a proof', (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'jitos-golden-'));
  context.after(() => rmSync(folder, { recursive: true }));
  for (const [file, field] of [
    ['tries.json', 'root'],
    ['proofs.json', 'valueDigest'],
  ] as const) {
    cpSync(TRIE_GOLDEN_FOLDER, folder, { recursive: true });
    const text = readFileSync(join(folder, file), 'utf8');
    const at = text.lastIndexOf(`"${field}": "`) + field.length + 5;
    writeFileSync(join(folder, file), text.slice(0, at) + (text[at] === '0' ? '1' : '0') + text.slice(at + 1));
    const { status, text: said } = askStranger('trie_golden.py', folder);
    assert.equal(status, 1, file);
    assert.match(said, file === 'tries.json' ? /root of due tick and number/ : /another hash/);
  }
});

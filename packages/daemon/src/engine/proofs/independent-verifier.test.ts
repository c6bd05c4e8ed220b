/** Proof files, checked by a program in another language that was written from their specification. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  collapseBatch,
  collapseWorkspace,
  contentId,
  createWorkspace,
  edgeIdOf,
  keyedId,
  putNode,
  rebaseWorkspace,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { type ElementProof, ProofRefused, proofText, verifyProofText } from '@jitos/kernel/verify';
import { proveElement } from './element-proof.ts';
import { parsePublicKey } from './signed-note.ts';
import { temporaryWorldKey } from './signing-keys.ts';

const VERIFIER = fileURLToPath(new URL('../../../../testkit/verify/proof.py', import.meta.url));

/** No environment, no packages, no Node: Python and its standard library alone. */
function check(
  keyFile: string,
  files: readonly string[],
  handovers?: string,
): { readonly status: number | null; readonly ok: readonly boolean[] } {
  const words = handovers === undefined ? [] : ['--handovers', handovers];
  const args = ['-i', 'python3', '-I', '-S', VERIFIER, ...words, keyFile, ...files];
  const { status, stdout, stderr } = spawnSync('env', args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  // What the program prints for each file.
  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly ok: boolean });
  return { status, ok: results.map(({ ok }) => ok) };
}

interface Sample {
  readonly key: string;
  readonly history: readonly string[];
  readonly elements: readonly string[];
}

/** Proofs of events and of growth, and of what System and a workspace hold and do not hold. */
async function sampleProofs(): Promise<Sample> {
  const world = await openDiskWorld({ disk: new MemoryDisk() });
  const notes = Array.from({ length: 300 }, (_, i) => addNode('note', utf8(`n${i}`)));
  const fields = { list: [1, -5, 2 ** 40, true, 'é'], nested: new Map([['k', 1.5]]), big: 2n ** 63n };
  const [note, other] = [contentId('note', utf8('n7')), contentId('note', utf8('n8'))];
  const edges = [addEdge(note, other, 'next', { key: 'k' }), addEdge(other, note, 'next', { payload: utf8('p') })];
  const commands = [
    createWorkspace(),
    applyRewrite(0, [...notes, putNode('task', 't', fields), putNode('task', 'empty'), ...edges]),
    collapseWorkspace(0),
    createWorkspace(),
    applyRewrite(1, [putNode('task', 't', { list: null })]),
    createWorkspace(),
    createWorkspace({ from: 2 }),
    applyRewrite(3, [putNode('task', 't', { by: 3 })]),
    collapseWorkspace(3),
    createWorkspace(),
    applyRewrite(4, [putNode('task', 't', { by: 4 })]),
    rebaseWorkspace(4),
    ...Array.from({ length: 6 }, () => createWorkspace()),
    createWorkspace({ from: 2 }),
    collapseBatch([11]),
    collapseBatch([5, 6]),
  ];
  for (const command of commands) assert.ok('kind' in (await world.loop.submit(command)));
  const { proofs } = world;
  const history: string[] = [];
  for (const [idx, size] of [
    [0, 1],
    [0, 21],
    [20, 21],
    [7, 8],
    [13, 17],
  ] as const) {
    history.push(proofText(await proofs.inclusion(idx, size)));
  }
  for (const [old, size] of [
    [0, 21],
    [1, 21],
    [8, 21],
    [13, 19],
    [21, 21],
  ] as const) {
    history.push(proofText(proofs.consistency(old, size)));
  }
  const elements: string[] = [];
  for (const [element, id, view] of [
    ['node', note, 'system'],
    ['node', keyedId('task', 't'), 'system'],
    ['node', keyedId('task', 'empty'), 'system'],
    ['node', keyedId('task', 'absent'), 'system'],
    ['node', keyedId('task', 't'), 1],
    ['node', keyedId('task', 't'), 2],
    ['node', keyedId('task', 't'), 4],
    ['edge', edgeIdOf(note, other, 'next', 'k'), 'system'],
    ['edge', edgeIdOf(other, note, 'next'), 1],
    ['edge', note, 'system'],
  ] as const) {
    elements.push(proofText(await proveElement(world, { element, id, view })));
  }
  await world.close();
  return { key: proofs.publicKey, history, elements };
}

test('the verifier accepts every proof, and none that another key signed or with a changed byte', async () => {
  const folder = makeTempFolder();
  try {
    const { key, history, elements } = await sampleProofs();
    const put = (name: string, bytes: string | Uint8Array): string => {
      const path = join(folder.path, name);
      writeFileSync(path, bytes);
      return path;
    };
    const keyFile = put('world.pub', `${key}\n`);
    const strangerFile = put('stranger.pub', `${temporaryWorldKey().publicKey}\n`);
    for (const [kind, texts] of [
      ['history', history],
      ['element', elements],
    ] as const) {
      const whole = texts.map((text, i) => put(`${kind}-${i}.json`, text));
      assert.deepEqual(check(keyFile, whole), { status: 0, ok: whole.map(() => true) });
      const changed = Array.from({ length: 20 }, (_, i) => {
        const bytes = Buffer.from(texts[i % texts.length]!);
        bytes[Math.floor(((i + 0.5) * bytes.length) / 20)]! ^= 1 << (i % 8);
        return put(`changed-${kind}-${i}.json`, bytes);
      });
      assert.deepEqual(check(keyFile, changed), { status: 1, ok: changed.map(() => false) });
      assert.deepEqual(check(strangerFile, whole), { status: 1, ok: whole.map(() => false) });
    }
  } finally {
    folder.remove();
  }
});

test('the verifier refuses what is signed and whole, but shows something else', async () => {
  const folder = makeTempFolder();
  try {
    const { key, elements } = await sampleProofs();
    const keyFile = join(folder.path, 'world.pub');
    writeFileSync(keyFile, `${key}\n`);
    // Files that `proofText` wrote.
    const [note, task, empty, absent, inWorkspace] = elements.map((text) => JSON.parse(text) as ElementProof);
    const forgeries: readonly Partial<ElementProof>[] = [
      { ...task, value: null },
      { ...task, value: empty!.value },
      { ...task, value: inWorkspace!.value },
      { ...task, view: 1 },
      { ...inWorkspace, view: null },
      { ...task, kind: 'edge' },
      { ...task, kind: 'edge', value: null },
      { ...task, id: note!.id },
      { ...absent, id: task!.id },
      { ...absent, value: task!.value },
      { ...task, steps: note!.steps },
      { ...task, steps: task!.steps.slice(0, -1) },
      { ...task, steps: [...task!.steps, task!.steps.at(-1)!] },
      { ...task, graph: inWorkspace!.graph },
    ];
    // Each with the check that is right for it.
    const texts = forgeries.map((forgery) => {
      const text = JSON.stringify(forgery);
      const before = text.slice(0, text.lastIndexOf(',"check":'));
      return `${before},"check":"${createHash('sha256').update(before).digest('hex')}"}\n`;
    });
    const files = texts.map((_, i) => {
      const path = join(folder.path, `${i}.json`);
      writeFileSync(path, texts[i]!);
      return path;
    });
    assert.deepEqual(check(keyFile, files), { status: 1, ok: files.map(() => false) });
    const verifier = parsePublicKey(key)!;
    for (const text of texts) assert.throws(() => verifyProofText(text, verifier), ProofRefused);
  } finally {
    folder.remove();
  }
});

test('the verifier follows changes of keys, and none with a changed byte', async () => {
  const folder = makeTempFolder();
  try {
    const world = await openDiskWorld({ disk: new MemoryDisk() });
    await world.keys.rotate('p');
    const { firstPublicKey, publicKey, handovers } = await world.keys.rotate('p');
    const put = (name: string, bytes: string | Uint8Array): string => {
      const path = join(folder.path, name);
      writeFileSync(path, bytes);
      return path;
    };
    const proof = put('proof.json', proofText(await world.proofs.inclusion(1)));
    await world.close();
    const texts = handovers.map((each) => each.proof);
    const first = put('first.pub', `${firstPublicKey}\n`);
    const chain = put('chain.jsonl', texts.join(''));
    assert.deepEqual(check(first, [proof], chain), { status: 0, ok: [true] });
    assert.deepEqual(check(put('last.pub', `${publicKey}\n`), [proof], put('none.jsonl', '')), {
      status: 0,
      ok: [true],
    });
    assert.deepEqual(check(first, [proof]), { status: 1, ok: [false] });
    for (const [i, wrong] of [texts[0]!, texts[1]!, texts.toReversed().join('')].entries()) {
      assert.deepEqual(check(first, [proof], put(`wrong-${i}.jsonl`, wrong)), { status: 1, ok: [false] });
    }
    for (let i = 0; i < 20; i++) {
      const bytes = Buffer.from(texts.join(''));
      bytes[Math.floor(((i + 0.5) * bytes.length) / 20)]! ^= 1 << (i % 8);
      assert.deepEqual(check(first, [proof], put(`changed-${i}.jsonl`, bytes)), { status: 1, ok: [false] }, `${i}`);
    }
  } finally {
    folder.remove();
  }
});

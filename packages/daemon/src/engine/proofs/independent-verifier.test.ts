/** Proof files, checked by a program in another language that was written from their specification. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { proofText } from './proof-file.ts';
import { temporaryWorldKey } from './world-key.ts';

const VERIFIER = fileURLToPath(new URL('../../../../testkit/verify/proof.py', import.meta.url));

/** No environment, no packages, no Node: Python and its standard library alone. */
function check(
  keyFile: string,
  files: readonly string[],
): { readonly status: number | null; readonly ok: readonly boolean[] } {
  const args = ['-i', 'python3', '-I', '-S', VERIFIER, keyFile, ...files];
  const { status, stdout, stderr } = spawnSync('env', args, { encoding: 'utf8' });
  assert.equal(stderr, '');
  // What the program prints for each file.
  const results = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { readonly ok: boolean });
  return { status, ok: results.map(({ ok }) => ok) };
}

async function sampleProofs(): Promise<{ readonly key: string; readonly texts: readonly string[] }> {
  const world = await openDiskWorld({ disk: new MemoryDisk() });
  const command = { type: 'createWorkspace', principal: 'p', requestId: null, meta: null } as const;
  await Promise.all(Array.from({ length: 20 }, () => world.loop.submit(command)));
  const { proofs } = world;
  const texts: string[] = [];
  for (const [idx, size] of [
    [0, 1],
    [0, 21],
    [20, 21],
    [7, 8],
    [13, 17],
  ] as const) {
    texts.push(proofText(await proofs.inclusion(idx, size)));
  }
  for (const [old, size] of [
    [0, 21],
    [1, 21],
    [8, 21],
    [13, 19],
    [21, 21],
  ] as const) {
    texts.push(proofText(proofs.consistency(old, size)));
  }
  await world.close();
  return { key: proofs.publicKey, texts };
}

test('the verifier accepts every proof, and none that another key signed or with a changed byte', async () => {
  const folder = makeTempFolder();
  try {
    const { key, texts } = await sampleProofs();
    const put = (name: string, bytes: string | Uint8Array): string => {
      const path = join(folder.path, name);
      writeFileSync(path, bytes);
      return path;
    };
    const keyFile = put('world.pub', `${key}\n`);
    const whole = texts.map((text, i) => put(`whole-${i}.json`, text));
    assert.deepEqual(check(keyFile, whole), { status: 0, ok: whole.map(() => true) });
    const changed = Array.from({ length: 20 }, (_, i) => {
      const bytes = Buffer.from(texts[i % texts.length]!);
      bytes[Math.floor(((i + 0.5) * bytes.length) / 20)]! ^= 1 << (i % 8);
      return put(`changed-${i}.json`, bytes);
    });
    assert.deepEqual(check(keyFile, changed), { status: 1, ok: changed.map(() => false) });
    const strangerFile = put('stranger.pub', `${temporaryWorldKey().publicKey}\n`);
    assert.deepEqual(check(strangerFile, whole), { status: 1, ok: whole.map(() => false) });
  } finally {
    folder.remove();
  }
});

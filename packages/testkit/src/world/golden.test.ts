import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { bytesToHex, decodeEvent, treeHead, worldDigest, type EncodedEvent, type World } from '@jitos/kernel';
import { mustGetBytes } from '../kernel/bytes.ts';
import { worldProblems } from './describe-world.ts';
import { goldenFiles } from './golden.ts';
import { fold } from './world-driver.ts';

const FOLDER = fileURLToPath(new URL('../../../../testdata/golden/v1', import.meta.url));
const VERIFIER = fileURLToPath(new URL('../../verify/world_golden.py', import.meta.url));

function readGolden(name: string): unknown {
  return JSON.parse(readFileSync(`${FOLDER}/${name}`, 'utf8'));
}

for (const [name, made] of Object.entries(goldenFiles())) {
  test(`the kernel makes what ${name} says`, () => {
    assert.deepEqual(made, readGolden(name));
  });
}

/** The world that a golden history's bytes give, and the tree head that the file tells. */
function foldGolden(name: string): { readonly world: World; readonly head: string | undefined } {
  // The files are ours, and the tests above have compared every field.
  const { events } = readGolden(name) as { events: { header: string; body: string; treeHead: string }[] };
  const encoded = events.map(({ header, body }): EncodedEvent => {
    return decodeEvent(mustGetBytes(header), mustGetBytes(body), sha256);
  });
  return { world: fold(encoded), head: events.at(-1)?.treeHead };
}

test('the golden history, read from its bytes alone, gives the golden world', () => {
  const { world, head } = foldGolden('history/events.json');
  const golden = readGolden('history/world.json') as { worldDigest: string };
  assert.deepEqual(worldProblems(world), []);
  assert.equal(bytesToHex(worldDigest(world, sha256)), golden.worldDigest);
  assert.equal(bytesToHex(treeHead(world.history, sha256)), head);
});

test('golden collapses, read from their bytes alone, give the graphs whose digests they record', () => {
  assert.deepEqual(worldProblems(foldGolden('history/collapses.json').world), []);
});

test('a program that shares no code with the kernel finds the same digests', () => {
  const { status, stdout, stderr } = spawnSync('python3', [VERIFIER, FOLDER], { encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  assert.match(
    stdout,
    /^checked \d+ elements, 5 graphs, 4 snapshots, 6 packs and slots, 138 events, 20 commands, 3 worlds\n$/,
  );
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { bytesToHex } from '@jitos/kernel';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { assertFailure, SAMPLE_FOLDER } from '@jitos/testkit/file-log-samples.ts';
import type { ExpectedLog } from '@jitos/testkit/log-golden.ts';
import { LOG_GOLDEN_FOLDER, LOG_READER, makeLogGolden, readLogGolden } from '@jitos/testkit/log-golden.ts';
import { readAll } from '@jitos/testkit/log-samples.ts';
import { checkLog } from './check-log.ts';
import { readFileLog } from './read-only-log.ts';

const golden = readLogGolden();

/** One of the golden logs on a disk, and what is expected of it. */
function load(name: string): { disk: MemoryDisk; expected: ExpectedLog } {
  const disk = new MemoryDisk();
  for (const [path, bytes] of golden) {
    if (path.startsWith(`${name}/`) && path.endsWith('.log'))
      disk.put(`${SAMPLE_FOLDER}/${path.slice(name.length + 1)}`, bytes);
  }
  const expected = JSON.parse(golden.get(`${name}/expected.json`)!.toString()) as ExpectedLog; // the file is ours
  return { disk, expected };
}

test('the golden logs are what this program writes, byte for byte', async () => {
  const made = await makeLogGolden();
  assert.deepEqual([...golden.keys()], [...made.keys()].sort());
  for (const [path, bytes] of made) assert.ok(bytes.equals(golden.get(path)!), path);
});

test('the golden logs hold what is written beside them', async () => {
  for (const name of ['whole', 'torn']) {
    const { disk, expected } = load(name);
    const log = await readFileLog({ disk, folder: SAMPLE_FOLDER });
    assert.equal(Buffer.from(log.worldId).toString('hex'), expected.worldId);
    const found = (await readAll(log)).map(({ firstIdx, treeRootBefore, events }) => ({
      firstIdx,
      treeRootBefore: bytesToHex(treeRootBefore),
      events: events.map(({ header, body }) => ({ header: bytesToHex(header), body: bytesToHex(body) })),
    }));
    assert.deepEqual(
      found,
      expected.batches.map(({ firstIdx, treeRootBefore, events }) => ({ firstIdx, treeRootBefore, events })),
    );
    const { tornTail } = log;
    assert.equal(tornTail && `${tornTail.segment}@${tornTail.offset}`, expected.tornTail);
  }
});

test('the damaged golden log is refused at the place that is written beside it', async () => {
  const { disk, expected } = load('damaged');
  const [place] = expected.damage!;
  await assertFailure(readFileLog({ disk, folder: SAMPLE_FOLDER }), 'LOG_DAMAGED', `${SAMPLE_FOLDER}/${place}`);
  const found: string[] = [];
  const onDamage = (damage: { segment: string; offset: number }): number =>
    found.push(`${damage.segment}@${damage.offset}`);
  await checkLog({ disk, folder: SAMPLE_FOLDER, onDamage });
  assert.deepEqual(found, expected.damage);
});

test('a reader in another language, written from the specification, finds the same', () => {
  for (const name of ['whole', 'torn', 'damaged']) {
    const { stdout, stderr } = spawnSync('python3', [LOG_READER, join(LOG_GOLDEN_FOLDER, name)], { encoding: 'utf8' });
    assert.equal(stderr, '');
    const { worldId, batches, tornTail = null, damage = [] } = load(name).expected;
    assert.deepEqual(JSON.parse(stdout), { worldId, batches, tornTail, damage });
  }
});

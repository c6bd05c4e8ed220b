import assert from 'node:assert/strict';
import { test } from 'node:test';

import { openOrCreateLog, WORLD_FOLDER } from '@jitos/testkit/engine/disk-world.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { appendAndWait, sampleBatch } from '@jitos/testkit/log-samples.ts';
import { leafHash } from '@jitos/kernel';
import type { DerivedFile } from './check-log.ts';
import { checkTreeFiles } from './check-tree.ts';
import { readFileLog } from './read-only-log.ts';
import { openFileTreeHashes } from './tree-file.ts';

const LOW = 'tree-0.hashes';
const HIGH = 'tree-8.hashes';
const EVENTS = 600;

/** A log with its hashes, all of them marked. */
async function makeDisk(): Promise<MemoryDisk> {
  const disk = new MemoryDisk();
  const log = await openOrCreateLog(disk);
  const hashes = openFileTreeHashes({ folder: WORLD_FOLDER, disk, log, sha256 });
  while (log.length < EVENTS) {
    const batch = sampleBatch(log.length, 20);
    await appendAndWait(log, batch);
    hashes.append(batch.events.map(({ header }) => leafHash(header, sha256)));
  }
  await hashes.close();
  await log.close();
  return disk;
}

/** With the log held by another, and nothing written. */
async function check(disk: MemoryDisk): Promise<readonly DerivedFile[]> {
  const before = disk.operationCount;
  const lock = disk.lock(`${WORLD_FOLDER}/lock.db`);
  const log = await readFileLog({ disk, folder: WORLD_FOLDER });
  const files = await checkTreeFiles({ disk, folder: WORLD_FOLDER, log, sha256 });
  lock.release();
  assert.equal(disk.operationCount, before, 'a check writes nothing');
  return files;
}

const good = (file: string): DerivedFile => ({ file, fault: undefined, isRemade: true });

test('hashes that are those of the events are good, in a folder that has any', async () => {
  const disk = await makeDisk();
  assert.deepEqual(await check(disk), [good(LOW), good(HIGH)]);

  for (const name of [LOW, HIGH]) disk.remove(`${WORLD_FOLDER}/${name}`);
  assert.deepEqual(await check(disk), []);
});

test('any flipped bit in what is marked is told, with the file and what to do', async () => {
  const whole = await makeDisk();
  for (const name of [LOW, HIGH]) {
    const start = name === LOW ? 64 : 0;
    const { length } = whole.bytes(`${WORLD_FOLDER}/${name}`);
    for (let offset = start; offset < length; offset += name === LOW ? 997 : 29) {
      const disk = whole.clone();
      disk.bytes(`${WORLD_FOLDER}/${name}`)[offset]! ^= 1 << (offset % 8);
      const bad = (await check(disk)).filter(({ fault }) => fault !== undefined);
      assert.deepEqual(
        bad.map(({ file, isRemade }) => [file, isRemade]),
        [[name, false]],
      );
      const hashOffset = offset - ((offset - start) % 32);
      assert.match(bad[0]?.fault ?? '', new RegExp(`^1 of \\d+ hashes .* at offset ${hashOffset}:.*delete tree-`));
    }
  }
});

test('files that opening makes again are told as such', async () => {
  const whole = await makeDisk();
  const cases: readonly (readonly [(disk: MemoryDisk) => void, string, RegExp])[] = [
    [(disk) => (disk.bytes(`${WORLD_FOLDER}/${LOW}`)[30]! ^= 1), LOW, /does not begin as one of this world/],
    [(disk) => disk.remove(`${WORLD_FOLDER}/${LOW}`), LOW, /missing/],
    [(disk) => disk.remove(`${WORLD_FOLDER}/${HIGH}`), HIGH, /lacks some of the \d+ hashes/],
    [(disk) => disk.put(`${WORLD_FOLDER}/${LOW}`, whole.bytes(`${WORLD_FOLDER}/${LOW}`).subarray(0, -1)), LOW, /lacks/],
  ];
  for (const [damage, name, fault] of cases) {
    const disk = whole.clone();
    damage(disk);
    const bad = (await check(disk)).filter((each) => each.fault !== undefined);
    assert.deepEqual(
      bad.map(({ file, isRemade }) => [file, isRemade]),
      [[name, true]],
    );
    assert.match(bad[0]?.fault ?? '', fault);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { naiveSubtree, sampleLeaf, sampleLeaves, treeHashesContract } from '@jitos/testkit/tree-hashes-contract.ts';
import type { Disk, DiskFile } from '../../ports/disk.ts';
import type { TreeHashes } from '../../ports/tree-hashes.ts';
import { keptCount } from '../tree-order.ts';
import { nodeDisk } from './node-disk.ts';
import { openFileTreeHashes } from './tree-file.ts';

const FOLDER = '/world';
const PATH = `${FOLDER}/tree-0.hashes`;
const HIGH_PATH = `${FOLDER}/tree-8.hashes`;
const worldId = new Uint8Array(16).fill(5);

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeFolder(FOLDER);
  return disk;
}

function open(disk: Disk, logLength = Infinity, world = worldId): TreeHashes {
  return openFileTreeHashes({ folder: FOLDER, disk, log: { worldId: world, firstIdx: 0, length: logLength }, sha256 });
}

async function writtenDisk(length: number): Promise<MemoryDisk> {
  const disk = newDisk();
  const hashes = open(disk);
  hashes.append(sampleLeaves(0, length));
  await hashes.close();
  return disk;
}

/** The disk with another way of opening files. */
function withFiles(disk: MemoryDisk, wrap: (file: DiskFile) => DiskFile): Disk {
  const wrapped = Object.create(disk) as MemoryDisk; // the same disk, but for `open`
  wrapped.open = (path, mode) => wrap(disk.open(path, mode));
  return wrapped;
}

treeHashesContract('the file of tree hashes', () => open(newDisk()));

test('it is found again as it was left, beside a real folder too, and goes on', async () => {
  const temp = makeTempFolder();
  try {
    const options = { folder: temp.path, disk: nodeDisk(), log: { worldId, firstIdx: 0, length: 10_000 }, sha256 };
    const hashes = openFileTreeHashes(options);
    hashes.append(sampleLeaves(0, 5001));
    await hashes.close();
    const again = openFileTreeHashes(options);
    assert.equal(again.length, 5001);
    again.append(sampleLeaves(5001, 8192));
    assert.equal(again.hashAt(13, 0), naiveSubtree(13, 0));
    await again.close();
    assert.deepEqual(nodeDisk().list(temp.path).toSorted(), ['tree-0.hashes', 'tree-8.hashes']);
  } finally {
    temp.remove();
  }
});

test('it takes 43 bytes an event', async () => {
  const length = 4096;
  const disk = await writtenDisk(length);
  const sizeBytes = disk.bytes(PATH).length + disk.bytes(HIGH_PATH).length;
  assert.equal(sizeBytes, 64 + 32 * (keptCount(0, length) + keptCount(1, length)));
  assert.ok(sizeBytes / length < 42.7);
});

test('what stands after the mark is dropped, and a file that lacks what it marks is made anew', async () => {
  const disk = await writtenDisk(100);
  const whole = Buffer.from(disk.bytes(PATH));
  disk.put(PATH, Buffer.concat([whole, Buffer.alloc(320, 7)]));
  const longer = open(disk);
  assert.equal(longer.length, 100);
  assert.equal(disk.bytes(PATH).length, whole.length);
  await longer.close();
  for (const sizeBytes of [whole.length - 1, 65, 63, 0]) {
    disk.put(PATH, whole.subarray(0, sizeBytes));
    const shorter = open(disk);
    assert.equal(shorter.length, 0, `of ${sizeBytes} bytes`);
    shorter.append(sampleLeaves(0, 100));
    await shorter.close();
    assert.ok(disk.bytes(PATH).equals(whole));
  }
});

test('without one of its files it is made anew, and the other files with it', async () => {
  const whole = await writtenDisk(1000);
  for (const damage of [
    (disk: MemoryDisk) => disk.remove(HIGH_PATH),
    (disk: MemoryDisk) => disk.remove(PATH),
    (disk: MemoryDisk) => disk.put(HIGH_PATH, whole.bytes(HIGH_PATH).subarray(1)),
  ]) {
    const disk = whole.clone();
    damage(disk);
    const hashes = open(disk);
    assert.equal(hashes.length, 0);
    assert.deepEqual(disk.list(FOLDER), ['tree-0.hashes']);
    hashes.append(sampleLeaves(0, 1000));
    await hashes.close();
    assert.ok(disk.bytes(HIGH_PATH).equals(whole.bytes(HIGH_PATH)));
    assert.ok(disk.bytes(PATH).equals(whole.bytes(PATH)));
  }
});

test('a changed header, another world’s, or one that marks more than the log holds is not believed', async () => {
  const disk = await writtenDisk(100);
  for (let offset = 0; offset < 64; offset++) {
    const damaged = disk.clone();
    damaged.bytes(PATH)[offset]! ^= 1 << (offset % 8);
    assert.equal(open(damaged).length, 0, `byte ${offset}`);
  }
  assert.equal(open(disk.clone(), Infinity, new Uint8Array(16)).length, 0);
  assert.equal(open(disk.clone(), 99).length, 0);
  assert.equal(open(disk.clone(), 100).length, 100);
});

test('after a power cut it holds what it marks, and every hash of it is right', async () => {
  for (let seed = 1; seed <= 30; seed++) {
    let state = seed;
    const chance = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
    const disk = (await writtenDisk(300)).clone(); // of which everything lasts
    const hashes = open(disk);
    hashes.append(sampleLeaves(300, 10_000));
    if (seed % 2 === 0) await hashes.close(); // marks; the mark itself may not last
    const again = open(disk.afterPowerCut(chance));
    assert.ok(again.length === 300 || (seed % 2 === 0 && again.length === 10_000), `${again.length} leaves`);
    for (let index = 0; index < again.length; index += 7) assert.equal(again.hashAt(0, index), sampleLeaf(index));
  }
});

test('a long run is marked on the way, so that little is lost with the process', async () => {
  const disk = newDisk();
  const hashes = open(disk);
  const leaf = sampleLeaf(0);
  for (let i = 0; i < 20; i++) hashes.append(Array.from({ length: 10_000 }, () => leaf));
  await new Promise((resolve) => setImmediate(resolve)); // the sync, which the disk in memory does at once
  hashes.append([leaf]);
  await new Promise((resolve) => setImmediate(resolve));
  assert.ok(open(disk.clone()).length >= 70_000);
});

test('on a full disk it goes on in memory, and catches up when there is room', async () => {
  const disk = newDisk();
  const hashes = open(disk);
  disk.capacityBytes = 100_000;
  hashes.append(sampleLeaves(0, 8192));
  assert.equal(hashes.hashAt(13, 0), naiveSubtree(13, 0));
  disk.capacityBytes = Infinity;
  hashes.append(sampleLeaves(8192, 9000));
  await hashes.close();
  const again = open(disk);
  assert.equal(again.length, 9000);
  assert.equal(again.hashAt(13, 0), naiveSubtree(13, 0));
});

test('after a sync that failed it marks no more, and serves on', async () => {
  const disk = await writtenDisk(100);
  let syncCount = 0;
  const failing = withFiles(disk, (file) => {
    file.sync = () => Promise.reject(new Error(`sync ${syncCount++}`));
    return file;
  });
  const hashes = open(failing);
  hashes.append(sampleLeaves(100, 200));
  await hashes.close();
  assert.equal(syncCount, 1);
  assert.equal(open(disk).length, 100);
});

test('what was read while its page was short is read whole once the page has grown', async () => {
  const hashes = open(await writtenDisk(300));
  assert.equal(hashes.hashAt(0, 299), sampleLeaf(299));
  hashes.append(sampleLeaves(300, 4000));
  for (let index = 300; index < 400; index++) assert.equal(hashes.hashAt(0, index), sampleLeaf(index));
  await hashes.close();
});

test('memory stays small, and a proof’s worth of hashes takes few reads', async () => {
  const disk = await writtenDisk(65_536);
  let readCount = 0;
  const counting = withFiles(disk, (file) => {
    const readSync = file.readSync.bind(file);
    file.readSync = (into, offset) => {
      readCount++;
      return readSync(into, offset);
    };
    return file;
  });
  const hashes = open(counting);
  const path = (index: number): void => {
    for (let level = 0; level < 16; level++) hashes.hashAt(level, Math.floor(index / 2 ** level) ^ 1);
  };
  for (let i = 0; i < 200; i++) path((i * 7919) % 65_536);
  readCount = 0;
  for (let i = 0; i < 200; i++) path((i * 104_729) % 65_536);
  assert.ok(readCount < 200 * 8, `${readCount} reads`);
  await hashes.close();
});

test('beside a log that lost events it goes back to the archived ones, for good', async () => {
  const disk = await writtenDisk(5000);
  const openBeside = (on: Disk, length: number): TreeHashes => {
    return openFileTreeHashes({ folder: FOLDER, disk: on, log: { worldId, firstIdx: 2000, length }, sha256 });
  };
  const leaves = sampleLeaves(0, 5000);
  const after = openBeside(disk, 3000);
  assert.equal(after.length, 2000);
  // Another history from there on, of which nothing lasts.
  after.append(leaves.slice(0, 4000));
  for (const chance of [0, 0.99]) {
    const again = openBeside(
      disk.afterPowerCut(() => chance),
      6000,
    );
    assert.equal(again.length, 2000);
    assert.equal(again.hashAt(0, 1999), leaves[1999]);
    await again.close();
  }
});

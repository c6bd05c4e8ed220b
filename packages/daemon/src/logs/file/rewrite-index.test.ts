import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { rewriteIndexContract } from '@jitos/testkit/rewrite-index-contract.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { Disk } from '../../ports/disk.ts';
import type { RewriteEntry, RewriteIndex } from '../../ports/rewrite-index.ts';
import { nodeDisk } from './node-disk.ts';
import { NumberTable } from './number-table.ts';
import { openFileRewriteIndex } from './rewrite-index.ts';
import { jumpOrdinal } from './skip-list.ts';

const FOLDER = '/world';
const PATH = `${FOLDER}/rewrites.idx`;
const worldId = new Uint8Array(16).fill(5);

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeFolder(FOLDER);
  return disk;
}

function open(disk: Disk, logLength = Infinity, world = worldId): RewriteIndex {
  return openFileRewriteIndex({ folder: FOLDER, disk, log: { worldId: world, length: logLength } });
}

/** Workspaces of three rewrites and a collapse each. */
function sampleEntries(from: number, to: number): RewriteEntry[] {
  return Array.from({ length: to - from }, (_, i) => {
    const rewriteIdx = from + i;
    const workspace = Math.floor(rewriteIdx / 4);
    return { rewriteIdx, eventIdx: rewriteIdx + 1, views: rewriteIdx % 4 === 3 ? [workspace, 'system'] : [workspace] };
  });
}

function allPages(index: RewriteIndex): object {
  const views = ['system', 0, 1, 2, 700, 900] as const;
  return [index.length, views.map((view) => index.page(view, -1, 5000))];
}

rewriteIndexContract('the file index', () => open(newDisk()));

test('it is found again as it was left, beside a real folder too', () => {
  const temp = makeTempFolder();
  try {
    const options = { folder: temp.path, disk: nodeDisk(), log: { worldId, length: 10_000 } };
    const index = openFileRewriteIndex(options);
    index.append(sampleEntries(0, 4000));
    const before = allPages(index);
    index.close();
    assert.deepEqual(nodeDisk().list(temp.path), ['rewrites.idx']);
    const again = openFileRewriteIndex(options);
    assert.deepEqual(allPages(again), before);
    again.append(sampleEntries(4000, 5000));
    assert.equal(again.page('system', -1, 5000).length, 1250);
    again.close();
  } finally {
    temp.remove();
  }
});

test('cut or damaged anywhere, it keeps what is whole and takes the rest again', () => {
  const whole = newDisk();
  const first = open(whole);
  first.append(sampleEntries(0, 40));
  const before = allPages(first);
  first.close();
  const sizeBytes = whole.bytes(PATH).length;
  assert.equal(sizeBytes, 80 * 41);
  for (let offset = 0; offset < sizeBytes; offset += 11) {
    for (const damage of ['flip', 'cut', 'zeros']) {
      const disk = whole.clone();
      const bytes = disk.bytes(PATH);
      if (damage === 'flip') bytes[offset]! ^= 1 << (offset % 8);
      else if (damage === 'cut') disk.put(PATH, bytes.subarray(0, offset));
      else bytes.fill(0, offset);
      const index = open(disk);
      const wholeCount = Math.max(0, Math.floor(offset / 80) - 1);
      assert.ok(index.length === wholeCount || (damage !== 'flip' && index.length === wholeCount + 1), damage);
      index.append(sampleEntries(index.length, 40));
      assert.deepEqual(allPages(index), before);
      index.close();
    }
  }
});

test('another world’s index is dropped, and so are entries of events that the log does not hold', () => {
  const disk = newDisk();
  const index = open(disk);
  index.append(sampleEntries(0, 40));
  index.close();
  const shorter = open(disk, 31);
  assert.equal(shorter.length, 30);
  shorter.close();
  const longer = open(disk, 41);
  assert.equal(longer.length, 30);
  longer.close();
  const foreign = open(disk, Infinity, new Uint8Array(16));
  assert.equal(foreign.length, 0);
  foreign.close();
});

test('an index that was not closed is short, never wrong', () => {
  const disk = newDisk();
  const index = open(disk);
  index.append(sampleEntries(0, 3000));
  const again = open(disk); // the first one's process is gone
  assert.equal(again.length, 2048);
  again.append(sampleEntries(2048, 3000));
  assert.deepEqual(allPages(again), allPages(index));
});

test('records that change under an open index are told, not believed', () => {
  const disk = newDisk();
  const index = open(disk);
  index.append(sampleEntries(0, 3000));
  disk.bytes(PATH)[80 * 400 + 17]! ^= 4;
  assert.throws(() => index.page('system', 380, 10), { name: 'Failure', reason: 'LOG_DAMAGED', place: PATH });
  assert.equal(index.page('system', 1500, 10).length, 10);
});

test('on a full disk it goes on in memory, and catches up when there is room', () => {
  const disk = newDisk();
  const index = open(disk);
  disk.capacityBytes = 100_000;
  index.append(sampleEntries(0, 40_000));
  assert.equal(index.page('system', -1, 20_000).length, 10_000);
  disk.capacityBytes = Infinity;
  index.append(sampleEntries(40_000, 100_000));
  index.close();
  const again = open(disk);
  assert.equal(again.length, 100_000);
  again.close();
});

test('a page reads hardly more at ten times the length', () => {
  const disk = newDisk();
  let readCount = 0;
  const counting: Disk = {
    ...delegate(disk),
    open: (path, mode) => {
      const file = disk.open(path, mode);
      const readSync = file.readSync.bind(file);
      file.readSync = (into, offset) => {
        readCount++;
        return readSync(into, offset);
      };
      return file;
    },
  };
  const index = open(counting);
  const counts = [2000, 20_000].map((length) => {
    index.append(sampleEntries(index.length, length));
    readCount = 0;
    assert.equal(index.page('system', length / 3, 20).length, 20);
    return readCount;
  });
  assert.ok(counts[1]! < counts[0]! + 12, `${counts.join(' then ')} reads`);
  index.close();
});

test('a table of numbers larger than its memory keeps them all', () => {
  const disk = newDisk();
  const table = new NumberTable(disk, `${FOLDER}/views.tmp`, 2);
  const positions = Array.from({ length: 3000 }, (_, i) => (i * 7919) % 6007);
  for (const position of positions) table.set(position, position + 1);
  for (const position of positions) assert.equal(table.get(position), position + 1);
  assert.equal(table.get(100_000), 0);
  table.close();
  assert.deepEqual(disk.list(FOLDER), []);
});

test('jumps shorten any way back to a few steps', () => {
  assert.deepEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 14, 15].map(jumpOrdinal), [0, 0, 1, 0, 3, 4, 3, 0, 7, 7, 0]);
  for (const from of [1, 1000, 65_535, 1_000_000]) {
    for (const to of [0, 1, from >> 1, from - 1]) {
      let steps = 0;
      for (let at = from; at > to; steps++) at = jumpOrdinal(at) >= to ? jumpOrdinal(at) : at - 1;
      assert.ok(steps <= 3 * Math.log2(from + 2), `${steps} steps from ${from} to ${to}`);
    }
  }
});

function delegate(disk: MemoryDisk): Disk {
  return {
    open: (path, mode) => disk.open(path, mode),
    list: (folder) => disk.list(folder),
    makeFolder: (folder) => disk.makeFolder(folder),
    checkWritable: (folder) => disk.checkWritable(folder),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncFolder: (folder) => disk.syncFolder(folder),
    lock: (path) => disk.lock(path),
  };
}

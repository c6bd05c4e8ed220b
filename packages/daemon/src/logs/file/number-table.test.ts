import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { NumberTable } from './number-table.ts';

const PATH = '/folder/numbers.tmp';
const PAGE_LENGTH = 512;

function makeTable(): { disk: MemoryDisk; table: NumberTable } {
  const disk = new MemoryDisk();
  disk.makeFolder('/folder');
  return { disk, table: new NumberTable(disk, PATH, 2) };
}

/** Sets a number on each of `pageCount` pages, then reads them all. */
function fillAndRead(table: NumberTable, pageCount: number): number[] {
  for (let page = 0; page < pageCount; page++) table.set(page * PAGE_LENGTH + 7, page + 1);
  return Array.from({ length: pageCount }, (_, page) => table.get(page * PAGE_LENGTH + 7));
}

test('pages that leave the memory come back, and what was never set is 0', () => {
  const { disk, table } = makeTable();
  assert.deepEqual(fillAndRead(table, 5), [1, 2, 3, 4, 5]);
  assert.deepEqual([table.get(6), table.get(100 * PAGE_LENGTH)], [0, 0]);
  table.close();
  assert.deepEqual(disk.list('/folder'), []);
});

test('on a full disk pages stay in memory until there is room', () => {
  const { disk, table } = makeTable();
  disk.capacityBytes = 0;
  assert.deepEqual(fillAndRead(table, 5), [1, 2, 3, 4, 5]);
  disk.capacityBytes = Infinity;
  assert.deepEqual(fillAndRead(table, 9), [1, 2, 3, 4, 5, 6, 7, 8, 9]);
  table.close();
});

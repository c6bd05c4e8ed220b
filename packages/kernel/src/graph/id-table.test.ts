import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { keyedNodeId, type ElementId } from './element.ts';
import { IdTable } from './id-table.ts';

/** An id whose first four bytes are all the same for ids of one `start`. */
function idFrom(start: number, rest: number): ElementId {
  return (String.fromCharCode(start).repeat(4) + `${rest}`.padStart(28, '0')) as ElementId; // 32 bytes
}

test('ids are numbered in the order in which they come, once, however many there are', () => {
  const table = new IdTable();
  const ids = Array.from({ length: 5000 }, (_, i) => keyedNodeId('note', `${i}` as Bytes, nodeSha256));
  for (const id of ids) table.add(id);
  for (const id of ids.toReversed()) table.add(id);
  for (const [i, id] of ids.entries()) assert.equal(table.numberOf(id), i);
  assert.equal(table.numberOf(keyedNodeId('note', 'none' as Bytes, nodeSha256)), undefined);
});

test('ids that begin alike, up to the end of the table, are told apart', () => {
  const table = new IdTable();
  const ids = [0, 255].flatMap((start) => Array.from({ length: 600 }, (_, rest) => idFrom(start, rest)));
  for (const id of ids) table.add(id);
  for (const [i, id] of ids.entries()) assert.equal(table.numberOf(id), i);
  assert.equal(table.numberOf(idFrom(255, 600)), undefined);
});

test('an id is given as it was added, and one that was not as it is', () => {
  const table = new IdTable();
  table.add(idFrom(1, 1));
  assert.equal(table.sameId(idFrom(1, 1)), idFrom(1, 1));
  assert.equal(table.sameId(idFrom(1, 2)), idFrom(1, 2));
});

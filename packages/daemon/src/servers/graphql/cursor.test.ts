import assert from 'node:assert/strict';
import { test } from 'node:test';
import { utf8, contentId } from '@jitos/testkit/world/make-ops.ts';
import { decodeCursor, encodeCursor, type Cursor } from './cursor.ts';

const CURSOR: Cursor = {
  kind: 'nodes',
  view: 7,
  idx: 300,
  snapshotId: contentId('a'),
  lastId: contentId('b', utf8('x')),
};

test('a cursor says again what it was made of', () => {
  for (const kind of ['nodes', 'edges'] as const) {
    for (const view of ['system', 0, 7, 2 ** 40] as const) {
      const cursor = { ...CURSOR, kind, view };
      assert.deepEqual(decodeCursor(encodeCursor(cursor)), cursor);
    }
  }
});

test('a cursor that differs in any character is none', () => {
  const text = encodeCursor(CURSOR);
  for (let i = 0; i < text.length; i++) {
    const other = text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1);
    assert.equal(decodeCursor(other), undefined, `character ${i}`);
  }
});

test('what is no cursor is refused, whatever its length', () => {
  const text = encodeCursor(CURSOR);
  for (const other of [
    '',
    'x',
    '5',
    text.slice(0, -1),
    `${text}A`,
    `${text}=`,
    ` ${text}`,
    text.repeat(2),
    '\u0000',
    'é',
  ]) {
    assert.equal(decodeCursor(other), undefined, JSON.stringify(other));
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { SearchPosition } from '../../engine/provenance.ts';
import { decodeSearch, encodeSearch } from './search-cursor.ts';

const POSITION: SearchPosition = [
  { view: 'system', before: 12, collapseIdx: null, part: 'all', untilIdx: null },
  { view: 3, before: 2 ** 40, collapseIdx: 9, part: 'own', untilIdx: 9 },
  { view: 2, before: 7, collapseIdx: null, part: 'base', untilIdx: 5 },
];

test('a place to go on says again what it was made of', () => {
  for (const position of [POSITION, POSITION.slice(0, 1)])
    assert.deepEqual(decodeSearch(encodeSearch(position)), position);
});

test('one that differs in any character, or was cut, is none', () => {
  const text = encodeSearch(POSITION);
  for (let i = 0; i < text.length; i++) {
    assert.equal(decodeSearch(text.slice(0, i) + (text[i] === 'A' ? 'B' : 'A') + text.slice(i + 1)), undefined);
  }
  for (const other of ['', 'x', text.slice(0, -1), `${text}=`, encodeSearch([])])
    assert.equal(decodeSearch(other), undefined);
});

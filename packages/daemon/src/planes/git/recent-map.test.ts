import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RecentMap } from './recent-map.ts';

test('holds the entries put in last, and forgets the oldest', () => {
  const map = new RecentMap<string, number>(2);
  map.set('a', 1);
  map.set('b', 2);
  map.set('a', 3);
  assert.deepEqual([map.get('a'), map.get('b')], [3, 2], 'a change is no entry more');
  map.set('c', 4);
  assert.deepEqual([map.get('a'), map.get('b'), map.get('c')], [undefined, 2, 4]);
});

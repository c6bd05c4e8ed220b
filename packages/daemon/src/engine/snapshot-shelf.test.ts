import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, type Digest, type Snapshot } from '@jitos/kernel';
import { sha256 } from './sha256.ts';
import { SnapshotShelf } from './snapshot-shelf.ts';

const { system } = createWorld({ quantumMs: 1000 }, sha256).world;

function snapshot(number: number): Snapshot {
  return { ...system, id: String(number).padStart(32, '0') as Digest }; // 32 characters below U+0100
}

test('what was shown is found by its view and id', () => {
  const shelf = new SnapshotShelf();
  shelf.put('system', snapshot(1));
  shelf.put(0, snapshot(2));
  assert.equal(shelf.get('system', snapshot(1).id)?.id, snapshot(1).id);
  assert.equal(shelf.get(0, snapshot(1).id), undefined);
});

test('a view keeps its newest sixteen, the ones used last counting as new', () => {
  const shelf = new SnapshotShelf();
  for (let i = 0; i < 16; i++) shelf.put(0, snapshot(i));
  shelf.put(0, snapshot(0));
  shelf.put(0, snapshot(16));
  assert.ok(shelf.get(0, snapshot(0).id) !== undefined);
  assert.equal(shelf.get(0, snapshot(1).id), undefined);
});

test('the shelf is bounded over all views', () => {
  const shelf = new SnapshotShelf();
  for (let view = 0; view < 300; view++) shelf.put(view, snapshot(view));
  const kept = Array.from({ length: 300 }, (_, view) => shelf.get(view, snapshot(view).id)).filter(Boolean);
  assert.equal(kept.length, 256);
  assert.equal(shelf.get(43, snapshot(43).id), undefined);
  assert.ok(shelf.get(44, snapshot(44).id) !== undefined);
});

test('a workspace that ends takes its snapshots along', () => {
  const shelf = new SnapshotShelf();
  shelf.put(0, snapshot(1));
  shelf.drop(0);
  shelf.drop(7);
  assert.equal(shelf.get(0, snapshot(1).id), undefined);
});

test('a snapshot shown again takes no second place, and one that was dropped leaves its place', () => {
  const shelf = new SnapshotShelf();
  for (let view = 0; view < 256; view++) shelf.put(view, snapshot(view));
  for (let i = 0; i < 10; i++) shelf.put(255, snapshot(255));
  assert.ok(shelf.get(0, snapshot(0).id) !== undefined);
  for (let view = 100; view < 110; view++) shelf.drop(view);
  for (let view = 300; view < 310; view++) shelf.put(view, snapshot(view));
  assert.ok(shelf.get(0, snapshot(0).id) !== undefined);
  shelf.put(310, snapshot(310));
  assert.equal(shelf.get(0, snapshot(0).id), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { present } from '@jitos/testkit/world/dice.ts';
import {
  addNode,
  applyRewrite,
  collapseWorkspace,
  deleteNode,
  discardWorkspace,
} from '@jitos/testkit/world/make-ops.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { apply } from './apply.ts';
import { Bug } from './assert.ts';
import { ZERO_DIGEST } from './bytes/digest.ts';
import { encodeEvent } from './history/event-codec.ts';
import { Fold } from './fold.ts';
import type { EncodedEvent, Event } from './history/event.ts';
import { trieCount } from './trie/trie.ts';
import { getWorkspace } from './world.ts';

/** An event that `decide` would never write here. */
function forged(driver: WorldDriver, event: Event): EncodedEvent {
  return encodeEvent({ ...event, idx: driver.world.history.size }, sha256);
}

function eventOf<Kind extends Event['kind']>(driver: WorldDriver, kind: Kind): Extract<Event, { kind: Kind }> {
  const found = driver.events.find(({ event }) => event.kind === kind);
  return present(found).event as Extract<Event, { kind: Kind }>; // found by its kind
}

test('events out of turn are a bug, not an outcome', () => {
  const driver = new WorldDriver();
  driver.fork(addNode('note'));
  const [created, forkEvent, rewrite] = driver.events.map(present);
  assert.throws(() => apply(null, present(forkEvent), sha256), Bug);
  assert.throws(() => apply(driver.world, present(rewrite), sha256), Bug);
  const world = apply(null, present(created), sha256);
  assert.throws(() => apply(world, present(rewrite), sha256), Bug);
});

test('events on a workspace that is not open, or ops that can not run, are a bug', () => {
  const driver = new WorldDriver();
  const number = driver.fork(addNode('note'));
  driver.must('COLLAPSE', collapseWorkspace(number));
  const discarded = driver.fork();
  driver.must('DISCARD', discardWorkspace(discarded));
  for (const kind of ['REWRITE_APPLIED', 'COLLAPSE', 'DISCARD'] as const) {
    assert.throws(() => apply(driver.world, forged(driver, eventOf(driver, kind)), sha256), Bug, kind);
  }
  const open = driver.fork();
  const rewrite: Event = { ...eventOf(driver, 'REWRITE_APPLIED'), view: open, ops: [deleteNode(ZERO_DIGEST)] };
  assert.throws(() => apply(driver.world, forged(driver, rewrite), sha256), Bug);
});

test('apply trusts what an event records: it takes the digests and decides nothing', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  const decided = driver.must('REWRITE_APPLIED', applyRewrite(number, [addNode('note')]));
  const rewrite: Event = { ...decided, viewDigest: ZERO_DIGEST, snapshotId: ZERO_DIGEST };
  driver.world = apply(driver.world, forged(driver, rewrite), sha256);
  assert.deepEqual([driver.head(number).digest, driver.head(number).id], [ZERO_DIGEST, ZERO_DIGEST]);
});

test('an event that says it changes nothing changes nothing, in a fold that changes nodes in place too', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  const fold = new Fold(driver.world, sha256);
  const first = driver.must('REWRITE_APPLIED', applyRewrite(number, [addNode('first')]));
  fold.apply(encodeEvent(first, sha256));
  const liar: Event = { ...first, ops: [addNode('second')] };
  const { graph } = present(
    getWorkspace(fold.apply(encodeEvent({ ...liar, idx: first.idx + 1 }, sha256)), number),
  ).head;
  assert.equal(trieCount(graph.nodes), 1);
});

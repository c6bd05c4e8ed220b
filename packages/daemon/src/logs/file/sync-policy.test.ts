import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SyncPolicy } from './sync-policy.ts';

const SMALL = 500;
const LARGE = 1024 * 1024;

function feed(policy: SyncPolicy, latencyUs: number, count: number): void {
  for (let i = 0; i < count; i++) {
    if (policy.isInline(SMALL)) policy.sampleInline(latencyUs);
    else policy.sampleAsync(latencyUs, SMALL);
  }
}

test('a quick disk is waited for on the spot once it has shown to be quick', () => {
  const policy = new SyncPolicy('adaptive');
  assert.equal(policy.isInline(SMALL), false);
  feed(policy, 60, 31);
  assert.equal(policy.isInline(SMALL), false);
  feed(policy, 60, 1);
  assert.equal(policy.isInline(SMALL), true);
  feed(policy, 60, 1000);
  assert.equal(policy.isInline(SMALL), true);
  assert.equal(policy.isInline(LARGE), false);
});

test('a slow disk is left to the thread pool, at the second slow write in a row', () => {
  const policy = new SyncPolicy('adaptive');
  feed(policy, 2000, 500);
  assert.equal(policy.isInline(SMALL), false);
  feed(policy, 60, 32);
  assert.equal(policy.isInline(SMALL), true);
  feed(policy, 10_000, 1);
  assert.equal(policy.isInline(SMALL), true);
  feed(policy, 10_000, 1);
  assert.equal(policy.isInline(SMALL), false);
  feed(policy, 60, 32);
  feed(policy, 450, 100);
  assert.equal(policy.isInline(SMALL), false);
});

test('rare hiccups do not drive a quick disk’s writes away', () => {
  const policy = new SyncPolicy('adaptive');
  feed(policy, 200, 32);
  for (let i = 0; i < 100; i++) {
    feed(policy, 5000, 1);
    assert.equal(policy.isInline(SMALL), true);
    feed(policy, 200, 30);
  }
});

test('a busy loop, which delays most replies, does not hide a quick disk', () => {
  const policy = new SyncPolicy('adaptive');
  for (let i = 0; i < 64; i++) policy.sampleAsync(i % 16 === 0 ? 70 : 5000, SMALL);
  assert.equal(policy.isInline(SMALL), true);
});

test('large batches say nothing about small ones', () => {
  const policy = new SyncPolicy('adaptive');
  for (let i = 0; i < 100; i++) policy.sampleAsync(20, LARGE);
  assert.equal(policy.isInline(SMALL), false);
});

test('a pinned mode stays, whatever the disk does', () => {
  const inline = new SyncPolicy('inline');
  const asynchronous = new SyncPolicy('async');
  feed(inline, 1_000_000, 100);
  feed(asynchronous, 1, 100);
  assert.deepEqual([inline.isInline(SMALL), inline.isInline(LARGE)], [true, true]);
  assert.deepEqual([asynchronous.isInline(SMALL), asynchronous.isInline(LARGE)], [false, false]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import {
  applyRewrite,
  collapseBatch,
  createWorkspace,
  discardWorkspace,
  putNode,
} from '@jitos/testkit/world/make-ops.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { Head } from '@jitos/kernel';
import { RestingHeads } from './resting-heads.ts';

function isResting(driver: WorldDriver, number: number): boolean {
  const head = driver.head(number);
  assert.ok(head instanceof Head);
  return head.isAtRest;
}

/** Runs commands that `heads` hears of. */
function tell(driver: WorldDriver, heads: RestingHeads, ...commands: Parameters<WorldDriver['run']>[0][]): void {
  for (const command of commands) {
    const before = driver.events.length;
    assert.ok(driver.run(command).ok);
    heads.note(driver.events.slice(before), driver.world);
  }
}

test('the workspaces written last keep their graphs, the others rest', () => {
  const driver = new WorldDriver();
  const numbers = [0, 1, 2, 3].map(() => driver.fork(putNode('file', 'a')));
  const heads = new RestingHeads(driver.world, 2);
  assert.deepEqual(
    numbers.map((number) => isResting(driver, number)),
    [true, true, false, false],
  );
  tell(driver, heads, applyRewrite(0, [putNode('file', 'b')]));
  assert.deepEqual(
    numbers.map((number) => isResting(driver, number)),
    [false, true, true, false],
  );
});

test('a workspace that was forked keeps its graph', () => {
  const driver = new WorldDriver();
  const heads = new RestingHeads(driver.world, 1);
  const parent = driver.fork(putNode('file', 'a'));
  tell(driver, heads, createWorkspace({ from: parent }), applyRewrite(parent, [putNode('file', 'b')]));
  tell(driver, heads, applyRewrite(parent + 1, [putNode('file', 'c')]));
  assert.equal(isResting(driver, parent), false);
});

test('a workspace whose forks have ended rests as others do', () => {
  const driver = new WorldDriver();
  const heads = new RestingHeads(driver.world, 1);
  const parent = driver.fork();
  const other = driver.fork();
  tell(driver, heads, applyRewrite(parent, [putNode('file', 'a')]), createWorkspace({ from: parent }));
  tell(driver, heads, applyRewrite(other, [putNode('file', 'b')]), discardWorkspace(other + 1));
  for (const key of ['c', 'd']) tell(driver, heads, applyRewrite(other, [putNode('file', key)]));
  assert.deepEqual([isResting(driver, parent), isResting(driver, other)], [true, false]);
});

test('a workspace that has ended is forgotten', () => {
  const driver = new WorldDriver();
  const heads = new RestingHeads(driver.world, 1);
  const first = driver.fork();
  const second = driver.fork();
  tell(driver, heads, applyRewrite(first, [putNode('file', 'a')]), discardWorkspace(first));
  tell(driver, heads, applyRewrite(second, [putNode('file', 'a')]));
  assert.equal(isResting(driver, second), false);
});

test('the workspaces that a batch carried are forgotten, and what they went into was written last', () => {
  const driver = new WorldDriver();
  const heads = new RestingHeads(driver.world, 2);
  const parent = driver.fork(putNode('file', 'p'));
  const other = driver.fork();
  const first = other + 1;
  tell(driver, heads, createWorkspace({ from: parent }), createWorkspace({ from: parent }));
  tell(driver, heads, applyRewrite(first, [putNode('file', 'a')]), applyRewrite(first + 1, [putNode('file', 'b')]));
  tell(driver, heads, applyRewrite(other, [putNode('file', 'a')]), collapseBatch([first, first + 1]));
  tell(driver, heads, applyRewrite(other, [putNode('file', 'c')]));
  assert.deepEqual([isResting(driver, parent), isResting(driver, other)], [false, false]);
});

test('a world with resting workspaces is the world that it was', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 1 }), putNode('file', 'b'));
  for (let i = 0; i < 3; i++) driver.fork(putNode('file', 'a', { v: 2 + i }), putNode('file', `${i}`));
  const before = describeWorld(driver.world);
  new RestingHeads(driver.world, 1).note([], driver.world);
  assert.equal(isResting(driver, 1), true);
  assert.deepEqual(describeWorld(driver.world), before);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  advanceClock,
  applyRewrite,
  changeSettings,
  collapseWorkspace,
  createWorkspace,
  expireWorkspace,
  putNode,
  rebaseWorkspace,
} from '@jitos/testkit/world/make-ops.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { NEVER_TICKS } from '../view/settings.ts';
import { worldDigest } from '../world.ts';

/** Runs ticks, then asks for the workspace's end. */
function isExpired(driver: WorldDriver, number: number, ticks: number): boolean {
  driver.must('TICK', advanceClock(ticks));
  const decision = driver.run(expireWorkspace(number, { principal: 'world' }));
  if (!decision.ok) assert.equal(decision.reason, 'WORKSPACE_NOT_IDLE');
  return decision.ok;
}

test('no workspace expires unless it is set that they do', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  assert.equal(isExpired(driver, number, 1_000_000), false);
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceIdleTicksMax: 10 }));
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceIdleTicksMax: NEVER_TICKS }));
  assert.equal(isExpired(driver, number, 1_000_000), false);
});

test('a workspace that was there before the limit is idle from then on, not from before', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  driver.must('TICK', advanceClock(100));
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceIdleTicksMax: 10 }));
  assert.equal(isExpired(driver, number, 9), false);
  assert.equal(isExpired(driver, number, 1), true);
});

test('writing, rebasing and trying to collapse are use; the event that ends it says since when nobody did', () => {
  const driver = new WorldDriver();
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceIdleTicksMax: 10 }));
  const number = driver.must('SWS_CREATED', createWorkspace()).view;
  assert.equal(isExpired(driver, number, 9), false);
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'a', { v: 1 })]));
  assert.equal(isExpired(driver, number, 9), false);
  driver.commit(putNode('file', 'a', { v: 2 }));
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(number)).mode, null);
  assert.equal(isExpired(driver, number, 9), false);
  driver.must('REBASE', rebaseWorkspace(number, { policyId: 5 }));
  assert.equal(isExpired(driver, number, 9), false);
  driver.must('TICK', advanceClock(1));
  assert.equal(driver.must('DISCARD', expireWorkspace(number, { principal: 'world' })).reason, 'idle since tick 27');
  assert.equal(worldDigest(fold(driver.events.map(reread)), sha256), worldDigest(driver.world, sha256));
});

test('a base grows old by ticks where that is set, a fork with the workspace that it came from; a rebase makes it young', () => {
  const driver = new WorldDriver();
  driver.must('SETTINGS_CHANGED', changeSettings({ baseAgeTicksMax: 10 }));
  const number = driver.fork(putNode('file', 'a'));
  driver.must('TICK', advanceClock(8));
  const fork = driver.must('SWS_CREATED', createWorkspace({ from: number })).view;
  driver.must('TICK', advanceClock(2));
  driver.must('REWRITE_APPLIED', applyRewrite(fork, [putNode('file', 'b')]));
  driver.must('TICK', advanceClock(1));
  for (const command of [applyRewrite(fork, [putNode('file', 'c')]), collapseWorkspace(number)]) {
    assert.equal(driver.refused(command).reason, 'REBASE_NEEDED', command.type);
  }
  driver.must('COLLAPSE', collapseWorkspace(fork));
  driver.must('REBASE', rebaseWorkspace(number));
  driver.must('TICK', advanceClock(10));
  assert.notEqual(driver.must('COLLAPSE', collapseWorkspace(number)).mode, null);
  assert.equal(worldDigest(fold(driver.events.map(reread)), sha256), worldDigest(driver.world, sha256));
});

test('a base that was there before the limit is as old as the limit', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  driver.must('TICK', advanceClock(100));
  driver.must('SETTINGS_CHANGED', changeSettings({ baseAgeTicksMax: 10 }));
  driver.must('TICK', advanceClock(10));
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'a')]));
  driver.must('TICK', advanceClock(1));
  assert.equal(driver.refused(applyRewrite(number, [putNode('file', 'b')])).reason, 'REBASE_NEEDED');
});

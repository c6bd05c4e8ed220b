import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addNode,
  applyRewrite,
  collapseWorkspace,
  contentId,
  createWorkspace,
  discardWorkspace,
  putNode,
} from '@jitos/testkit/world/make-ops.ts';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import { fold, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { encodeValue } from '../bytes/value.ts';
import type { Command } from './command.ts';
import { trieCount, trieGet } from '../trie/trie.ts';
import { ENDED_WORKSPACES_MAX } from '../view/ended-window.ts';
import { getEndedWorkspace, getWorkspace } from '../world.ts';

const NOTE = contentId('note');

test('workspaces are numbered from 0 and start as System is', () => {
  const driver = new WorldDriver();
  driver.commit(addNode('note'));
  const created = driver.must('SWS_CREATED', createWorkspace({ meta: 'mine' }));
  assert.deepEqual([created.view, created.baseSnapshotId, created.idx], [1, driver.world.system.id, 4]);
  const workspace = driver.workspace(1);
  assert.deepEqual([workspace.number, workspace.createdIdx, workspace.meta], [1, 4, encodeValue('mine')]);
  assert.equal(workspace.base, driver.world.system);
  assert.equal(workspace.head, driver.world.system);
});

test('a new workspace shares System whole: it costs its own record, whatever the graph holds', () => {
  const driver = new WorldDriver();
  driver.commit(...Array.from({ length: 500 }, (_, i) => putNode('file', `${i}`)));
  const number = driver.fork();
  assert.equal(driver.head(number).graph, driver.world.system.graph);
});

test('what a workspace writes is seen by nobody else', () => {
  const driver = new WorldDriver();
  const first = driver.fork();
  const second = driver.fork();
  const system = driver.world.system;
  driver.must('REWRITE_APPLIED', applyRewrite(first, [addNode('note')]));
  assert.ok(trieGet(driver.head(first).graph.nodes, NOTE) !== undefined);
  assert.equal(trieGet(driver.head(second).graph.nodes, NOTE), undefined);
  assert.equal(driver.world.system, system);
  assert.equal(driver.head(driver.fork()).id, system.id);
});

test('creating a workspace takes no rewriteIdx; discarding one does', () => {
  const driver = new WorldDriver();
  const number = driver.fork();
  assert.equal(driver.world.rewriteCount, 0);
  const discard = driver.must('DISCARD', discardWorkspace(number, { reason: 'no use', meta: 1 }));
  assert.deepEqual([discard.rewriteIdx, discard.createdIdx, discard.reason], [0, 1, 'no use']);
  assert.equal(driver.world.rewriteCount, 1);
});

test('a discarded workspace is gone, and remembered as discarded; System has not moved', () => {
  const driver = new WorldDriver();
  const system = driver.world.system;
  const number = driver.fork(addNode('note'));
  driver.must('DISCARD', discardWorkspace(number));
  assert.equal(getWorkspace(driver.world, number), undefined);
  assert.deepEqual(getEndedWorkspace(driver.world, number), {
    number,
    endedIdx: 3,
    end: 'DISCARDED',
    baseView: null,
    parentSnapshotId: system.id,
    owner: null,
    meta: null,
  });
  assert.equal(driver.world.system, system);
});

test('an ended workspace and one that never was are refused apart', () => {
  const driver = new WorldDriver();
  const ended = driver.fork();
  driver.must('DISCARD', discardWorkspace(ended));
  const commands = (number: number): Command[] => [
    applyRewrite(number, [addNode('note')]),
    collapseWorkspace(number),
    discardWorkspace(number),
  ];
  for (const command of commands(ended)) assert.equal(driver.refused(command).reason, 'WORKSPACE_ENDED');
  for (const command of commands(7)) assert.equal(driver.refused(command).reason, 'WORKSPACE_NOT_FOUND');
  const places = commands(ended).map((command) => driver.refused(command).place);
  assert.deepEqual(places, ['view', 'workspace', 'workspace']);
});

test('of the workspaces the 1,024 that ended last are known, whatever their numbers, live and folded', () => {
  const driver = new WorldDriver();
  const oldest = driver.fork();
  const second = driver.fork();
  driver.must('COLLAPSE', collapseWorkspace(second));
  for (let i = 1; i < ENDED_WORKSPACES_MAX; i++) driver.must('DISCARD', discardWorkspace(driver.fork()));
  assert.equal(getEndedWorkspace(driver.world, second)?.end, 'COLLAPSED');
  driver.must('DISCARD', discardWorkspace(oldest));
  assert.equal(trieCount(driver.world.ended.workspaces), ENDED_WORKSPACES_MAX);
  assert.equal(getEndedWorkspace(driver.world, second), undefined);
  assert.equal(getEndedWorkspace(driver.world, oldest)?.endedIdx, driver.events.length - 1);
  assert.deepEqual(describeWorld(fold(driver.events)), describeWorld(driver.world));
});

test('a workspace that is forgotten has ended all the same, and its number is not used again', () => {
  const driver = new WorldDriver();
  for (let i = 0; i <= ENDED_WORKSPACES_MAX; i++) driver.must('DISCARD', discardWorkspace(driver.fork()));
  assert.equal(getEndedWorkspace(driver.world, 0), undefined);
  assert.equal(driver.refused(discardWorkspace(0)).reason, 'WORKSPACE_ENDED');
  assert.equal(driver.fork(), ENDED_WORKSPACES_MAX + 1);
});

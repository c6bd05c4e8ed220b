import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeGraph } from '@jitos/testkit/world/describe-world.ts';
import {
  addEdge,
  applyRewrite,
  createWorkspace,
  deleteEdge,
  deleteNode,
  discardWorkspace,
  edgeIdOf,
  keyedId,
  putNode,
} from '@jitos/testkit/world/make-ops.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { graphDigest } from '../graph/graph.ts';
import { changesSince, Head, type ChangeList } from './head.ts';

function headOf(driver: WorldDriver, number: number): Head {
  const head = driver.head(number);
  assert.ok(head instanceof Head);
  return head;
}

test('a head at rest has the graph that it had, digest included', () => {
  const driver = new WorldDriver();
  const [a, b] = [keyedId('file', 'a'), keyedId('file', 'b')];
  driver.commit(putNode('file', 'a'), putNode('file', 'b'), addEdge(a, b, 'owns'));
  const number = driver.fork(
    deleteEdge(edgeIdOf(a, b, 'owns')),
    deleteNode(b),
    putNode('file', 'c'),
    addEdge(a, a, 'is'),
  );
  const head = headOf(driver, number);
  const before = describeGraph(head.graph);
  head.rest();
  assert.equal(head.isAtRest, true);
  assert.deepEqual(describeGraph(head.graph), before);
  assert.equal(graphDigest(head.graph, head.rules.id, sha256), head.digest);
});

test('a graph that is built at rest is the same one while it is used', () => {
  const driver = new WorldDriver();
  const head = headOf(driver, driver.fork(putNode('file', 'a')));
  head.rest();
  const { graph } = head;
  assert.equal(head.graph, graph);
});

test('a head at rest tells what its workspace changed, also when that has come to another base', () => {
  const driver = new WorldDriver();
  const parent = driver.fork(putNode('file', 'a'));
  const child = driver.must('SWS_CREATED', createWorkspace({ from: parent })).view;
  driver.must('REWRITE_APPLIED', applyRewrite(child, [putNode('file', 'c')]));
  headOf(driver, child).rest();
  const changed = (): number => changesSince(driver.workspace(child).base, driver.head(child)).nodes.length;
  const before = changed();
  driver.must('DISCARD', discardWorkspace(parent));
  assert.deepEqual([before, changed()], [1, 2]);
});

test('a head whose workspace has come to another base rests on that one', () => {
  const driver = new WorldDriver();
  const parent = driver.fork(putNode('file', 'a'));
  const child = driver.must('SWS_CREATED', createWorkspace({ from: parent })).view;
  driver.must('REWRITE_APPLIED', applyRewrite(child, [putNode('file', 'c')]));
  driver.must('DISCARD', discardWorkspace(parent));
  const head = headOf(driver, child);
  head.rest();
  const changes = (): ChangeList => head.changesSince(driver.workspace(child).base);
  assert.equal(changes(), changes());
});

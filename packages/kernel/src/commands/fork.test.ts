import assert from 'node:assert/strict';
import { test } from 'node:test';
import { describeGraph, worldProblems } from '@jitos/testkit/world/describe-world.ts';
import {
  applyRewrite,
  changeSettings,
  collapseWorkspace,
  createWorkspace,
  discardWorkspace,
  keyedId,
  putNode,
  rebaseWorkspace,
} from '@jitos/testkit/world/make-ops.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { trieCount, type Trie } from '../trie/trie.ts';
import { trieEntries } from '../trie/walk.ts';
import { CHILDREN_MAX } from './workspace.ts';

function fork(driver: WorldDriver, from: number): number {
  return driver.must('SWS_CREATED', createWorkspace({ from })).view;
}

function write(driver: WorldDriver, number: number, ...keys: string[]): void {
  const ops = keys.map((key) => putNode('file', key, { by: number }));
  driver.must('REWRITE_APPLIED', applyRewrite(number, ops));
}

/** Keys of the files that a view has. */
function keysOf(driver: WorldDriver, number: number | null): string[] {
  const { graph } = number === null ? driver.world.system : driver.head(number);
  return trieEntries(graph.nodes)
    .map(({ value }) => (value.type === 'keyed' ? value.key : ''))
    .toSorted();
}

function childrenOf(driver: WorldDriver, number: number): number[] {
  return trieEntries(driver.workspace(number).children).map(({ value }) => value);
}

/** The nodes of a trie. */
function nodesOf<V>(trie: Trie<V>): Trie<V>[] {
  return [trie, ...(trie.leaf ? [] : trie.children.flatMap(nodesOf))];
}

test('a fork begins with what its workspace holds, and neither sees what the other writes', () => {
  const driver = new WorldDriver();
  const parent = driver.fork(putNode('file', 'a'));
  const head = driver.head(parent);
  const child = fork(driver, parent);
  assert.deepEqual([driver.workspace(child).base, driver.head(child)], [head, head]);
  write(driver, child, 'c');
  write(driver, parent, 'p');
  assert.deepEqual(
    [keysOf(driver, parent), keysOf(driver, child)],
    [
      ['a', 'p'],
      ['a', 'c'],
    ],
  );
});

test('a fork collapses into its workspace, not into System', () => {
  const driver = new WorldDriver();
  const parent = driver.fork(putNode('file', 'a'));
  const child = fork(driver, parent);
  write(driver, child, 'c');
  write(driver, parent, 'p');
  const { system, systemChanges } = driver.world;
  const event = driver.must('COLLAPSE', collapseWorkspace(child));
  const { head } = driver.workspace(parent);
  assert.deepEqual(
    [event.mode, event.target, event.targetDigest, event.targetSnapshotId],
    ['merged', parent, head.digest, head.id],
  );
  assert.deepEqual(keysOf(driver, parent), ['a', 'c', 'p']);
  assert.deepEqual([driver.world.system, driver.world.systemChanges], [system, systemChanges]);
  assert.deepEqual([childrenOf(driver, parent), driver.workspace(parent).opCount], [[], 3]);
});

test('when a workspace commits, its forks collapse into what it collapsed into, from the base they have', () => {
  const driver = new WorldDriver();
  const parent = driver.fork(putNode('file', 'a'));
  const child = fork(driver, parent);
  const base = driver.head(parent);
  write(driver, child, 'c');
  driver.must('COLLAPSE', collapseWorkspace(parent));
  assert.deepEqual([driver.workspace(child).parent, driver.workspace(child).base], [null, base]);
  assert.equal(driver.must('COLLAPSE', collapseWorkspace(child)).mode, 'merged');
  assert.deepEqual(keysOf(driver, null), ['a', 'c']);
});

test('when a workspace is discarded, what it had written before the fork is its forks’', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 's'));
  const parent = driver.fork(putNode('file', 'a'));
  const child = fork(driver, parent);
  write(driver, parent, 'later');
  write(driver, child, 'c');
  const { base } = driver.workspace(parent);
  driver.must('DISCARD', discardWorkspace(parent));
  const { parent: target, base: childBase, opCount } = driver.workspace(child);
  assert.deepEqual([target, childBase, opCount], [null, base, 2]);
  driver.must('COLLAPSE', collapseWorkspace(child));
  assert.deepEqual(keysOf(driver, null), ['a', 'c', 's']);
});

/** Writes keys that must not be there yet. */
function claim(driver: WorldDriver, number: number, ...keys: string[]): void {
  for (const key of keys) driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', key, {}, 'absent')]));
}

function expectedBy(driver: WorldDriver, number: number): string[] {
  const names = new Map(['a', 'c', 'later', 'm'].map((key) => [keyedId('file', key), key]));
  return trieEntries(driver.workspace(number).expected)
    .map(({ value }) => names.get(value.id)!) // no other key is claimed
    .toSorted();
}

test('a fork is held to what its discarded workspace expected before the fork, not to what it did afterwards', () => {
  const driver = new WorldDriver();
  const parent = driver.fork();
  claim(driver, parent, 'a');
  const child = fork(driver, parent);
  claim(driver, parent, 'later');
  claim(driver, child, 'c');
  driver.must('DISCARD', discardWorkspace(parent));
  assert.deepEqual(expectedBy(driver, child), ['a', 'c']);
  driver.commit(putNode('file', 'later'));
  driver.must('COLLAPSE', collapseWorkspace(child));
  assert.deepEqual(keysOf(driver, null), ['a', 'c', 'later']);
});

test('nor is it to what came into its workspace from another fork', () => {
  const driver = new WorldDriver();
  const parent = driver.fork();
  claim(driver, parent, 'a');
  const [child, sibling] = [fork(driver, parent), fork(driver, parent)];
  claim(driver, sibling, 'later', 'm');
  driver.must('COLLAPSE', collapseWorkspace(sibling));
  driver.must('DISCARD', discardWorkspace(parent));
  assert.deepEqual([expectedBy(driver, child), driver.workspace(child).opCount], [['a'], 1]);
});

test('what led to a fork is taken over through workspaces that went into others', () => {
  const driver = new WorldDriver();
  const top = driver.fork();
  claim(driver, top, 'a');
  const middle = fork(driver, top);
  claim(driver, middle, 'm');
  const low = fork(driver, middle);
  claim(driver, top, 'later');
  claim(driver, low, 'c');
  driver.must('COLLAPSE', collapseWorkspace(middle));
  assert.deepEqual(expectedBy(driver, low), ['c']);
  driver.must('DISCARD', discardWorkspace(top));
  assert.deepEqual([expectedBy(driver, low), driver.workspace(low).opCount], [['a', 'c', 'm'], 3]);
});

test('a fork that was rebased takes over what its workspace had by then', () => {
  const driver = new WorldDriver();
  const parent = driver.fork();
  claim(driver, parent, 'a');
  const child = fork(driver, parent);
  claim(driver, child, 'c');
  claim(driver, parent, 'later');
  driver.must('REBASE', rebaseWorkspace(child));
  driver.must('DISCARD', discardWorkspace(parent));
  assert.deepEqual([expectedBy(driver, child), driver.workspace(child).opCount], [['a', 'c', 'later'], 3]);
});

test('forks of one state share what they take over', () => {
  const driver = new WorldDriver();
  const top = driver.fork();
  claim(driver, top, 'a');
  const middle = fork(driver, top);
  claim(driver, middle, 'm');
  const lows = [fork(driver, middle), fork(driver, middle)];
  driver.must('DISCARD', discardWorkspace(top));
  const [first, second] = lows.map((low) => driver.workspace(low).parentAtFork?.expected);
  assert.equal(first && trieCount(first), 2);
  assert.ok(first === second);
});

test('forks of a fork go on with its workspace, whichever way it ends', () => {
  for (const end of [collapseWorkspace, discardWorkspace]) {
    const driver = new WorldDriver();
    const top = driver.fork(putNode('file', 'a'));
    const middle = fork(driver, top);
    write(driver, middle, 'm');
    const low = fork(driver, middle);
    write(driver, low, 'l');
    const other = fork(driver, top);
    const event = driver.run(end(middle));
    assert.ok(event.ok);
    assert.deepEqual([driver.workspace(low).parent, childrenOf(driver, top)], [top, [low, other]]);
    driver.must('COLLAPSE', collapseWorkspace(low));
    assert.deepEqual(keysOf(driver, top), ['a', 'l', 'm']);
    assert.deepEqual(worldProblems(driver.world), []);
  }
});

test('a fork of a workspace that has not written is a workspace like another', () => {
  const driver = new WorldDriver();
  const child = fork(driver, driver.fork());
  write(driver, child, 'c');
  const event = driver.must('COLLAPSE', collapseWorkspace(child));
  assert.deepEqual([event.mode, event.target], ['forward', 0]);
  assert.deepEqual(
    describeGraph(driver.head(0).graph).nodes.map(([id]) => id),
    [Buffer.from(keyedId('file', 'c'), 'latin1').toString('hex')],
  );
});

test('forks of one workspace are limited, and so are open workspaces', () => {
  const driver = new WorldDriver();
  const parent = driver.fork();
  for (let i = 0; i < CHILDREN_MAX; i++) fork(driver, parent);
  const forks = driver.refused(createWorkspace({ from: parent }));
  assert.deepEqual([forks.reason, forks.place], ['WORKSPACES_TOO_MANY', 'from']);
  driver.must('SETTINGS_CHANGED', changeSettings({ openWorkspacesMax: CHILDREN_MAX + 2 }));
  driver.fork();
  const open = driver.refused(createWorkspace());
  assert.deepEqual([open.reason, open.place], ['WORKSPACES_TOO_MANY', '']);
});

test('a workspace may take over more forks than it could have made, and ends one without a look at the others', () => {
  const driver = new WorldDriver();
  const top = driver.fork();
  for (const middle of [1, 2, 3].map(() => fork(driver, top))) {
    for (let i = 0; i < CHILDREN_MAX / 2; i++) fork(driver, middle);
    driver.must('DISCARD', discardWorkspace(middle));
  }
  const before = driver.workspace(top).children;
  assert.ok(trieCount(before) > CHILDREN_MAX);
  const [first] = childrenOf(driver, top);
  assert.ok(first !== undefined);
  driver.must('DISCARD', discardWorkspace(first));
  const after = driver.workspace(top).children;
  assert.equal(trieCount(after), trieCount(before) - 1);
  const shared = new Set(nodesOf(before));
  const made = nodesOf(after).filter((node) => !shared.has(node));
  assert.ok(made.length <= 4, `${made.length} nodes of ${shared.size} are new`);
});

test('what is not open can’t be forked', () => {
  const driver = new WorldDriver();
  assert.equal(driver.refused(createWorkspace({ from: 0 })).reason, 'WORKSPACE_NOT_FOUND');
  driver.must('DISCARD', discardWorkspace(driver.fork()));
  assert.equal(driver.refused(createWorkspace({ from: 0 })).reason, 'WORKSPACE_ENDED');
});

test('a fork is as old as its workspace', () => {
  const driver = new WorldDriver();
  const parent = driver.fork();
  driver.commit(putNode('file', 's'));
  const { baseSystemChanges } = driver.workspace(fork(driver, parent));
  assert.equal(baseSystemChanges, 0);
});

test('a fork whose workspace has become too old collapses into it, which can then be rebased', () => {
  const driver = new WorldDriver();
  driver.must('SETTINGS_CHANGED', changeSettings({ baseAgeSystemChangesMax: 1 }));
  const parent = driver.fork(putNode('file', 'a'));
  const child = fork(driver, parent);
  write(driver, child, 'c');
  for (const key of ['s', 't']) driver.commit(putNode('file', key));
  assert.equal(driver.refused(collapseWorkspace(parent)).reason, 'REBASE_NEEDED');
  driver.must('COLLAPSE', collapseWorkspace(child));
  driver.must('REBASE', rebaseWorkspace(parent));
  assert.deepEqual(keysOf(driver, parent), ['a', 'c', 's', 't']);
});

test('forks don’t fill a workspace beyond what it may hold', () => {
  const driver = new WorldDriver();
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceOpsMax: 2 }));
  const parent = driver.fork(putNode('file', 'a'));
  const child = fork(driver, parent);
  write(driver, child, 'b', 'c');
  const full = driver.refused(collapseWorkspace(child));
  assert.deepEqual([full.reason, full.place], ['WORKSPACE_TOO_LARGE', 'workspace']);
  driver.must('COLLAPSE', collapseWorkspace(parent));
  driver.must('COLLAPSE', collapseWorkspace(child));
  assert.deepEqual(keysOf(driver, null), ['a', 'b', 'c']);
});

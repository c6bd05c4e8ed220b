import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  applyRewrite,
  changeSettings,
  collapseWorkspace,
  createWorkspace,
  discardWorkspace,
  keyedId,
  putNode,
  deleteNode,
} from '@jitos/testkit/world/make-ops.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { DEFAULT_SETTINGS, SETTING_NAMES, SETTINGS_MAX } from '../view/settings.ts';
import { nodeValueDigest } from '../graph/element.ts';
import { trieEntries } from '../trie/walk.ts';

test('settings change where they are named, by an event that replay finds again', () => {
  const driver = new WorldDriver();
  const event = driver.must('SETTINGS_CHANGED', changeSettings({ abortsMax: 3 }, { meta: 'why' }));
  const settings = { ...DEFAULT_SETTINGS, abortsMax: 3 };
  assert.deepEqual([event.settings, driver.world.settings], [settings, settings]);
  assert.deepEqual(fold(driver.events.map(reread)).settings, settings);
});

test('a setting has bounds', () => {
  const driver = new WorldDriver();
  for (const name of SETTING_NAMES) {
    for (const value of [0, -1, 1.5, SETTINGS_MAX[name] + 1]) {
      const { reason, place } = driver.refused(changeSettings({ [name]: value }));
      assert.deepEqual([reason, place], ['SETTING_INVALID', name]);
    }
  }
  assert.equal(driver.refused(changeSettings({ defaultPolicyId: 1000 })).reason, 'POLICY_UNKNOWN');
});

test('a workspace takes so many ops and no more, until it begins anew', () => {
  const driver = new WorldDriver();
  driver.must('SETTINGS_CHANGED', changeSettings({ workspaceOpsMax: 2 }));
  const number = driver.fork(putNode('file', 'a'));
  const full = driver.refused(applyRewrite(number, [putNode('file', 'b'), putNode('file', 'c')]));
  assert.deepEqual([full.reason, full.place], ['WORKSPACE_TOO_LARGE', 'view']);
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'b')]));
  assert.equal(driver.refused(applyRewrite(number, [putNode('file', 'c')])).reason, 'WORKSPACE_TOO_LARGE');
});

test('after so many aborts a workspace needs attention: it is not collapsed again, but can be discarded', () => {
  const driver = new WorldDriver();
  driver.must('SETTINGS_CHANGED', changeSettings({ abortsMax: 2 }));
  const number = driver.fork(putNode('file', 'a', { v: 1 }));
  driver.commit(putNode('file', 'a', { v: 2 }));
  for (let i = 1; i <= 2; i++) {
    assert.equal(driver.must('COLLAPSE', collapseWorkspace(number)).mode, null);
    assert.equal(driver.workspace(number).abortCount, i);
  }
  const refusal = driver.refused(collapseWorkspace(number));
  assert.deepEqual([refusal.reason, refusal.place], ['WORKSPACE_NEEDS_ATTENTION', 'workspace']);
  driver.must('DISCARD', discardWorkspace(number));
});

test('a workspace remembers what its ops expected of elements that are as in its base', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'a', { v: 1 }), putNode('file', 'b', { v: 1 }));
  const [a, b, c] = [keyedId('file', 'a'), keyedId('file', 'b'), keyedId('file', 'c')];
  const value = (key: string): ReturnType<typeof nodeValueDigest> => {
    const found = trieEntries(driver.world.system.graph.nodes).find((entry) => entry.key === key);
    assert.ok(found !== undefined);
    return nodeValueDigest(found.value);
  };
  const valueOfB = value(b);
  const number = driver.must('SWS_CREATED', createWorkspace()).view;
  driver.must(
    'REWRITE_APPLIED',
    applyRewrite(number, [
      putNode('file', 'a', { v: 2 }),
      putNode('file', 'b', { v: 3 }, valueOfB),
      putNode('file', 'c', {}, 'absent'),
      deleteNode(keyedId('file', 'c')),
    ]),
  );
  const written = trieEntries(driver.head(number).graph.nodes).find(({ key }) => key === a);
  assert.ok(written !== undefined);
  driver.must(
    'REWRITE_APPLIED',
    applyRewrite(number, [putNode('file', 'a', { v: 4 }, nodeValueDigest(written.value))]),
  );
  const expected = trieEntries(driver.workspace(number).expected).map(({ key, value: held }) => [key, held.value]);
  const sorted = [
    [b, valueOfB],
    [c, null],
  ].toSorted(([x], [y]) => (x! < y! ? -1 : 1));
  assert.deepEqual(expected, sorted);
});

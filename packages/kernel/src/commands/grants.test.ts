import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addGrant,
  advanceClock,
  applyRewrite,
  changeSettings,
  collapseBatch,
  collapseWorkspace,
  createWorkspace,
  deleteNode,
  discardWorkspace,
  grantTerms,
  keyedId,
  putNode,
  rebaseWorkspace,
  recordCheckpoint,
  revokeGrant,
  testKey,
  testPrincipal,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import type { Digest } from '../bytes/digest.ts';
import { DENIALS_TOLD_MAX } from '../grant/denials.ts';
import { GRANT_DEPTH_MAX, type GrantTerms } from '../grant/grant.ts';
import { getGrant, GRANTS_A_HOLDER_MAX, LINKS_SHARE } from '../grant/grants.ts';
import { worldDigest } from '../world.ts';
import { holdsGrants, isDeniable, readProblem, verbProblem } from './access.ts';

const ANN = { principal: testPrincipal('ann') };
const BOB = { principal: testPrincipal('bob') };

/** Takes up the grant and returns its id. */
function give(driver: WorldDriver, terms: GrantTerms): Digest {
  return driver.must('GRANT_ADDED', addGrant(terms)).grantId;
}

test('a key may do nothing before it was granted something, and writes no event', () => {
  const driver = new WorldDriver();
  const number = driver.fork(putNode('file', 'a'));
  for (const command of [
    createWorkspace(ANN),
    applyRewrite(number, [putNode('file', 'b')], ANN),
    rebaseWorkspace(number, ANN),
    discardWorkspace(number, ANN),
    collapseWorkspace(number, ANN),
    collapseBatch([number], ANN),
    changeSettings({ abortsMax: 1 }, ANN),
    recordCheckpoint(ANN),
    advanceClock(1, ANN),
    addGrant(grantTerms('ann'), ANN),
    revokeGrant(keyedId('file', 'a'), ANN),
  ]) {
    assert.equal(driver.refused(command).reason, 'ACCESS_DENIED', command.type);
  }
  assert.equal(holdsGrants(driver.world, ANN.principal), false);
});

test('a key works in workspaces of its own, and each event names the grant that allowed it', () => {
  const driver = new WorldDriver();
  const grant = give(driver, grantTerms('ann', { verbs: ['read', 'write', 'collapse'] }));
  const created = driver.must('SWS_CREATED', createWorkspace(ANN));
  assert.equal(driver.workspace(created.view).owner, testKey('ann'));
  const rewrite = driver.must('REWRITE_APPLIED', applyRewrite(created.view, [putNode('file', 'a')], ANN));
  const collapse = driver.must('COLLAPSE', collapseWorkspace(created.view, ANN));
  for (const { cause } of [created, rewrite, collapse]) assert.equal(cause.grant, grant);
  assert.equal(worldDigest(fold(driver.events.map(reread)), sha256), worldDigest(driver.world, sha256));
});

test("a workspace is its owner's: another key needs control over it, the operator needs nothing", () => {
  const driver = new WorldDriver();
  give(driver, grantTerms('ann', { verbs: ['write', 'collapse'] }));
  give(driver, grantTerms('bob', { verbs: ['read', 'write', 'collapse'] }));
  const number = driver.must('SWS_CREATED', createWorkspace(ANN)).view;
  const forbidden = driver.denied(applyRewrite(number, [putNode('file', 'a')], BOB));
  assert.deepEqual([forbidden.verb, forbidden.view], ['control', number]);
  for (const command of [
    createWorkspace({ ...BOB, from: number }),
    rebaseWorkspace(number, BOB),
    discardWorkspace(number, BOB),
    collapseWorkspace(number, BOB),
  ])
    assert.equal(driver.denied(command).verb, 'control');
  assert.equal(readProblem(driver.world, BOB.principal, number, 0)?.reason, 'ACCESS_DENIED');
  assert.equal(readProblem(driver.world, BOB.principal, 'system', 0), undefined);
  assert.equal(readProblem(driver.world, ANN.principal, 'system', 0)?.reason, 'ACCESS_DENIED', 'ann may not read');
  give(driver, grantTerms('bob', { verbs: ['control'] }));
  assert.equal(readProblem(driver.world, BOB.principal, number, 0), undefined);
  assert.equal(verbProblem(driver.world, BOB.principal, 'work', 0)?.reason, 'ACCESS_DENIED', 'work is apart');
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'a')], BOB));
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'b')]));
  driver.must('DISCARD', discardWorkspace(number, BOB));
  assert.equal(readProblem(driver.world, ANN.principal, number, 0)?.detail, "no grant allows 'read'");
});

test("a fork of another's workspace, made while that was allowed, reaches it no more when it is not", () => {
  const driver = new WorldDriver();
  give(driver, grantTerms('ann', { verbs: ['write', 'collapse'] }));
  give(driver, grantTerms('bob', { verbs: ['write', 'collapse'] }));
  const control = give(driver, grantTerms('bob', { verbs: ['control'] }));
  const number = driver.must('SWS_CREATED', createWorkspace(ANN)).view;
  const forkOfAnn = (): number => driver.must('SWS_CREATED', createWorkspace({ ...BOB, from: number })).view;
  const [collapsed, fork] = [forkOfAnn(), forkOfAnn()];
  driver.must('REWRITE_APPLIED', applyRewrite(fork, [putNode('file', 'bob')], BOB));
  driver.must('COLLAPSE', collapseWorkspace(collapsed, BOB));
  driver.must('GRANT_REVOKED', revokeGrant(control));
  const { digest } = driver.workspace(number).head;
  for (const command of [collapseWorkspace(fork, BOB), collapseBatch([fork], BOB), rebaseWorkspace(fork, BOB)]) {
    const { verb, view } = driver.denied(command);
    assert.deepEqual([verb, view], ['control', number], command.type);
  }
  assert.equal(driver.workspace(number).head.digest, digest);
  driver.must('DISCARD', discardWorkspace(fork, BOB));
});

test("what the operator opened is no key's, however it came to be named", () => {
  const driver = new WorldDriver();
  give(driver, grantTerms('ann', { verbs: ['read', 'write', 'collapse'] }));
  const number = driver.fork();
  assert.equal(driver.denied(applyRewrite(number, [putNode('file', 'a')], ANN)).view, number);
  driver.must('DISCARD', discardWorkspace(number));
  assert.equal(driver.denied(discardWorkspace(number, ANN)).view, number, 'remembered as ended');
  assert.equal(driver.refused(discardWorkspace(99, ANN)).reason, 'WORKSPACE_NOT_FOUND');
});

test('a link narrows: kinds, prefix, verbs and time are what every grant of the chain allows', () => {
  const driver = new WorldDriver();
  const root = give(driver, grantTerms('ann', { verbs: ['read', 'write', 'collapse'], kinds: ['file', 'task'] }));
  const wide = { verbs: ['read', 'write', 'collapse', 'control'], parent: root } as const;
  give(driver, grantTerms('bob', { ...wide, kinds: ['note', 'task'], keyPrefix: utf8('b/'), until: 5 }));
  const number = driver.must('SWS_CREATED', createWorkspace(BOB)).view;
  assert.equal(driver.denied(changeSettings({ abortsMax: 1 }, BOB)).verb, 'control');
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('task', 'b/1')], BOB));
  for (const op of [putNode('file', 'b/1'), putNode('note', 'b/1'), putNode('task', 'a/1')]) {
    const { written, verb } = driver.denied(applyRewrite(number, [putNode('task', 'b/2'), op], BOB));
    assert.deepEqual([verb, written?.element], ['write', 'node']);
  }
  driver.must('TICK', advanceClock(5));
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('task', 'b/3')], BOB));
  driver.must('TICK', advanceClock(1));
  const late = applyRewrite(number, [putNode('task', 'b/4')], BOB);
  assert.equal(driver.refused(late).reason, 'ACCESS_DENIED', 'who holds nothing any more leaves no trace');
  assert.equal(verbProblem(driver.world, BOB.principal, 'read', 6)?.reason, 'ACCESS_DENIED');
  assert.equal(verbProblem(driver.world, BOB.principal, 'read', 5), undefined);
});

test('a grant reaches by what changes: a delete by id, an edge by where it leaves', () => {
  const driver = new WorldDriver();
  driver.commit(putNode('file', 'mine/a'), putNode('file', 'other'), putNode('secret', 'mine/s'));
  give(driver, grantTerms('ann', { verbs: ['write'], kinds: ['file', 'next'], keyPrefix: utf8('mine/') }));
  const number = driver.must('SWS_CREATED', createWorkspace(ANN)).view;
  const [mine, other, secret] = [keyedId('file', 'mine/a'), keyedId('file', 'other'), keyedId('secret', 'mine/s')];
  const edge = (from: typeof mine, to: typeof mine): Parameters<typeof applyRewrite>[1][number] => {
    return { op: 'AddEdge', from, to, kind: 'next', key: null, payload: null, expect: null };
  };
  assert.equal(driver.denied(applyRewrite(number, [deleteNode(other)], ANN)).written?.kind, 'file');
  driver.must('REWRITE_APPLIED', applyRewrite(number, [edge(mine, other)], ANN));
  assert.equal(driver.denied(applyRewrite(number, [edge(other, mine)], ANN)).written?.element, 'edge');
  assert.equal(driver.denied(applyRewrite(number, [deleteNode(secret)], ANN)).written?.kind, 'secret');
  const rebase = rebaseWorkspace(number, { ...ANN, ops: [putNode('secret', 'mine/new')] });
  assert.equal(driver.denied(rebase).written?.kind, 'secret');
  driver.must('REBASE', rebaseWorkspace(number, { ...ANN, ops: [putNode('file', 'mine/new')] }));
});

test('a collapse is held to what it changes in its target, by whichever grant that was written', () => {
  const driver = new WorldDriver();
  give(driver, grantTerms('ann', { verbs: ['write', 'collapse'], kinds: ['file'] }));
  const wide = give(driver, grantTerms('ann', { verbs: ['write', 'collapse'] }));
  const number = driver.must('SWS_CREATED', createWorkspace(ANN)).view;
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('task', 't')], ANN));
  const fork = driver.must('SWS_CREATED', createWorkspace({ ...ANN, from: number })).view;
  driver.must('REWRITE_APPLIED', applyRewrite(fork, [putNode('task', 'u')], ANN));
  driver.must('GRANT_REVOKED', revokeGrant(wide));
  assert.deepEqual(driver.denied(collapseWorkspace(fork, ANN)).written, { element: 'node', kind: 'task' });
  assert.deepEqual(driver.denied(collapseBatch([number], ANN)).written, { element: 'node', kind: 'task' });
  give(driver, grantTerms('ann', { verbs: ['collapse'] }));
  driver.must('COLLAPSE', collapseWorkspace(fork, ANN));
  driver.must('COLLAPSE_BATCH', collapseBatch([number], ANN));
});

test('a denial that no command could have led to is told from one', () => {
  const driver = new WorldDriver();
  const grant = give(driver, grantTerms('ann', { verbs: ['write'], kinds: ['file'] }));
  const number = driver.must('SWS_CREATED', createWorkspace(ANN)).view;
  const other = grant; // an id that is no rule pack's
  for (const command of [
    changeSettings({ abortsMax: 1 }, ANN),
    applyRewrite(number, [putNode('task', 't')], ANN),
    addGrant(grantTerms('bob'), ANN),
  ]) {
    const before = driver.world;
    const denied = driver.denied(command);
    assert.equal(isDeniable(before, denied), true, command.type);
    const forged = [
      { ...denied, cause: { ...denied.cause, grant } },
      { ...denied, cause: { ...denied.cause, principal: BOB.principal } },
      { ...denied, cause: { ...denied.cause, principal: 'local' } },
      { ...denied, pins: { ...denied.pins, rulePackId: other } },
      { ...denied, pins: { ...denied.pins, policyId: 1 } },
      { ...denied, verb: denied.verb === 'write' ? 'read' : 'write' } as const,
    ];
    for (const [i, each] of forged.entries()) assert.equal(isDeniable(before, each), false, `${command.type} ${i}`);
  }
});

test('a revoked grant, and all that hangs on it, allows nothing, and is not taken up again', () => {
  const driver = new WorldDriver();
  const terms = grantTerms('ann');
  const root = give(driver, terms);
  const link = grantTerms('bob', { parent: root });
  give(driver, link);
  driver.must('SWS_CREATED', createWorkspace(BOB));
  driver.must('GRANT_REVOKED', revokeGrant(root));
  for (const who of [ANN, BOB]) assert.equal(driver.refused(createWorkspace(who)).reason, 'ACCESS_DENIED');
  assert.equal(driver.refused(addGrant(terms)).reason, 'GRANT_EXISTS');
  assert.equal(driver.refused(addGrant({ ...link, serial: 1 })).reason, 'GRANT_INVALID');
  assert.equal(driver.refused(revokeGrant(root)).reason, 'GRANT_NOT_FOUND');
  give(driver, { ...terms, serial: 1 });
  driver.must('SWS_CREATED', createWorkspace(ANN));
});

test('a grant is revoked by the operator, by control, and by whoever holds it or what it hangs on', () => {
  const driver = new WorldDriver();
  const root = give(driver, grantTerms('ann', { verbs: ['read'] }));
  const links = [0, 1, 2].map((serial) => give(driver, grantTerms('bob', { verbs: ['read'], parent: root, serial })));
  give(driver, grantTerms('eve', { verbs: ['read', 'write', 'collapse', 'work'] }));
  const eve = { principal: testPrincipal('eve') };
  assert.equal(driver.denied(revokeGrant(root, eve)).verb, 'control');
  assert.equal(driver.denied(revokeGrant(root, BOB)).verb, 'control', 'what his own hangs on is not his');
  driver.must('GRANT_REVOKED', revokeGrant(links[0]!, BOB));
  driver.must('GRANT_REVOKED', revokeGrant(links[1]!, ANN));
  driver.must('GRANT_REVOKED', revokeGrant(root, ANN));
  give(driver, grantTerms('eve', { verbs: ['control'] }));
  driver.must('GRANT_REVOKED', revokeGrant(links[2]!, eve));
});

test('a budget is paid by each grant of the chain, by ops, at least one a command, and by the oldest that can', () => {
  const driver = new WorldDriver();
  const root = give(driver, grantTerms('ann', { opsMax: 6 }));
  const link = give(driver, grantTerms('bob', { parent: root, opsMax: 4 }));
  const number = driver.must('SWS_CREATED', createWorkspace(BOB)).view;
  driver.must('REWRITE_APPLIED', applyRewrite(number, [putNode('file', 'a'), putNode('file', 'b')], BOB));
  const spent = (id: typeof root): number | undefined => getGrant(driver.world.grants, id)?.opsSpent;
  assert.deepEqual([spent(root), spent(link)], [3, 3]);
  const dear = applyRewrite(number, [putNode('file', 'c'), putNode('file', 'd')], BOB);
  assert.equal(driver.denied(dear).ops, 2);
  assert.deepEqual([spent(root), spent(link)], [3, 3], 'a denial costs nothing');
  const second = give(driver, grantTerms('bob', { opsMax: 100 }));
  assert.equal(driver.must('REWRITE_APPLIED', dear).cause.grant, second);
  assert.equal(driver.must('DISCARD', discardWorkspace(number, BOB)).cause.grant, link);
  assert.deepEqual([spent(root), spent(link), spent(second)], [4, 4, 2]);
  assert.equal(worldDigest(fold(driver.events.map(reread)), sha256), worldDigest(driver.world, sha256));
});

test('of denials history tells a few a key and tick; every one is refused', () => {
  const driver = new WorldDriver();
  give(driver, grantTerms('ann', { verbs: ['read'] }));
  give(driver, grantTerms('bob', { verbs: ['read'] }));
  for (let i = 0; i < DENIALS_TOLD_MAX; i++) driver.denied(createWorkspace(ANN));
  assert.equal(driver.refused(createWorkspace(ANN)).reason, 'ACCESS_DENIED');
  driver.denied(createWorkspace(BOB));
  driver.must('TICK', advanceClock(1));
  driver.denied(createWorkspace(ANN));
  assert.equal(worldDigest(fold(driver.events.map(reread)), sha256), worldDigest(driver.world, sha256));
});

test('what was denied under a request id is carried out when it is asked for again with a grant', () => {
  const driver = new WorldDriver();
  give(driver, grantTerms('ann', { verbs: ['read'] }));
  const asked = createWorkspace({ ...ANN, requestId: 'once' });
  driver.denied(asked);
  give(driver, grantTerms('ann', { verbs: ['write'] }));
  const { idx } = driver.must('SWS_CREATED', asked);
  const again = driver.run(asked);
  assert.deepEqual(again, { ok: true, repeated: true, idx });
});

test('a link hangs on what is there, and not too deep; only the operator gives what hangs on nothing', () => {
  const driver = new WorldDriver();
  let parent = give(driver, grantTerms('ann'));
  for (let depth = 2; depth <= GRANT_DEPTH_MAX; depth++) parent = give(driver, grantTerms(`k${depth}`, { parent }));
  assert.equal(driver.refused(addGrant(grantTerms('deep', { parent }))).place, 'parent');
  const unknown = addGrant(grantTerms('bob', { parent: keyedId('file', 'a') }));
  assert.equal(driver.refused(unknown).reason, 'GRANT_NOT_FOUND');
  assert.equal(driver.denied(addGrant(grantTerms('ann', { serial: 7 }), ANN)).verb, 'control');
});

test('whoever hands grants on, and fills a key with them, keeps the operator from giving it none', () => {
  const driver = new WorldDriver();
  const parent = give(driver, grantTerms('ann'));
  const linkMax = GRANTS_A_HOLDER_MAX * LINKS_SHARE;
  for (let serial = 0; serial < linkMax; serial++) give(driver, grantTerms('bob', { parent, serial }));
  const further = driver.refused(addGrant(grantTerms('bob', { parent, serial: linkMax })));
  assert.deepEqual([further.reason, further.place], ['GRANTS_TOO_MANY', 'holder']);
  for (let serial = linkMax; serial < GRANTS_A_HOLDER_MAX; serial++) give(driver, grantTerms('bob', { serial }));
  assert.equal(driver.refused(addGrant(grantTerms('bob', { serial: 99 }))).reason, 'GRANTS_TOO_MANY');
});

test('terms have bounds, each with its place', () => {
  const driver = new WorldDriver();
  const good = grantTerms('ann');
  const bad: readonly (readonly [string, Partial<GrantTerms>])[] = [
    ['holder', { holder: utf8('short') }],
    ['verbs', { verbs: [] }],
    ['verbs', { verbs: ['write', 'read'] }],
    ['verbs', { verbs: ['read', 'read'] }],
    ['verbs', { verbs: ['fly' as 'read'] }],
    ['kinds', { kinds: [] }],
    ['kinds', { kinds: ['b', 'a'] }],
    ['kinds', { kinds: ['no kind'] }],
    ['keyPrefix', { keyPrefix: utf8('') }],
    ['until', { until: -1 }],
    ['opsMax', { opsMax: 0.5 }],
    ['serial', { serial: 2 ** 60 }],
  ];
  for (const [place, terms] of bad) {
    const refusal = driver.refused(addGrant({ ...good, ...terms }));
    assert.deepEqual([refusal.reason, refusal.place], ['GRANT_INVALID', place]);
  }
  const unsigned = { ...addGrant(grantTerms('bob', { parent: keyedId('file', 'a') })), signature: null };
  assert.equal(driver.refused(unsigned).place, 'signature');
});

test('a key has so many workspaces, and writes so much to each', () => {
  const driver = new WorldDriver();
  give(driver, grantTerms('ann'));
  driver.must('SETTINGS_CHANGED', changeSettings({ keyWorkspacesMax: 2, keyWorkspaceOpsMax: 1 }));
  const first = driver.must('SWS_CREATED', createWorkspace(ANN)).view;
  driver.must('SWS_CREATED', createWorkspace({ ...ANN, from: first }));
  assert.equal(driver.refused(createWorkspace(ANN)).reason, 'WORKSPACES_TOO_MANY');
  driver.must('SWS_CREATED', createWorkspace());
  driver.must('REWRITE_APPLIED', applyRewrite(first, [putNode('file', 'a')], ANN));
  assert.equal(driver.refused(applyRewrite(first, [putNode('file', 'b')], ANN)).reason, 'WORKSPACE_TOO_LARGE');
  driver.must('DISCARD', discardWorkspace(first, ANN));
  driver.must('SWS_CREATED', createWorkspace(ANN));
});

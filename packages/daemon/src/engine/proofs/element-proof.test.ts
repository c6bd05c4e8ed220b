import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { jsonValue } from '@jitos/testkit/kernel/json-value.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  collapseBatch,
  collapseWorkspace,
  contentId,
  createWorkspace,
  deleteNode,
  discardWorkspace,
  edgeIdOf,
  keyedId,
  proposeRules,
  putNode,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import { sha256 } from '../sha256.ts';
import {
  contentNode,
  digestToHex,
  EMPTY_GRAPH,
  encodeEvent,
  encodeNode,
  encodeValue,
  graphDigest,
  PAYLOAD_SIZE_MAX,
  proveMembership,
  trieEntries,
  triePut,
  ZERO_DIGEST,
  type Command,
  type Digest,
  type ElementType,
  type Event,
  type Graph,
  type GraphNode,
  type ViewId,
} from '@jitos/kernel';
import {
  type ElementProof,
  elementProof,
  ProofRefused,
  proofText,
  type Proved,
  verifyProofText,
} from '@jitos/kernel/verify';
import { proveElement } from './element-proof.ts';
import { signTreeHead } from './tree-head.ts';
import { parsePublicKey } from './signed-note.ts';
import { temporaryWorldKey } from './signing-keys.ts';

async function submitAll(world: DiskWorld, commands: readonly Command[]): Promise<void> {
  for (const command of commands) assert.ok('kind' in (await world.loop.submit(command)));
}

/** System with 200 nodes and 40 edges, after two collapses; workspace 2 with two more nodes, after an abort. */
async function openSample(): Promise<DiskWorld> {
  const world = await openDiskWorld({ disk: new MemoryDisk() });
  const notes = Array.from({ length: 150 }, (_, i) => addNode('note', utf8(`n${i}`)));
  const tasks = Array.from({ length: 50 }, (_, i) => putNode('task', `t${i}`, { state: i, title: `é ${i}` }));
  const edges = Array.from({ length: 40 }, (_, i) => {
    return addEdge(
      keyedId('task', `t${i}`),
      contentId('note', utf8(`n${i}`)),
      'about',
      i % 2 === 0 ? {} : { key: 'k' },
    );
  });
  await submitAll(world, [
    createWorkspace(),
    applyRewrite(0, [...notes, ...tasks]),
    collapseWorkspace(0),
    createWorkspace(),
    createWorkspace(),
    applyRewrite(1, edges),
    applyRewrite(2, [addNode('note', null), putNode('task', 't0', { state: 'mine' })]),
    applyRewrite(1, [putNode('task', 't0', { state: 'theirs' })]),
    collapseWorkspace(1),
    collapseWorkspace(2),
    createWorkspace(),
  ]);
  return world;
}

function prove(world: DiskWorld, element: ElementType, id: Digest, view: ViewId = 'system'): Promise<ElementProof> {
  return proveElement(world, { element, id, view });
}

test('under a new rule pack the event that put it in force vouches for System, until the next collapse does', async () => {
  const world = await openSample();
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const id = keyedId('task', 't3');
  const pack = jsonValue({ nodes: { task: { key: 'id', open: true } } });
  await submitAll(world, [proposeRules(encodeValue(pack))]);
  await world.rules.idle();
  const { rulesIdx } = world.loop.world;
  const vouching = async (): Promise<unknown> => {
    const proved = verifyProofText(proofText(await prove(world, 'node', id)), verifier);
    return 'idx' in proved ? proved.idx : undefined;
  };
  assert.equal(await vouching(), rulesIdx);
  await submitAll(world, [applyRewrite(3, [addNode('other')]), collapseWorkspace(3)]);
  assert.equal(await vouching(), world.loop.world.history.size - 1);
  await world.close();
});

test('everything that System and a workspace hold is proved, and what they do not hold as well', async () => {
  const world = await openSample();
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const { system, workspaces } = world.loop.world;
  const sizes = { nodes: 0, edges: 0 };
  for (const [view, { graph }, idx] of [
    ['system', system, 9],
    [2, trieEntries(workspaces)[0]!.value.head, 7],
  ] as const) {
    for (const { value: node } of trieEntries(graph.nodes)) {
      const proved = verifyProofText(proofText(await prove(world, 'node', node.id, view)), verifier);
      const valueDigest = node.type === 'content' ? node.id : node.valueDigest;
      const { treeHead, ...told } = proved;
      const found = { elementKind: node.kind, valueDigest };
      assert.deepEqual([told, treeHead.size], [{ kind: 'node', id: node.id, view, idx, found }, 12]);
      const absent = verifyProofText(proofText(await prove(world, 'edge', node.id, view)), verifier);
      assert.deepEqual(absent, { kind: 'edge', id: node.id, view, idx, found: null, treeHead });
      sizes.nodes += 1;
    }
    for (const { value: edge } of trieEntries(graph.edges)) {
      const proved = verifyProofText(proofText(await prove(world, 'edge', edge.id, view)), verifier);
      assert.deepEqual(foundIn(proved), { elementKind: edge.kind, valueDigest: edge.valueDigest });
      sizes.edges += 1;
    }
  }
  assert.deepEqual(sizes, { nodes: 401, edges: 40 });
  await world.close();
});

function foundIn(proved: Proved): unknown {
  return 'found' in proved ? proved.found : undefined;
}

test('no byte of such a proof can be changed', async () => {
  const world = await openSample();
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const edge = edgeIdOf(keyedId('task', 't3'), contentId('note', utf8('n3')), 'about', 'k');
  const proofs = [
    await prove(world, 'node', keyedId('task', 't0')),
    await prove(world, 'node', keyedId('task', 't0'), 2),
    await prove(world, 'node', contentId('note', null)),
    await prove(world, 'edge', edge),
  ];
  for (const proof of proofs) {
    const text = proofText(proof);
    assert.equal(verifyProofText(text, verifier).kind, proof.kind);
    const bytes = Buffer.from(text);
    for (let offset = 0; offset < bytes.length; offset++) {
      const changed = Buffer.from(bytes);
      changed[offset]! ^= 1 << (offset % 8);
      assert.throws(() => verifyProofText(changed.toString(), verifier), ProofRefused, `byte ${offset}`);
    }
    assert.throws(() => verifyProofText(text, parsePublicKey(temporaryWorldKey().publicKey)!), ProofRefused);
  }
  await world.close();
});

/** The file of a proof that was changed, with the check that is right for it. */
function checkedText(proof: ElementProof): string {
  const text = JSON.stringify(proof);
  const before = text.slice(0, text.lastIndexOf(',"check":'));
  return `${before},"check":"${digestToHex(sha256(Buffer.from(before)))}"}\n`;
}

/** And not for how it is spelled. */
const REFUSED_FOR_WHAT_IT_SAYS = /^ProofRefused: (?!it )/;

test('an absence shows others, but only to whoever changes the check too', async () => {
  const world = await openSample();
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const proof = await prove(world, 'edge', contentId('note', null));
  const last = proof.id.endsWith('0') ? '1' : '0';
  const other = { ...proof, id: proof.id.slice(0, -1) + last };
  assert.throws(() => verifyProofText(proofText(other), verifier), /its check is not that of its other bytes/);
  assert.equal(foundIn(verifyProofText(checkedText(other), verifier)), null);
  await world.close();
});

test('a proof of one thing does not show another', async () => {
  const world = await openSample();
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const inSystem = await prove(world, 'node', keyedId('task', 't0'));
  const inWorkspace = await prove(world, 'node', keyedId('task', 't0'), 2);
  const other = await prove(world, 'node', keyedId('task', 't1'));
  const absent = await prove(world, 'node', contentId('note', null));
  const event = ({ idx, header, path }: { idx: number; header: string; path: readonly string[] }): object => {
    return { idx, header, path };
  };
  const forgeries: readonly ElementProof[] = [
    { ...inSystem, value: null },
    { ...inSystem, value: inWorkspace.value },
    { ...inSystem, value: other.value },
    { ...inSystem, id: other.id },
    { ...inSystem, id: other.id, value: other.value },
    { ...inSystem, kind: 'edge' },
    { ...inSystem, kind: 'edge', value: null },
    { ...inSystem, view: 2 },
    { ...inWorkspace, view: null },
    { ...inWorkspace, view: 1 },
    { ...inSystem, steps: other.steps },
    { ...inSystem, steps: [] },
    { ...inSystem, graph: inWorkspace.graph },
    { ...inSystem, graph: inSystem.graph.slice(0, 2) },
    { ...inSystem, graph: [...inSystem.graph, inSystem.graph[0]!] },
    { ...inSystem, ...event(inWorkspace) },
    { ...inSystem, ...event(await world.proofs.inclusion(3)) },
    { ...inSystem, ...event(await world.proofs.inclusion(11)) },
    { ...inSystem, treeHead: world.proofs.treeHead(9) },
    { ...absent, id: inSystem.id },
    { ...absent, value: inSystem.value },
    { ...absent, id: inSystem.id, steps: inSystem.steps },
  ];
  for (const [i, forgery] of forgeries.entries()) {
    assert.throws(() => verifyProofText(checkedText(forgery), verifier), REFUSED_FOR_WHAT_IT_SAYS, `forgery ${i}`);
  }
  await world.close();
});

test('a world can not show one element under the id of another', () => {
  const signer = temporaryWorldKey();
  const node = contentNode('note', utf8('said'), sha256);
  const id = contentId('note', utf8('asked for'));
  const showUnder = (key: Digest): Proved => {
    const graph: Graph = { ...EMPTY_GRAPH, nodes: triePut<GraphNode>(EMPTY_GRAPH.nodes, key, node, null) };
    const { header, leaf } = encodeEvent(collapseTo(graphDigest(graph, RULE_PACK, sha256)), sha256);
    const event = { idx: 0, header: Buffer.from(header, 'latin1').toString('base64'), path: [] };
    const membership = proveMembership(graph, RULE_PACK, { element: 'node', id: key }, sha256);
    const claim = { element: 'node', id: key, view: 'system', value: encodeNode(node) } as const;
    const proof = elementProof(claim, membership, { ...event, treeHead: signTreeHead(1, leaf, signer) }, sha256);
    return verifyProofText(proofText(proof), parsePublicKey(signer.publicKey)!);
  };
  assert.equal(showUnder(node.id).kind, 'node');
  assert.throws(() => showUnder(id), /the value is that of another node/);
});

const RULE_PACK = ZERO_DIGEST;
const NO_SIDE = { digest: ZERO_DIGEST, nodeCount: 0, edgeCount: 0 };

/** The one event of a history, which no honest world has. */
function collapseTo(targetDigest: Digest): Event {
  return {
    kind: 'COLLAPSE',
    idx: 0,
    view: 0,
    pins: { engine: 1, policyId: 1, rulePackId: RULE_PACK },
    cause: { principal: 'p', requestId: null, validUntil: null, commandDigest: null, grant: null },
    conflicts: [],
    meta: null,
    rewriteIdx: 0,
    mode: 'forward',
    createdIdx: 0,
    targetDigest,
    targetSnapshotId: ZERO_DIGEST,
    conflictCount: 0,
    conflictsDigest: null,
    footprint: null,
    resolutions: [],
    target: null,
    base: NO_SIDE,
    ours: NO_SIDE,
    theirs: NO_SIDE,
    changed: null,
  };
}

test('a proof follows what its view does', async () => {
  const world = await openSample();
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const note = contentId('note', utf8('n149'));
  const held = async (): Promise<unknown> =>
    foundIn(verifyProofText(proofText(await prove(world, 'node', note)), verifier));
  assert.notEqual(await held(), null);
  await submitAll(world, [createWorkspace(), applyRewrite(4, [deleteNode(note)]), collapseWorkspace(4)]);
  assert.equal(await held(), null);
  await world.close();
});

test('a batch vouches for what its workspaces went into, and for none of those that it aborted', async () => {
  const world = await openSample();
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const note = contentId('note', utf8('n149'));
  const vouching = async (view: ViewId): Promise<unknown> => {
    const proved = verifyProofText(proofText(await prove(world, 'node', note, view)), verifier);
    return 'idx' in proved ? proved.idx : undefined;
  };
  const written = await vouching(2);
  await submitAll(world, [applyRewrite(3, [addNode('other')]), collapseBatch([2, 3])]);
  const { size } = world.loop.world.history;
  assert.deepEqual([await vouching('system'), await vouching(2)], [size - 1, written]);
  await submitAll(world, [createWorkspace({ from: 2 }), collapseBatch([4])]);
  assert.equal(await vouching(2), size + 1);
  await world.close();
});

test('the largest values fit, and nothing longer is looked at', async () => {
  const world = await openDiskWorld({ disk: new MemoryDisk() });
  const verifier = parsePublicKey(world.proofs.publicKey)!;
  const payload = utf8('x'.repeat(PAYLOAD_SIZE_MAX));
  const fields = Array.from({ length: 256 }, (_, i): [string, string] => [
    `f${i}`.padEnd(128, '_'),
    'y'.repeat(65_531),
  ]);
  const rewrites = [0, 100, 200].map((from) => {
    return applyRewrite(0, [putNode('task', 't'.repeat(1024), Object.fromEntries(fields.slice(from, from + 100)))]);
  });
  await submitAll(world, [
    createWorkspace(),
    applyRewrite(0, [addNode('note', payload)]),
    ...rewrites,
    collapseWorkspace(0),
  ]);
  for (const id of [contentId('note', payload), keyedId('task', 't'.repeat(1024))]) {
    const text = proofText(await prove(world, 'node', id));
    assert.notEqual(foundIn(verifyProofText(text, verifier)), null);
  }
  const tooLong = `{"format":"jitos-proof/1","kind":"node"${' '.repeat(25_165_824)}`;
  assert.throws(() => verifyProofText(tooLong, verifier), /longer than a proof/);
  const begin = '{"format":"jitos-proof/1","kind":"node","id":"","view":null,"value":';
  for (const text of [
    `${begin}"AAAA","steps":[${'[],'.repeat(50_000)}`,
    `${begin}[${'[],'.repeat(50_000)}"`,
    `${begin}null,"steps":["${'a'.repeat(140_000)}"]`,
  ]) {
    assert.throws(() => verifyProofText(text, verifier), /longer than a proof/);
  }
  assert.throws(
    () => verifyProofText(`{"format":"jitos-proof/1"${' '.repeat(65_535)}`, verifier),
    /longer than a proof/,
  );
  await world.close();
});

test('a view that no event records, or that has ended, can not be proved anything of', async () => {
  const world = await openDiskWorld({ disk: new MemoryDisk() });
  await submitAll(world, [createWorkspace(), createWorkspace(), discardWorkspace(1)]);
  const id = contentId('note', null);
  const fails = (view: ViewId, reason: string): Promise<void> =>
    assert.rejects(prove(world, 'node', id, view), { name: 'Failure', reason, place: 'view' });
  await fails('system', 'DIGEST_NOT_RECORDED');
  await fails(0, 'DIGEST_NOT_RECORDED');
  await fails(1, 'WORKSPACE_ENDED');
  await fails(2, 'WORKSPACE_NOT_FOUND');
  await world.close();
});

/**
 * What the golden vectors of graphs and histories are made from: small graphs, and scripts of commands that between them
 * write every kind of event.
 */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  encodeValue,
  grantId,
  nodeValueDigest,
  sortRanges,
  runRewrite,
  EMPTY_GRAPH,
  trieEntries,
  uniqueSlot,
  type Bytes,
  type Command,
  type Digest,
  type Footprint,
  type EncodedValue,
  type Graph,
  type Op,
  type Range,
  type Value,
  type ElementId,
} from '@jitos/kernel';
import { jsonValue } from '../kernel/json-value.ts';
import {
  addEdge,
  addNode,
  applyRewrite,
  changeSettings,
  advanceClock,
  changeSigningKey,
  checkRules,
  collapseBatch,
  collapseWorkspace,
  contentId,
  createWorkspace,
  deleteEdge,
  deleteNode,
  discardWorkspace,
  edgeIdOf,
  keyedId,
  proposeRules,
  putNode,
  rebaseWorkspace,
  recordCheckpoint,
  setEdge,
  utf8,
  withdrawRules,
  addGrant,
  expireWorkspace,
  grantTerms,
  revokeGrant,
  testPrincipal,
  type Fields,
} from './make-ops.ts';
import { NO_RULES } from './no-rules.ts';
import { WorldDriver } from './world-driver.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

export const A: ElementId = keyedId('file', 'a');
export const B: ElementId = keyedId('file', 'b');
export const NOTE: ElementId = contentId('note', utf8('n'));

export function graphOf(ops: readonly Op[]): Graph {
  const result = runRewrite(EMPTY_GRAPH, ops, NO_RULES, sha256);
  if (!result.ok) throw new Error(`a golden graph is refused: ${result.detail}`);
  return result.graph;
}

export const FIELDS: Op = putNode('git.file', 'src/ü.ts', {
  mode: 33_188,
  size: 2n ** 53n,
  ratio: 1.5,
  tags: ['x', true],
  blob: { $bytes: '\0\u00ff' as Bytes }, // two bytes
  ü: new Map<string, Value>([
    ['k', -1],
    ['aa', false],
  ]),
});

export const SMALL: readonly Op[] = [
  putNode('file', 'a', { size: 1 }),
  putNode('file', 'b'),
  addNode('note', utf8('n')),
  addEdge(A, B, 'owns'),
  addEdge(A, B, 'owns', { key: 'k', payload: utf8('p') }),
];

/** More nodes and edges than a bucket holds. */
export const LARGE: readonly Op[] = [
  ...Array.from({ length: 24 }, (_, i) => putNode('file', `f${i}`, { i })),
  ...Array.from({ length: 20 }, (_, i) => addEdge(keyedId('file', `f${i}`), keyedId('file', `f${i + 1}`), 'next')),
];

/**
 * A script that writes every kind of event: each op, both expectations, a collapse forward, one merged, one aborted
 * for every class of conflict, one that moves nothing, a discard; requests, meta and a reason. Of the workspaces that it leaves
 * open one is the fork of a fork, one was forked from a workspace that was discarded, and one from one that was collapsed.
 */
export const SCRIPT: readonly Command[] = [
  createWorkspace({ principal: 'ann', requestId: 'create', meta: new Map([['why', 'golden']]) }),
  applyRewrite(0, [...SMALL, FIELDS], { principal: 'ann', requestId: 'rewrite' }),
  collapseWorkspace(0, { principal: 'ann', requestId: 'collapse', policyId: 1 }),
  createWorkspace(),
  createWorkspace({ principal: 'bøb' }),
  createWorkspace(),
  applyRewrite(1, [
    putNode('file', 'a', { size: 2, mode: 'rw' }, keyedValue('a', { size: 1 })),
    setEdge(edgeIdOf(A, B, 'owns'), utf8('q')),
    addEdge(NOTE, B, 'about', { expect: 'absent' }),
  ]),
  applyRewrite(2, [putNode('file', 'c', { size: 3 }, 'absent')], { meta: ['note', null] }),
  applyRewrite(3, [
    putNode('file', 'a', { size: null }),
    deleteEdge(edgeIdOf(A, B, 'owns')),
    deleteEdge(edgeIdOf(A, B, 'owns', 'k')),
    deleteNode(B),
    deleteNode(NOTE, NOTE),
  ]),
  collapseWorkspace(2),
  collapseWorkspace(1, { meta: 7 }),
  collapseWorkspace(3, { principal: 'ann', requestId: 'abort' }),
  applyRewrite(3, [addNode('note', utf8('n'))]),
  applyRewrite(3, [addNode('note', utf8('n'))]),
  discardWorkspace(3, { principal: 'ann', requestId: 'discard', reason: 'ønly golden' }),
  createWorkspace(),
  collapseWorkspace(4),
  createWorkspace({ meta: [1, 2] }),
  applyRewrite(5, LARGE),
  createWorkspace({ from: 5 }),
  applyRewrite(6, [putNode('file', 'fork', { size: 1 }, 'absent')]),
  collapseWorkspace(6),
  createWorkspace(),
  applyRewrite(7, [putNode('file', 'a', { mode: 'x' })]),
  collapseWorkspace(5, { policyId: 5 }),
  rebaseWorkspace(7, {
    choices: [{ id: A, side: 'theirs' }],
    ops: [putNode('file', 'a', { size: 9 })],
    meta: 'settled',
    requestId: 'rebase',
  }),
  changeSettings({ abortsMax: 2, openWorkspacesMax: 1000 }, { principal: 'ann', requestId: 'settings' }),
  applyRewrite(7, [
    putNode('file', 'before', {}, 'absent'),
    putNode('file', 'f0', { i: 1 }, keyedValue('f0', { i: 0 })),
  ]),
  createWorkspace({ from: 7 }),
  applyRewrite(7, [putNode('file', 'after', {}, 'absent')]),
  applyRewrite(8, [addEdge(A, A, 'owns', { expect: 'absent' })]),
  createWorkspace({ from: 8 }),
  createWorkspace(),
  applyRewrite(10, [putNode('file', 'taken over', {}, 'absent')]),
  createWorkspace({ from: 10 }),
  discardWorkspace(10),
  createWorkspace(),
  applyRewrite(12, [putNode('file', 'committed')]),
  createWorkspace({ from: 12 }),
  collapseWorkspace(12),
];

/** What is recorded and changes no state: where a checkpoint stands, and which key signs from there on. */
export const RECORDS_SCRIPT: readonly Command[] = [
  createWorkspace({ validUntil: 9 }),
  recordCheckpoint({ principal: 'world' }),
  advanceClock(3, { wallMs: 1_700_000_000_000 }),
  changeSigningKey(utf8('0123456789abcdef0123456789abcdef'), { requestId: 'rotate', origin: 'golden.invalid/a' }),
  changeSigningKey(utf8('fedcba9876543210fedcba9876543210'), { origin: 'golden.invalid/b' }),
];

const LEE = { principal: testPrincipal('lee') };
const KIM = { principal: testPrincipal('kim') };
const ROOT = grantTerms('lee', { verbs: ['read', 'write', 'collapse'], opsMax: 20, serial: 1 });
const LINK = grantTerms('kim', {
  parent: grantId(ROOT, sha256),
  verbs: ['read', 'write'],
  kinds: ['file', 'owns'],
  keyPrefix: utf8('kim/'),
  until: 9,
});

/** Keys that act by grants, and are denied; settings that came after the formats were frozen. */
export const GRANTS_SCRIPT: readonly Command[] = [
  changeSettings({ workspaceIdleTicksMax: 5, keyWorkspacesMax: 2 }, { requestId: 'limits' }),
  addGrant(ROOT, { requestId: 'root', meta: 'why' }),
  addGrant(LINK, { ...KIM, requestId: 'link' }),
  createWorkspace({ ...LEE, requestId: 'fork' }),
  createWorkspace(KIM),
  applyRewrite(1, [putNode('file', 'kim/a', { v: 1 }), putNode('file', 'kim/b')], { ...KIM, requestId: 'write' }),
  applyRewrite(1, [putNode('task', 'kim/a')], KIM),
  applyRewrite(0, [putNode('file', 'a')], LEE),
  collapseWorkspace(0, LEE),
  collapseWorkspace(1, KIM),
  createWorkspace(LEE),
  advanceClock(6, { wallMs: 1_700_000_000_000 }),
  expireWorkspace(1, { principal: 'world', requestId: 'idle' }),
  changeSettings({ abortsMax: 3, baseAgeTicksMax: 9 }),
  createWorkspace(),
  addGrant(grantTerms('max', { serial: 2 })),
  revokeGrant(grantId(grantTerms('max', { serial: 2 }), sha256), { requestId: 'revoke' }),
  discardWorkspace(2, LEE),
  createWorkspace(LEE),
  changeSettings({ abortsMax: 4 }, LEE),
];

/** One keyed kind with a rule for everything, one content kind, and edges between them. */
export const PACK: Json = {
  unknown: 'refused',
  nodes: {
    file: {
      key: 'path',
      fields: { size: { type: 'integer', merge: 'max', required: true }, tags: { type: 'list', items: 'text' }, v: {} },
      open: true,
      unique: [['v'], ['v', 'size']],
      delete: 'change-wins',
    },
    note: { name: 'Note' },
  },
  edges: {
    owns: {
      from: ['file'],
      to: ['file', 'note'],
      needed: true,
      outMax: 2,
      inMax: 9,
      key: 'refused',
      payload: 'required',
    },
    next: { name: 'Next', delete: 'delete-wins' },
  },
};

/** What keeps to it, before and after the migration. */
export const LAX: Json = {
  nodes: { file: { key: 'path', fields: { size: { required: true } }, open: true, unique: [['size']] } },
};

export const documentBytes = (document: Json): EncodedValue => encodeValue(jsonValue(document));

/** A pack that is put in force with a migration, one that is refused, one that is withdrawn, and one of which some elements had their turn. */
export const RULES_SCRIPT: readonly Command[] = [
  createWorkspace(),
  applyRewrite(0, [...SMALL, putNode('file', 'c', { old: 7 })]),
  collapseWorkspace(0),
  proposeRules(
    documentBytes(LAX),
    [
      { step: 'rename', kind: 'file', field: 'old', newName: 'size' },
      { step: 'fill', kind: 'file', field: 'size', value: encodeValue(2) },
      { step: 'drop', kind: 'file', field: 'mode' },
    ],
    { principal: 'ann', requestId: 'propose', meta: 'golden' },
  ),
  checkRules(3, { principal: 'world', requestId: 'step' }),
  checkRules(10_000),
  checkRules(1),
  proposeRules(documentBytes(PACK)),
  checkRules(10_000),
  checkRules(10_000),
  proposeRules(documentBytes({})),
  withdrawRules(11, { requestId: 'withdraw', meta: 'golden' }),
  proposeRules(documentBytes({}), [], { meta: [1] }),
  checkRules(3),
];

/** What collapses go onto: a small graph, and System as it was when the workspaces 1 to 6 were forked from it. */
export const BEFORE_COLLAPSES: readonly Command[] = [
  createWorkspace(),
  applyRewrite(0, [
    putNode('file', 'a', { size: 1, n: 0, tags: ['x', 'y'] }),
    putNode('file', 'b', { size: 2, n: 5 }),
    addEdge(A, B, 'owns'),
  ]),
  collapseWorkspace(0),
  proposeRules(
    documentBytes({
      nodes: {
        file: {
          key: 'path',
          fields: { size: {}, n: { type: 'integer', merge: 'counter' }, tags: { type: 'list', merge: 'set' } },
          open: true,
          unique: [['size']],
          delete: 'delete-wins',
        },
      },
    }),
  ),
  checkRules(10_000),
  checkRules(10_000),
];

/** Under each policy: merged by field, by rule and by side, and aborted for each class of conflict. */
export function collapseScript(): readonly Command[] {
  const baseSnapshotId = runGoldenScript(BEFORE_COLLAPSES).world.system.id;
  const read = (...ranges: Range[]): { readonly policyId: number; readonly footprint: Footprint } => ({
    policyId: 4,
    footprint: { baseSnapshotId, ranges: sortRanges(ranges) },
  });
  return [
    ...BEFORE_COLLAPSES,
    ...Array.from({ length: 8 }, () => createWorkspace()),
    applyRewrite(1, [putNode('file', 'a', { size: 10, n: 1, tags: ['x', 'y', 'z'] })]),
    collapseWorkspace(1),
    applyRewrite(2, [putNode('file', 'a', { mode: 'rw' })]),
    collapseWorkspace(2, { policyId: 2 }),
    applyRewrite(3, [
      putNode('file', 'a', { n: 2, tags: ['y', 'w'] }),
      deleteEdge(edgeIdOf(A, B, 'owns')),
      deleteNode(B),
    ]),
    collapseWorkspace(3, { policyId: 3 }),
    applyRewrite(4, [putNode('file', 'a', { size: 11 }), putNode('file', 'b', { size: 12 })]),
    collapseWorkspace(4),
    collapseWorkspace(4, { policyId: 6 }),
    applyRewrite(5, [putNode('file', 'd', { size: 10 })]),
    collapseWorkspace(5, { policyId: 2 }),
    applyRewrite(6, [addNode('note')]),
    collapseWorkspace(
      6,
      read(
        { range: 'node', id: A },
        { range: 'edge', id: edgeIdOf(A, B, 'owns') },
        { range: 'nodes', kind: 'file' },
        { range: 'edges', kind: 'next' },
        { range: 'out', node: A, kind: 'owns' },
        { range: 'in', node: A, kind: null },
        { range: 'slot', slot: uniqueSlot('file', ['size'], [encodeValue(1)], sha256) },
        { range: 'view' },
      ),
    ),
    collapseWorkspace(6, { ...read({ range: 'nodes', kind: 'note' }), principal: 'ann', requestId: 'read' }),
    applyRewrite(7, [putNode('file', 'a', { mode: 'x' }, keyedValue('a', { size: 1, n: 0, tags: ['x', 'y'] }))]),
    collapseWorkspace(7, { policyId: 5 }),
    applyRewrite(8, [putNode('file', 'a', { size: 20 })]),
    collapseWorkspace(8, { policyId: 5 }),
    ...BATCHES,
  ];
}

/** One that goes into System, whose four workspaces have a resolution, a conflict, edges and nothing; and one into a fork. */
const BATCHES: readonly Command[] = [
  ...Array.from({ length: 5 }, () => createWorkspace()),
  applyRewrite(9, [putNode('file', 'a', { mode: 'batch', size: 20 })]),
  applyRewrite(10, [putNode('file', 'd', { size: 30 })]),
  applyRewrite(11, [
    putNode('file', 'e'),
    putNode('file', 'f'),
    addEdge(keyedId('file', 'e'), keyedId('file', 'f'), 'next'),
  ]),
  applyRewrite(13, [putNode('file', 'a', { seen: true }), putNode('file', 'd', { size: 31 })]),
  collapseWorkspace(13),
  collapseBatch([11, 9, 12, 10], { principal: 'ann', requestId: 'batch', policyId: 2, meta: ['b', null] }),
  createWorkspace(),
  createWorkspace({ from: 14 }),
  createWorkspace({ from: 14 }),
  applyRewrite(15, [putNode('file', 'g')]),
  applyRewrite(16, [putNode('file', 'h', {}, 'absent')]),
  collapseBatch([15, 16]),
  ...Array.from({ length: 2 }, () => createWorkspace()),
  applyRewrite(17, [putNode('file', 'd', { size: 32 })]),
  applyRewrite(18, [putNode('file', 'd', { size: 33 }), putNode('file', 'i')]),
  collapseBatch([18, 17], { order: 'given' }),
];

/** The value digest of the file with these fields. */
export function keyedValue(key: string, fields: Fields): Digest {
  const [entry] = trieEntries(graphOf([putNode('file', key, fields)]).nodes);
  if (entry === undefined) throw new Error('a graph of one node is empty');
  return nodeValueDigest(entry.value);
}

export function runGoldenScript(script: readonly Command[]): WorldDriver {
  const driver = new WorldDriver();
  for (const command of script) {
    const decision = driver.run(command);
    if (!decision.ok) throw new Error(`a golden command is refused: ${decision.detail}`);
  }
  return driver;
}

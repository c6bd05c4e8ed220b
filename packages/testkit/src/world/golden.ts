/**
 * The golden vectors of graphs and histories: what stands in `testdata/golden/v0/{graph,history}`, made by the kernel
 * from inputs that are written out beside the results. `docs/spec` has the rules; `verify/world_golden.py` follows
 * them without a line of ours.
 *
 * Run as a program, it writes the files into the folder it is given. Vectors of a frozen version never change.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  appendLeaf,
  bytesToHex,
  edgeValueDigest,
  EMPTY_TREE,
  graphDigest,
  nodeValueDigest,
  runRewrite,
  EMPTY_GRAPH,
  treeHead,
  trieDigest,
  trieEntries,
  worldDigest,
  ZERO_DIGEST,
  type Bytes,
  type Command,
  type Digest,
  type EncodedEvent,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type Op,
  type Trie,
  type Value,
  type World,
} from '@jitos/kernel';
import {
  addEdge,
  addNode,
  applyRewrite,
  changeSigningKey,
  collapseWorkspace,
  contentId,
  createWorkspace,
  deleteEdge,
  deleteNode,
  discardWorkspace,
  edgeIdOf,
  keyedId,
  putNode,
  recordCheckpoint,
  setEdge,
  utf8,
} from './make-ops.ts';
import { WorldDriver } from './world-driver.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };

/** The files by name, below the folder of the version. */
export function goldenFiles(): Readonly<Record<string, Json>> {
  return {
    'graph/elements.json': elementVectors(),
    'graph/graphs.json': graphVectors(),
    'graph/snapshots.json': snapshotVectors(),
    'history/events.json': eventVectors('A history of every kind of event', SCRIPT),
    'history/records.json': eventVectors('A history of the events that change no state', RECORDS_SCRIPT),
    'history/world.json': worldVectors(),
  };
}

const A = keyedId('file', 'a');
const B = keyedId('file', 'b');
const NOTE = contentId('note', utf8('n'));

function graphOf(ops: readonly Op[]): Graph {
  const result = runRewrite(EMPTY_GRAPH, ops, sha256);
  if (!result.ok) throw new Error(`a golden graph is refused: ${result.detail}`);
  return result.graph;
}

const FIELDS = putNode('git.file', 'src/ü.ts', {
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

const SMALL: readonly Op[] = [
  putNode('file', 'a', { size: 1 }),
  putNode('file', 'b'),
  addNode('note', utf8('n')),
  addEdge(A, B, 'owns'),
  addEdge(A, B, 'owns', { key: 'k', payload: utf8('p') }),
];

/** More nodes and edges than a bucket holds. */
const LARGE: readonly Op[] = [
  ...Array.from({ length: 24 }, (_, i) => putNode('file', `f${i}`, { i })),
  ...Array.from({ length: 20 }, (_, i) => addEdge(keyedId('file', `f${i}`), keyedId('file', `f${i + 1}`), 'next')),
];

function elementVectors(): Json {
  const graph = graphOf([
    addNode('note'),
    addNode('note', utf8('')),
    addNode('Note', utf8('')),
    addNode(`k.${'_:-9Z'.repeat(25)}`, utf8('payload')),
    putNode('note', 'n'),
    FIELDS,
    ...SMALL,
    addEdge(B, A, 'owns', { payload: utf8('') }),
    addEdge(A, A, 'owns', { key: '\u0000' }),
    addEdge(NOTE, B, 'about', { payload: utf8('p') }),
  ]);
  return {
    about: 'Ids and value digests. Bytes in hex; a field is the hex of its canonical value. Rules: docs/spec/graph.md.',
    ...elementsJson(graph),
  };
}

function elementsJson(graph: Graph): { nodes: Json[]; edges: Json[] } {
  return {
    nodes: trieEntries(graph.nodes).map(({ value }) => nodeJson(value)),
    edges: trieEntries(graph.edges).map(({ value }) => edgeJson(value)),
  };
}

function nodeJson(node: GraphNode): Json {
  const { type, kind, id } = node;
  const digests = { id: bytesToHex(id), valueDigest: bytesToHex(nodeValueDigest(node)) };
  if (node.type === 'content') return { type, kind, payload: hexOrNull(node.payload), ...digests };
  const fields = Object.fromEntries(node.fields.map(({ name, value }) => [name, bytesToHex(value)]));
  return { type, kind, key: bytesToHex(node.key), fields, ...digests };
}

function edgeJson(edge: GraphEdge): Json {
  const { id, from, to, kind, key, payload } = edge;
  const ends = { from: bytesToHex(from), to: bytesToHex(to), kind, key: hexOrNull(key), payload: hexOrNull(payload) };
  return { ...ends, id: bytesToHex(id), valueDigest: bytesToHex(edgeValueDigest(edge)) };
}

function hexOrNull(bytes: Bytes | null): string | null {
  return bytes === null ? null : bytesToHex(bytes);
}

function graphVectors(): Json {
  const { rulePackId } = new WorldDriver().world;
  const vector = (name: string, pack: Digest, ops: readonly Op[]): Json => {
    const graph = graphOf(ops);
    return {
      name,
      rulePackId: bytesToHex(pack),
      ...elementsJson(graph),
      nodesRoot: bytesToHex(trieDigest(graph.nodes, nodeValueDigest, sha256)),
      edgesRoot: bytesToHex(trieDigest(graph.edges, edgeValueDigest, sha256)),
      digest: bytesToHex(graphDigest(graph, pack, sha256)),
    };
  };
  return {
    about: 'Graphs with their roots and digests. Rules: docs/spec/graph.md, docs/spec/trie.md.',
    graphs: [
      vector('empty, with the default rule pack', rulePackId, []),
      vector('empty, with a rule pack of zeros', ZERO_DIGEST, []),
      vector('one content node', rulePackId, [addNode('note')]),
      vector('three nodes and two edges', rulePackId, SMALL),
      vector('twenty-four nodes in a chain of twenty edges', rulePackId, LARGE),
    ],
  };
}

/**
 * A script that writes every kind of event: each op, both expectations, a collapse forward, one merged, one aborted
 * for every class of conflict, one that moves nothing, a discard; requests, meta and a reason.
 */
const SCRIPT: readonly Command[] = [
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
];

/** What is recorded and changes no state: where a checkpoint stands, and which key signs from there on. */
const RECORDS_SCRIPT: readonly Command[] = [
  createWorkspace(),
  recordCheckpoint({ principal: 'world' }),
  changeSigningKey(utf8('0123456789abcdef0123456789abcdef'), { requestId: 'rotate', origin: 'golden.invalid/a' }),
  changeSigningKey(utf8('fedcba9876543210fedcba9876543210'), { origin: 'golden.invalid/b' }),
];

/** The value digest of the file with these fields. */
function keyedValue(key: string, fields: Readonly<Record<string, number>>): Digest {
  const [entry] = trieEntries(graphOf([putNode('file', key, fields)]).nodes);
  if (entry === undefined) throw new Error('a graph of one node is empty');
  return nodeValueDigest(entry.value);
}

function runGoldenScript(script: readonly Command[] = SCRIPT): WorldDriver {
  const driver = new WorldDriver();
  for (const command of script) {
    const decision = driver.run(command);
    if (!decision.ok) throw new Error(`a golden command is refused: ${decision.detail}`);
  }
  return driver;
}

function snapshotVectors(): Json {
  const driver = new WorldDriver();
  const { system } = driver.world;
  const first = {
    name: 'first',
    parent: bytesToHex(ZERO_DIGEST),
    digest: bytesToHex(system.digest),
    id: bytesToHex(system.id),
  };
  const number = driver.fork(...SMALL);
  const head = driver.head(number);
  driver.must('COLLAPSE', collapseWorkspace(number));
  const collapsed = driver.world.system;
  return {
    about: 'Snapshot ids: of a parent and a digest, or of a collapse. Rules: docs/spec/snapshots.md.',
    snapshots: [
      first,
      {
        name: 'after a rewrite',
        parent: bytesToHex(system.id),
        digest: bytesToHex(head.digest),
        id: bytesToHex(head.id),
      },
    ],
    collapses: [
      {
        name: 'forward',
        system: bytesToHex(system.id),
        workspace: bytesToHex(head.id),
        digest: bytesToHex(collapsed.digest),
        id: bytesToHex(collapsed.id),
      },
    ],
  };
}

function eventVectors(title: string, script: readonly Command[]): Json {
  const { events } = runGoldenScript(script);
  let tree = EMPTY_TREE;
  return {
    about: `${title}, event 0 first; event n+1 answers command n. Rules: docs/spec/events.md.`,
    commands: script.map((command) => bytesToJson(command)),
    events: events.map((encoded) => {
      tree = appendLeaf(tree, encoded.leaf, sha256);
      return { ...eventJson(encoded), treeHead: bytesToHex(treeHead(tree, sha256)) };
    }),
  };
}

function eventJson({ event, header, body, leaf }: EncodedEvent): { readonly [key: string]: Json } {
  return { event: bytesToJson(event), header: bytesToHex(header), body: bytesToHex(body), leaf: bytesToHex(leaf) };
}

/** Where events, commands and ops hold bytes; `expect` may be the word "absent". */
const BYTES_KEYS: ReadonlySet<string> = new Set(
  (
    'id from to key payload expect value meta base ours theirs rulePackId commandDigest baseSnapshotId ' +
    'viewDigest snapshotId systemDigest systemSnapshotId conflictsDigest worldDigest publicKey'
  ).split(' '),
);

function bytesToJson(value: unknown, key: string = ''): Json {
  if (typeof value === 'string') return BYTES_KEYS.has(key) && value !== 'absent' ? bytesToHex(value) : value;
  if (value === null || typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map((item: unknown) => bytesToJson(item));
  if (typeof value !== 'object') throw new Error(`no form for ${typeof value}`);
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, bytesToJson(part, name)]));
}

function worldVectors(): Json {
  const { world, events } = runGoldenScript();
  return {
    about: 'The tables after the history in events.json, and the world digest over them. Rules: docs/spec/history.md.',
    counters: countersJson(world),
    tables: {
      nodes: rows(world.system.graph.nodes, (node) => bytesToHex(nodeValueDigest(node))),
      edges: rows(world.system.graph.edges, (edge) => bytesToHex(edgeValueDigest(edge))),
      workspaces: rows(world.workspaces, ({ base, head, meta, ...numbers }) => ({
        ...numbers,
        baseSnapshotId: bytesToHex(base.id),
        baseDigest: bytesToHex(base.digest),
        headSnapshotId: bytesToHex(head.id),
        headDigest: bytesToHex(head.digest),
        meta: hexOrNull(meta),
      })),
      ended: rows(world.ended.workspaces, ({ parentSnapshotId, meta, ...rest }) => ({
        ...rest,
        parentSnapshotId: bytesToHex(parentSnapshotId),
        meta: hexOrNull(meta),
      })),
      requests: events.flatMap(({ event: { idx, cause } }) => {
        const { principal, requestId, commandDigest } = cause;
        return commandDigest === null
          ? []
          : [{ principal, requestId, commandDigest: bytesToHex(commandDigest), firstIdx: idx }];
      }),
    },
    worldDigest: bytesToHex(worldDigest(world, sha256)),
  };
}

function countersJson(world: World): Json {
  return {
    historySize: world.history.size,
    treeHead: bytesToHex(treeHead(world.history, sha256)),
    rulePackId: bytesToHex(world.rulePackId),
    quantumMs: world.quantumMs,
    rewriteCount: world.rewriteCount,
    systemSnapshotId: bytesToHex(world.system.id),
    systemChanges: world.systemChanges,
    workspaceCount: world.workspaceCount,
    commitStatus: world.commitStatus,
  };
}

function rows<V>(table: Trie<V>, row: (value: V) => Json): Json[] {
  return trieEntries(table).map(({ key, value }) => {
    const shown = row(value);
    return typeof shown === 'string' ? [bytesToHex(key), shown] : shown;
  });
}

const LINE_LENGTH_MAX = 480;

/** What fits on a line stands on one: an element or an op is a line, a history is not. */
function formatGolden(json: Json, indent: string = '\n'): string {
  const flat = JSON.stringify(json);
  if (json === null || typeof json !== 'object' || flat.length <= LINE_LENGTH_MAX) return flat;
  const deeper = `${indent}  `;
  if (Array.isArray(json)) {
    const items = (json as readonly Json[]).map((item) => formatGolden(item, deeper)); // isArray widens to any[]
    return `[${deeper}${items.join(`,${deeper}`)}${indent}]`;
  }
  const items = Object.entries(json).map(([key, item]) => `${JSON.stringify(key)}: ${formatGolden(item, deeper)}`);
  return `{${deeper}${items.join(`,${deeper}`)}${indent}}`;
}

if (import.meta.main) {
  const folder = process.argv[2];
  if (folder === undefined) throw new Error('usage: golden.ts <folder of the version>');
  for (const [name, json] of Object.entries(goldenFiles()))
    writeFileSync(join(folder, name), `${formatGolden(json)}\n`);
}

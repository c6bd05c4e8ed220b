/**
 * The golden vectors of graphs and histories: what stands in `testdata/golden/v1/{graph,history}`, made by the kernel
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
  decodeRulePack,
  edgeSlot,
  edgeValueDigest,
  EMPTY_TREE,
  encodeValue,
  graphDigest,
  nodeValueDigest,
  treeHead,
  trieDigest,
  trieEntries,
  uniqueSlot,
  worldDigest,
  ZERO_DIGEST,
  type Bytes,
  type Command,
  type Digest,
  type EncodedEvent,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type Installation,
  type Op,
  type Trie,
  DEFAULT_SETTINGS,
  trieCount,
  type Workspace,
  type World,
  type Written,
} from '@jitos/kernel';
import { addEdge, addNode, collapseBatch, collapseWorkspace, putNode, utf8 } from './make-ops.ts';
import { NO_RULES } from './no-rules.ts';
import { WorldDriver } from './world-driver.ts';
import {
  A,
  B,
  NOTE,
  graphOf,
  FIELDS,
  SMALL,
  LARGE,
  SCRIPT,
  GRANTS_SCRIPT,
  RECORDS_SCRIPT,
  PACK,
  LAX,
  documentBytes,
  RULES_SCRIPT,
  collapseScript,
  runGoldenScript,
  type Json,
} from './golden-scripts.ts';

export type { Json } from './golden-scripts.ts';

/** The files by name, below the folder of the version. */
export function goldenFiles(): Readonly<Record<string, Json>> {
  return {
    'graph/elements.json': elementVectors(),
    'graph/graphs.json': graphVectors(),
    'graph/rule-packs.json': rulePackVectors(),
    'graph/snapshots.json': snapshotVectors(),
    'history/events.json': eventVectors('A history of every kind of event', SCRIPT),
    'history/records.json': eventVectors('A history of the events that change no state', RECORDS_SCRIPT),
    'history/rules.json': eventVectors(
      'A history of rule packs: one put in force, one refused, one half way',
      RULES_SCRIPT,
    ),
    'history/world.json': worldVectors('events.json', SCRIPT),
    'history/collapses.json': eventVectors('Collapses under every policy', collapseScript()),
    'history/rules-world.json': worldVectors('rules.json', RULES_SCRIPT),
    'history/grants.json': eventVectors(
      'A history of keys: grants, links, denials, limits, idle workspaces',
      GRANTS_SCRIPT,
    ),
    'history/grants-world.json': worldVectors('grants.json', GRANTS_SCRIPT),
  };
}

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
  const rulePackId = NO_RULES.id;
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

/** The rule packs and slots that docs/spec/rule-packs.md describes. */
function rulePackVectors(): Json {
  const packs = (
    [
      ['empty', {}],
      ['of everything', PACK],
      ['of one kind', LAX],
    ] as const
  ).map(([name, document]) => {
    const bytes = documentBytes(document);
    const decoded = decodeRulePack(bytes, sha256);
    if (!decoded.ok) throw new Error(`a golden pack is refused: ${decoded.detail}`);
    return { name, document, bytes: bytesToHex(bytes), id: bytesToHex(decoded.rules.id) };
  });
  const refused = [{ unknown: 'allowed' }, { edges: { next: { from: ['file'] } } }].map((document) => {
    const bytes = documentBytes(document);
    const decoded = decodeRulePack(bytes, sha256);
    if (decoded.ok) throw new Error('a golden pack is not refused');
    return { bytes: bytesToHex(bytes), reason: decoded.reason, place: decoded.place };
  });
  const [fields, values] = [
    ['v', 'size'],
    [encodeValue('x'), encodeValue(1)],
  ];
  const unique = {
    slot: bytesToHex(uniqueSlot('file', fields, values, sha256)),
    of: ['unique', 'file', fields, values.map(bytesToHex)],
  };
  const ends = (['out', 'in'] as const).map((end) => ({
    slot: bytesToHex(edgeSlot(end, 'owns', A, sha256)),
    of: [end, 'owns', bytesToHex(A)],
  }));
  return {
    about: 'Rule packs, what is none, and slots; bytes in hex. Rules: docs/spec/rule-packs.md.',
    packs,
    refused,
    slots: [unique, ...ends],
  };
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
    about: 'Snapshot ids: of a parent and a digest, of a collapse, or of a batch. Rules: docs/spec/snapshots.md.',
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
    batches: [batchVector('three workspaces', driver)],
  };
}

function batchVector(name: string, driver: WorldDriver): Json {
  const { id } = driver.world.system;
  const numbers = ['x', 'y', 'z'].map((key) => driver.fork(putNode('file', key)));
  const workspaces = numbers.map((number) => bytesToHex(driver.head(number).id));
  driver.must('COLLAPSE_BATCH', collapseBatch(numbers));
  const { system } = driver.world;
  return { name, target: bytesToHex(id), workspaces, digest: bytesToHex(system.digest), id: bytesToHex(system.id) };
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
    'viewDigest snapshotId targetDigest targetSnapshotId conflictsDigest worldDigest publicKey digest node other slot ' +
    'systemDigest systemSnapshotId rules after offendersDigest nodesRoot ' +
    'grant grantId parent holder keyPrefix signature owner'
  ).split(' '),
);

function bytesToJson(value: unknown, key: string = ''): Json {
  if (typeof value === 'string') return BYTES_KEYS.has(key) && value !== 'absent' ? bytesToHex(value) : value;
  if (value === null || typeof value === 'number') return value;
  if (Array.isArray(value)) return value.map((item: unknown) => bytesToJson(item));
  if (typeof value !== 'object') throw new Error(`no form for ${typeof value}`);
  return Object.fromEntries(
    Object.entries(value)
      .filter(([name, part]) => !isUnset(name, part))
      .map(([name, part]) => [name, bytesToJson(part, name)]),
  );
}

/** What came after the formats were frozen stands in no vector where it says nothing. */
const UNSET: Readonly<Record<string, unknown>> = {
  grant: null,
  owner: null,
  usedTick: null,
  baseTick: null,
  agesFromTick: null,
  keyWorkspacesMax: DEFAULT_SETTINGS.keyWorkspacesMax,
  keyWorkspaceOpsMax: DEFAULT_SETTINGS.keyWorkspaceOpsMax,
  workspaceIdleTicksMax: DEFAULT_SETTINGS.workspaceIdleTicksMax,
  baseAgeTicksMax: DEFAULT_SETTINGS.baseAgeTicksMax,
};

function isUnset(name: string, value: unknown): boolean {
  return name in UNSET && (value === null || value === UNSET[name]);
}

function worldVectors(file: string, script: readonly Command[]): Json {
  const { world, events } = runGoldenScript(script);
  return {
    about: `The tables after the history in ${file}, and the world digest over them. Rules: docs/spec/history.md.`,
    counters: countersJson(world),
    tables: {
      nodes: rows(world.system.graph.nodes, (node) => bytesToHex(nodeValueDigest(node))),
      edges: rows(world.system.graph.edges, (edge) => bytesToHex(edgeValueDigest(edge))),
      workspaces: rows(world.workspaces, ({ base, head, meta, parentAtFork, ...workspace }) => ({
        number: workspace.number,
        createdIdx: workspace.createdIdx,
        baseView: workspace.baseView,
        baseSystemChanges: workspace.baseSystemChanges,
        parent: workspace.parent,
        abortCount: workspace.abortCount,
        ...writtenJson(workspace),
        parentAtFork: parentAtFork && writtenJson(parentAtFork),
        baseSnapshotId: bytesToHex(base.id),
        baseDigest: bytesToHex(base.digest),
        headSnapshotId: bytesToHex(head.id),
        headDigest: bytesToHex(head.digest),
        meta: hexOrNull(meta),
        ...ownedJson(workspace),
      })),
      ended: rows(world.ended.workspaces, ({ parentSnapshotId, meta, owner, ...rest }) => ({
        ...rest,
        ...(owner === null ? {} : { owner: bytesToHex(owner) }),
        parentSnapshotId: bytesToHex(parentSnapshotId),
        meta: hexOrNull(meta),
      })),
      requests: events.flatMap(({ event: { idx, cause } }) => {
        const { principal, requestId, commandDigest } = cause;
        return commandDigest === null
          ? []
          : [{ principal, requestId, commandDigest: bytesToHex(commandDigest), firstIdx: idx }];
      }),
      ...(trieCount(world.grants.byId) === 0 ? {} : { grants: rows(world.grants.byId, (grant) => bytesToJson(grant)) }),
      ...(trieCount(world.denials) === 0 ? {} : { denials: denialRows(world.denials) }),
    },
    worldDigest: bytesToHex(worldDigest(world, sha256)),
  };
}

function denialRows(denials: World['denials']): Json[] {
  return trieEntries(denials).map(({ key, value }) => [bytesToHex(key), value]);
}

function ownedJson(later: Pick<Workspace, 'owner' | 'usedTick' | 'baseTick'>): { readonly [key: string]: Json } {
  const { owner, usedTick, baseTick } = later;
  return owner === null && usedTick === null && baseTick === null
    ? {}
    : { owner: hexOrNull(owner), usedTick, baseTick };
}

function writtenJson({ opCount, expected }: Written): { readonly [key: string]: Json } {
  return { opCount, expected: rows(expected, (each) => bytesToJson(each)) };
}

function countersJson(world: World): Json {
  return {
    historySize: world.history.size,
    treeHead: bytesToHex(treeHead(world.history, sha256)),
    rulePackId: bytesToHex(world.system.rules.id),
    quantumMs: world.quantumMs,
    clock: { tick: world.clock.tick, wallMs: world.clock.wallMs },
    settings: bytesToJson(world.settings),
    rewriteCount: world.rewriteCount,
    systemSnapshotId: bytesToHex(world.system.id),
    systemChanges: world.systemChanges,
    workspaceCount: world.workspaceCount,
    commitStatus: world.commitStatus,
    rulesIdx: world.rulesIdx,
    installation: world.installation === null ? null : installationJson(world.installation),
    ...(world.agesFromTick === null ? {} : { agesFromTick: world.agesFromTick }),
  };
}

/** All but its slots, which no digest covers. */
function installationJson(installation: Installation): Json {
  const { status, rules, migration, proposedIdx, endedIdx, turn, checkedCount, nodes, ...found } = installation;
  const { offenders, offenderCount, offendersDigest } = found;
  const progress = { status, rulePackId: rules.id, migration, proposedIdx, endedIdx, turn, checkedCount };
  const nodesRoot = trieDigest(nodes, nodeValueDigest, sha256);
  return bytesToJson({ ...progress, nodesRoot, offenders, offenderCount, offendersDigest });
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

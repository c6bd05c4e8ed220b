/**
 * Worlds as plain data, and what must hold of every one of them.
 *
 * - `describeWorld` is everything that two equal worlds have in common, indexes included, whatever shape their tries
 *   have and whichever digests are cached.
 * - `worldProblems` recomputes what a world caches: indexes from elements, digests from contents.
 */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  DIGEST_SIZE,
  digestToHex,
  edgeValueDigest,
  grantDigest,
  elementValue,
  getWorkspace,
  grantId,
  graphDigest,
  keyToNumber,
  nodeValueDigest,
  numberToKey,
  treeHead,
  trieCount,
  trieDigest,
  trieEntries,
  triePut,
  emptyTrie,
  worldDigest,
  type Bytes,
  type ElementId,
  type ElementValue,
  type EndedWorkspace,
  type Graph,
  type GraphEdge,
  type GraphNode,
  type Installation,
  type RulePack,
  type Snapshot,
  type Trie,
  type ValueDigest,
  type Workspace,
  type World,
  type Written,
} from '@jitos/kernel';
import { naiveGraph } from './naive-graph.ts';
import { naiveBreaks, naiveMigrate, naiveSlots } from './naive-rules.ts';
import { NO_RULES } from './no-rules.ts';

/** A table as `[key, value]` pairs in hex and in order. */
export type TableText = readonly (readonly [string, string])[];
export type GraphText = Readonly<Record<'nodes' | 'edges' | GraphIndexName, TableText>>;
type GraphIndexName = 'nodesByKind' | 'edgesByKind' | 'edgesFrom' | 'edgesTo' | 'slots';

const hex = (bytes: string): string => Buffer.from(bytes, 'latin1').toString('hex');

function tableText<V>(trie: Trie<V>, text: (value: V) => string): TableText {
  return trieEntries(trie).map(({ key, value }) => [hex(key), text(value)]);
}

const nodeText = (node: GraphNode): string => digestToHex(nodeValueDigest(node));
const edgeText = (edge: GraphEdge): string => digestToHex(edgeValueDigest(edge));

function indexText<V>(index: Trie<Trie<V>>, text: (value: V) => string): TableText {
  return trieEntries(index).flatMap(({ key, value: members }): TableText => {
    if (trieCount(members) === 0) return [[`${hex(key)}/`, 'an empty slot']];
    return tableText(members, text).map(([id, value]) => [`${hex(key)}/${id}`, value]);
  });
}

export function describeGraph(graph: Graph): GraphText {
  return {
    nodes: tableText(graph.nodes, nodeText),
    edges: tableText(graph.edges, edgeText),
    nodesByKind: indexText(graph.nodesByKind, hex),
    edgesByKind: indexText(graph.edgesByKind, hex),
    edgesFrom: indexText(graph.edgesFrom, hex),
    edgesTo: indexText(graph.edgesTo, hex),
    slots: indexText(graph.slots, hex),
  };
}

function describeSnapshot(snapshot: Snapshot): object {
  return {
    rulePackId: digestToHex(snapshot.rules.id),
    id: digestToHex(snapshot.id),
    digest: digestToHex(snapshot.digest),
    graph: describeGraph(snapshot.graph),
  };
}

export function describeWorkspace(workspace: Workspace): object {
  const { base, head, meta, opCount, expected, parentAtFork, children, ...numbers } = workspace;
  return {
    ...numbers,
    meta: meta === null ? null : hex(meta),
    children: tableText(children, String),
    ...describeWritten({ opCount, expected }),
    parentAtFork: parentAtFork && describeWritten(parentAtFork),
    base: describeSnapshot(base),
    head: describeSnapshot(head),
  };
}

function describeWritten({ opCount, expected }: Written): object {
  return { opCount, expected: tableText(expected, ({ element, value }) => `${element} ${hex(value ?? '')}`) };
}

function describeEnded(ended: EndedWorkspace): object {
  const { parentSnapshotId, meta, ...rest } = ended;
  return { ...rest, parentSnapshotId: digestToHex(parentSnapshotId), meta: meta === null ? null : hex(meta) };
}

function describeInstallation({ rules, nodes, slots, ...rest }: Installation): object {
  return {
    ...rest,
    rulePackId: digestToHex(rules.id),
    nodes: tableText(nodes, nodeText),
    slots: indexText(slots, hex),
  };
}

export function describeWorld(world: World): object {
  const { history, system, workspaces, ended, requests, installation, grants, denials, openByOwner, ...scalars } =
    world;
  return {
    ...scalars,
    worldDigest: digestToHex(worldDigest(world, sha256)),
    treeSize: history.size,
    treeHead: digestToHex(treeHead(history, sha256)),
    treeEdge: history.edge.map(digestToHex),
    rulePackId: digestToHex(system.rules.id),
    installation: installation === null ? null : describeInstallation(installation),
    system: describeSnapshot(system),
    workspaces: trieEntries(workspaces).map(({ value }) => describeWorkspace(value)),
    ended: {
      byNumber: trieEntries(ended.workspaces).map(({ value }) => describeEnded(value)),
      byEnd: tableText(ended.numbersByEnd, String),
    },
    requests: {
      byKey: tableText(requests.requests, (request) => `${request.firstIdx} ${digestToHex(request.commandDigest)}`),
      byIdx: tableText(requests.keysByIdx, hex),
      byPrincipal: indexText(requests.keysByPrincipal, hex),
    },
    grants: {
      byId: tableText(grants.byId, (grant) => digestToHex(grantDigest(grant, sha256))),
      byHolder: indexText(grants.byHolder, hex),
    },
    denials: tableText(denials, String),
    openByOwner: indexText(openByOwner, String),
  };
}

/** What is wrong with the graph: ends that are missing (G1), indexes that differ from rebuilt ones (G2), broken rules. */
export function graphProblems(graph: Graph, rules: RulePack = NO_RULES): string[] {
  const text = describeGraph(graph);
  const nodes = trieEntries(graph.nodes).map(({ value }) => value);
  const edges = trieEntries(graph.edges).map(({ value }) => value);
  const nodeIds = new Set<string>(nodes.map((node) => node.id));
  const problems = edges
    .filter((edge) => !nodeIds.has(edge.from) || !nodeIds.has(edge.to))
    .map((edge) => `edge ${digestToHex(edge.id)} lacks an end`);
  problems.push(...naiveBreaks(naiveGraph(graph), rules).map(hex));
  const rebuilt: Record<GraphIndexName, TableText> = {
    nodesByKind: rebuildIndex(nodes, (node) => kindSlot(node.kind)),
    edgesByKind: rebuildIndex(edges, (edge) => kindSlot(edge.kind)),
    edgesFrom: rebuildIndex(edges, (edge) => edge.from),
    edgesTo: rebuildIndex(edges, (edge) => edge.to),
    slots: rebuildSlots(graph, rules),
  };
  for (const [name, index] of Object.entries(rebuilt)) {
    if (JSON.stringify(text[name as GraphIndexName]) !== JSON.stringify(index)) problems.push(`index ${name} is wrong`); // a key of `rebuilt`
  }
  return problems;
}

const kindSlot = (kind: string): string => kind + '\0'.repeat(128 - kind.length);

function rebuildIndex<V extends { readonly id: string }>(
  elements: readonly V[],
  slot: (element: V) => string,
): TableText {
  return elements
    .map((element) => [`${hex(slot(element))}/${hex(element.id)}`, hex(element.id)] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1));
}

function rebuildSlots(graph: Graph, rules: RulePack): TableText {
  return naiveSlots(naiveGraph(graph), rules).map((text) => {
    const [slot, id] = [text.slice(0, DIGEST_SIZE), text.slice(DIGEST_SIZE)];
    return [`${hex(slot)}/${hex(id)}`, hex(id)] as const;
  });
}

/** The digest of a trie with the same contents, put together from scratch in another order. */
function rebuiltDigest<V>(trie: Trie<V>, valueDigest: ValueDigest<V>): string {
  let rebuilt: Trie<V> = emptyTrie();
  for (const { key, value } of trieEntries(trie).reverse()) rebuilt = triePut(rebuilt, key, value, null);
  return trieDigest(rebuilt, valueDigest, sha256);
}

function snapshotProblems(name: string, snapshot: Snapshot): string[] {
  const { graph, rules } = snapshot;
  const problems = graphProblems(graph, rules);
  if (rebuiltDigest(graph.nodes, nodeValueDigest) !== trieDigest(graph.nodes, nodeValueDigest, sha256))
    problems.push('nodes root');
  if (rebuiltDigest(graph.edges, edgeValueDigest) !== trieDigest(graph.edges, edgeValueDigest, sha256))
    problems.push('edges root');
  if (graphDigest(graph, rules.id, sha256) !== snapshot.digest) problems.push('digest is not that of the graph');
  return problems.map((problem) => `${name}: ${problem}`);
}

/** What is wrong with a world, recomputed from its parts; none in a sound one. Costs O(size of every open view). */
export function worldProblems(world: World): string[] {
  const problems = snapshotProblems('system', world.system);
  for (const { key, value } of trieEntries(world.workspaces)) {
    const name = `workspace ${value.number}`;
    if (keyToNumber(key) !== value.number || value.number >= world.workspaceCount)
      problems.push(`${name} is misplaced`);
    if (value.baseSystemChanges > world.systemChanges) problems.push(`${name} is forked from the future`);
    if (
      JSON.stringify(tableText(childrenOf(world, value.number), String)) !==
      JSON.stringify(tableText(value.children, String))
    )
      problems.push(`${name}: children are wrong`);
    problems.push(...snapshotProblems(name, value.head), ...expectedProblems(world, value));
  }
  return [
    ...problems,
    ...installationProblems(world),
    ...endedProblems(world),
    ...requestProblems(world),
    ...grantProblems(world),
  ];
}

/** What an installation holds is a function of System and the turn. */
function installationProblems({ installation, system }: World): string[] {
  if (installation?.status !== 'checking') return [];
  const { turn, migration, rules } = installation;
  const hasCome = (element: 'edge' | 'node', id: ElementId): boolean => {
    if (turn.element === element) return turn.after !== null && id <= turn.after;
    return turn.element === 'done' || element === 'edge';
  };
  const migrated = naiveMigrate(naiveGraph(system.graph), migration, ({ id }) => hasCome('node', id));
  const nodes = new Map([...migrated.nodes].filter(([id]) => hasCome('node', id)));
  const edges = new Map([...migrated.edges].filter(([id]) => hasCome('edge', id)));
  const contents = [...migrated.nodes.values()].map((node) => [node.id, nodeValueDigest(node)] as const);
  const expected = {
    nodes: contents.sort(([a], [b]) => (a < b ? -1 : 1)).map((row) => row.map(hex)),
    slots: naiveSlots({ nodes, edges }, rules).map(hex),
  };
  const actual = {
    nodes: trieEntries(installation.nodes).map(({ key, value }) => [hex(key), hex(nodeValueDigest(value))]),
    slots: trieEntries(installation.slots).flatMap(({ key, value }) =>
      trieEntries(value).map(({ key: id }) => hex(key + id)),
    ),
  };
  const problems: string[] = [];
  if (JSON.stringify(actual.nodes) !== JSON.stringify(expected.nodes)) problems.push('installation: nodes are wrong');
  if (JSON.stringify(actual.slots) !== JSON.stringify(expected.slots)) problems.push('installation: slots are wrong');
  return problems;
}

/** What is expected is what the bases have (W3). */
function expectedProblems(world: World, { number, base, parent, expected, parentAtFork }: Workspace): string[] {
  const areIn = ({ graph }: Snapshot, each: Trie<ElementValue>): boolean =>
    trieEntries(each).every(
      ({ key, value }) => key === value.id && elementValue(graph, value.element, value.id) === value.value,
    );
  const parentBase = parent === null ? null : (getWorkspace(world, parent)?.base ?? null);
  const problems: string[] = [];
  if (!areIn(base, expected)) problems.push(`workspace ${number} expects what its base has not`);
  if ((parentBase === null) !== (parentAtFork === null)) problems.push(`workspace ${number}: what of its parent?`);
  if (parentBase !== null && parentAtFork !== null && !areIn(parentBase, parentAtFork.expected))
    problems.push(`workspace ${number}: its parent expected what the parent's base has not`);
  return problems;
}

function childrenOf({ workspaces }: World, parent: number): Trie<number> {
  let children: Trie<number> = emptyTrie();
  for (const { key, value } of trieEntries(workspaces)) {
    if (value.parent === parent) children = triePut(children, key, value.number, null);
  }
  return children;
}

function endedProblems({ workspaces, workspaceCount, ended }: World): string[] {
  const problems: string[] = [];
  if (trieCount(workspaces) + trieCount(ended.workspaces) > workspaceCount) problems.push('too many workspaces');
  let byEnd: Trie<number> = emptyTrie();
  for (const { key, value } of trieEntries(ended.workspaces)) {
    if (keyToNumber(key) !== value.number) problems.push(`ended workspace ${value.number} is misplaced`);
    byEnd = triePut(byEnd, (numberToKey(value.endedIdx) + numberToKey(value.number)) as Bytes, value.number, null); // bytes after bytes
  }
  if (JSON.stringify(tableText(byEnd, String)) !== JSON.stringify(tableText(ended.numbersByEnd, String)))
    problems.push('numbersByEnd is wrong');
  return problems;
}

function grantProblems({ grants: { byId, byHolder }, workspaces, openByOwner }: World): string[] {
  const problems: string[] = [];
  const held: string[] = [];
  const open: string[] = [];
  for (const { key, value } of trieEntries(byId)) {
    if (key !== grantId(value, sha256)) problems.push(`grant ${hex(key)} is misplaced`);
    held.push(`${hex(value.holder)}/${hex(numberToKey(value.addedIdx))} ${hex(key)}`);
  }
  const listed = indexText(byHolder, hex).map(([place, id]) => `${place} ${id}`);
  if (held.sort().join() !== listed.sort().join()) problems.push('byHolder is wrong');
  for (const { owner, number } of trieEntries(workspaces).map(({ value }) => value)) {
    if (owner !== null) open.push(`${hex(owner)}/${hex(numberToKey(number))} ${number}`);
  }
  const listedOpen = indexText(openByOwner, String).map(([place, number]) => `${place} ${number}`);
  if (open.sort().join() !== listedOpen.sort().join()) problems.push('openByOwner is wrong');
  return problems;
}

function requestProblems(world: World): string[] {
  const { requests, keysByIdx, keysByPrincipal } = world.requests;
  const byIdx = new Map<number, Bytes>();
  const owned: string[] = [];
  for (const { key, value } of trieEntries(requests)) {
    byIdx.set(value.firstIdx, key);
    owned.push(`${hex(value.principalKey)}/${value.firstIdx}/${hex(key)}`);
  }
  const listed = trieEntries(keysByIdx).map(({ key, value }) => [keyToNumber(key), value] as const);
  const listedOwned = trieEntries(keysByPrincipal).flatMap(({ key: owner, value: keys }) => {
    return trieEntries(keys).map(({ key, value }) => `${hex(owner)}/${keyToNumber(key)}/${hex(value)}`);
  });
  const problems: string[] = [];
  if (byIdx.size !== listed.length || listed.some(([idx, key]) => byIdx.get(idx) !== key))
    problems.push('keysByIdx is wrong');
  if (owned.sort().join() !== listedOwned.sort().join()) problems.push('keysByPrincipal is wrong');
  return problems;
}

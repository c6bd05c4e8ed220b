/**
 * Merges on plain maps, over every id that any side knows: the slow and obvious model that the kernel's own is held
 * against. It shares with the kernel how an element is made, the table of policies, and nothing else.
 */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  compareKeys,
  contentNode,
  decodeValue,
  edgeId,
  encodeValue,
  keyedNode,
  keyedNodeId,
  nodeValueDigest,
  rangeId,
  type Conflict,
  type ConflictClass,
  type Digest,
  type ElementId,
  type ElementType,
  type ElementValue,
  type EncodedValue,
  type GraphEdge,
  type GraphNode,
  type KeyedNode,
  type MergeRule,
  type Op,
  type Policy,
  type Range,
  type RuleName,
  type RulePack,
  type Side,
  type Value,
} from '@jitos/kernel';
import { danglingEdges, type NaiveGraph } from './naive-graph.ts';
import { naiveBreaks, naiveSlots } from './naive-rules.ts';

export type NaiveMerge =
  | { readonly merged: true; readonly graph: NaiveGraph }
  | { readonly merged: false; readonly conflicts: readonly Conflict[] };

export interface NaiveFork {
  readonly rules: RulePack;
  readonly base: NaiveGraph;
  readonly ours: NaiveGraph;
  readonly theirs: NaiveGraph;
}

export interface NaiveTerms {
  readonly policy: Policy;
  readonly expected: readonly ElementValue[];
  readonly ranges: readonly Range[];
  readonly choices: ReadonlyMap<ElementId, Side>;
}

interface Sides<Element> {
  readonly base: Element | undefined;
  readonly ours: Element | undefined;
  readonly theirs: Element | undefined;
}

/** What an element comes to, and why it can not. */
interface Outcome<Element> {
  readonly value: Element | undefined;
  readonly conflict?: { readonly class: ConflictClass; readonly fields: readonly string[] };
}

export function naiveMerge(fork: NaiveFork, terms: NaiveTerms): NaiveMerge {
  const conflicts: Conflict[] = [];
  const told = (
    element: ElementType,
    id: ElementId,
    why: ConflictClass,
    { fields = [], other = null, rule = null }: Partial<Pick<Conflict, 'fields' | 'other' | 'rule'>> = {},
  ): void => {
    const [base, ours, theirs] = [fork.base, fork.ours, fork.theirs].map((side) => valueIn(side, element, id));
    conflicts.push({
      element,
      id,
      class: why,
      base: base ?? null,
      ours: ours ?? null,
      theirs: theirs ?? null,
      fields: fields.slice(0, 32),
      other,
      rule,
    });
  };
  const graph: NaiveGraph = {
    nodes: mergeTable(fork.base.nodes, fork.ours.nodes, fork.theirs.nodes, (id, sides) => {
      const outcome = nodeOutcome(fork.rules, id, sides, terms);
      if (outcome.conflict !== undefined) told('node', id, outcome.conflict.class, outcome.conflict);
      return outcome.value;
    }),
    edges: mergeTable(fork.base.edges, fork.ours.edges, fork.theirs.edges, (id, sides) => {
      const outcome = edgeOutcome(fork.rules, id, sides, terms);
      if (outcome.conflict !== undefined) told('edge', id, outcome.conflict.class, outcome.conflict);
      return outcome.value;
    }),
  };
  const dangling = new Set<ElementId>();
  for (const { id, from, to } of danglingEdges(graph)) {
    dangling.add(id);
    told('edge', id, 'dangling', { other: graph.nodes.has(from) ? to : from });
  }
  for (const text of naiveBreaks(graph, fork.rules)) {
    const [element, id, rule, subject, other] = brokenRule(text);
    const isTold = element === 'node' ? touchedNodes(fork.theirs, graph).has(id) : isNew(fork.theirs, graph, id);
    const isDangling = dangling.has(id) && (rule === 'edge-from' || rule === 'edge-to');
    if (!isTold || isDangling) continue;
    told(element, id, other === null ? 'rule' : 'unique', { other, rule: { rule, subject } });
  }
  for (const { element, id, value } of terms.expected) {
    if (valueIn(fork.theirs, element, id) !== value && !terms.choices.has(id)) told(element, id, 'expectation');
  }
  for (const range of terms.ranges) {
    if (rangeText(fork.base, range, fork.rules) === rangeText(fork.theirs, range, fork.rules)) continue;
    if (range.range === 'node' || range.range === 'edge') told(range.range, range.id, 'stale-read');
    else conflicts.push(staleRange(range));
  }
  if (conflicts.length === 0) return { merged: true, graph };
  return { merged: false, conflicts: conflicts.sort(inOrder) };
}

function inOrder(a: Conflict, b: Conflict): number {
  if (sortKey(a) !== sortKey(b)) return sortKey(a) < sortKey(b) ? -1 : 1;
  return compareKeys(a.rule?.subject ?? '', b.rule?.subject ?? '');
}

function sortKey(conflict: Conflict): string {
  const rank = { node: 'A', edge: 'B', range: 'C' }[conflict.element];
  return rank + conflict.id + conflict.class + (conflict.rule?.rule ?? '');
}

/** Takes apart what `naiveBreaks` says: element, id, rule, subject, other. An id holds any byte, a `/` too. */
function brokenRule(text: string): readonly [ElementType, ElementId, RuleName, string | null, ElementId | null] {
  const [, element, id, rule, subject, other] = /^(node|edge)\/(.{32})\/([a-z-]+)\/([^/]*)\/(.*)$/s.exec(text) ?? [];
  const parts = [element, id, rule, subject === '' ? null : subject, other === '' ? null : other];
  return parts as [ElementType, ElementId, RuleName, string | null, ElementId | null]; // the pattern has found them
}

/** Nodes that are not as in theirs, and those that an edge left which is gone. */
function touchedNodes(theirs: NaiveGraph, graph: NaiveGraph): ReadonlySet<ElementId> {
  const gone = [...theirs.edges.values()].filter(({ id }) => !graph.edges.has(id)).map(({ from }) => from);
  const changed = [...graph.nodes.values()].filter((node) => digestOf(theirs.nodes.get(node.id)) !== digestOf(node));
  return new Set([...gone, ...changed.map(({ id }) => id)]);
}

function isNew(theirs: NaiveGraph, graph: NaiveGraph, id: ElementId): boolean {
  return theirs.edges.get(id)?.valueDigest !== graph.edges.get(id)?.valueDigest;
}

function staleRange(range: Range): Conflict {
  const none = { base: null, ours: null, theirs: null, fields: [], other: null, rule: null };
  return { element: 'range', id: rangeId(range, sha256), class: 'stale-read', ...none };
}

function valueIn(side: NaiveGraph, element: ElementType, id: ElementId): Digest | null {
  return element === 'node' ? (digestOf(side.nodes.get(id)) ?? null) : (side.edges.get(id)?.valueDigest ?? null);
}

function digestOf(node: GraphNode | undefined): Digest | undefined {
  return node === undefined ? undefined : nodeValueDigest(node);
}

function mergeTable<Element>(
  base: ReadonlyMap<ElementId, Element>,
  ours: ReadonlyMap<ElementId, Element>,
  theirs: ReadonlyMap<ElementId, Element>,
  outcomeOf: (id: ElementId, sides: Sides<Element>) => Element | undefined,
): Map<ElementId, Element> {
  const merged = new Map<ElementId, Element>();
  for (const id of new Set([...base.keys(), ...ours.keys(), ...theirs.keys()])) {
    const value = outcomeOf(id, { base: base.get(id), ours: ours.get(id), theirs: theirs.get(id) });
    if (value !== undefined) merged.set(id, value);
  }
  return merged;
}

function nodeOutcome(rules: RulePack, id: ElementId, sides: Sides<GraphNode>, terms: NaiveTerms): Outcome<GraphNode> {
  const { base, ours, theirs } = sides;
  const sided = sidedOutcome(id, sides, terms, digestOf);
  if (sided !== undefined) return sided;
  if (ours?.type !== 'keyed' || theirs?.type !== 'keyed')
    return unlikeOutcome(rules, 'node', sides, terms.policy, digestOf);
  return keyedOutcome(base?.type === 'keyed' ? base : undefined, ours, theirs, rules, terms.policy);
}

function edgeOutcome(rules: RulePack, id: ElementId, sides: Sides<GraphEdge>, terms: NaiveTerms): Outcome<GraphEdge> {
  const digest = (edge: GraphEdge | undefined): Digest | undefined => edge?.valueDigest;
  return sidedOutcome(id, sides, terms, digest) ?? unlikeOutcome(rules, 'edge', sides, terms.policy, digest);
}

/** Of what was chosen by hand, or changed by one side at most. */
function sidedOutcome<Element>(
  id: ElementId,
  { base, ours, theirs }: Sides<Element>,
  { choices }: NaiveTerms,
  digest: (element: Element | undefined) => Digest | undefined,
): Outcome<Element> | undefined {
  const choice = choices.get(id);
  if (choice !== undefined) return { value: choice === 'ours' ? ours : theirs };
  if (digest(ours) === digest(base)) return { value: theirs };
  if (digest(theirs) === digest(base)) return { value: ours };
  return undefined;
}

function unlikeOutcome<Element extends { readonly kind: string }>(
  rules: RulePack,
  element: ElementType,
  { ours, theirs }: Sides<Element>,
  policy: Policy,
  digest: (element: Element | undefined) => Digest | undefined,
): Outcome<Element> {
  if (digest(ours) === digest(theirs)) return { value: ours };
  const present = ours ?? theirs;
  if (present !== undefined && (ours === undefined || theirs === undefined)) {
    const rule =
      policy.name === 'lattice' ? (element === 'node' ? rules.nodes : rules.edges).get(present.kind)?.deletion : null;
    if (rule === 'delete-wins') return { value: undefined };
    if (rule === 'change-wins') return { value: present };
    return settled(policy, ours, theirs, 'changed-and-deleted', []);
  }
  return settled(policy, ours, theirs, 'both-changed', []);
}

function settled<Element>(
  policy: Policy,
  ours: Element | undefined,
  theirs: Element | undefined,
  why: ConflictClass,
  fields: readonly string[],
): Outcome<Element> {
  if (policy.name === 'ours') return { value: ours };
  if (policy.name === 'theirs') return { value: theirs };
  return { value: ours, conflict: { class: why, fields } };
}

function keyedOutcome(
  base: KeyedNode | undefined,
  ours: KeyedNode,
  theirs: KeyedNode,
  rules: RulePack,
  policy: Policy,
): Outcome<GraphNode> {
  const values = (node: KeyedNode | undefined): Map<string, EncodedValue> =>
    new Map(node?.fields.map(({ name, value }) => [name, value]));
  const [b, o, t] = [values(base), values(ours), values(theirs)];
  const names = [...new Set([...b.keys(), ...o.keys(), ...t.keys()])].sort(compareKeys);
  const unsettled: string[] = [];
  const fields: { name: string; value: EncodedValue }[] = [];
  for (const name of names) {
    const rule = policy.name === 'lattice' ? (rules.nodes.get(ours.kind)?.fields.get(name)?.merge ?? null) : null;
    const merged = naiveField(rule, b.get(name), o.get(name), t.get(name));
    if (merged === 'conflict') unsettled.push(name);
    const value = merged !== 'conflict' ? merged : policy.name === 'theirs' ? t.get(name) : o.get(name);
    if (value !== undefined) fields.push({ name, value });
  }
  const { id, kind, key } = ours;
  if (policy.name === 'fail-fast' || policy.name === 'serializable') {
    if (ours.valueDigest === theirs.valueDigest) return { value: ours };
    return { value: ours, conflict: { class: 'both-changed', fields: unsettled } };
  }
  if (unsettled.length > 0 && policy.name !== 'ours' && policy.name !== 'theirs') {
    return { value: ours, conflict: { class: 'both-changed', fields: unsettled } };
  }
  return { value: keyedNode(id, kind, key, fields, sha256) };
}

type Encoded = EncodedValue | undefined;

/** A field by its three values, decoded. */
export function naiveField(
  rule: MergeRule | null,
  base: Encoded,
  ours: Encoded,
  theirs: Encoded,
): Encoded | 'conflict' {
  if (ours === base) return theirs;
  if (theirs === base) return ours;
  if (rule === null) return ours === theirs ? ours : 'conflict';
  if (ours === undefined && theirs === undefined) return undefined;
  return naiveRule(rule, base, ours, theirs);
}

function naiveRule(rule: MergeRule, base: Encoded, ours: Encoded, theirs: Encoded): Encoded | 'conflict' {
  const decoded = (encoded: Encoded): Value | undefined =>
    encoded === undefined ? undefined : decodeValue(encoded, { nullAllowed: false });
  const [b, o, t] = [decoded(base), decoded(ours), decoded(theirs)];
  switch (rule) {
    case 'last-collapse':
      return ours;
    case 'min':
    case 'max': {
      if (o === undefined || t === undefined || ours === theirs) return ours ?? theirs;
      const isNumber = (value: Value): value is number | bigint =>
        typeof value === 'number' || typeof value === 'bigint';
      if (!isNumber(o) || !isNumber(t)) return 'conflict';
      return o < t === (rule === 'min') ? ours : theirs;
    }
    case 'counter': {
      const [x, y, z] = [b ?? 0, o ?? 0, t ?? 0].map((value) =>
        typeof value === 'bigint' || (typeof value === 'number' && Number.isInteger(value)) ? BigInt(value) : null,
      );
      if (x === null || y === null || z === null) return 'conflict';
      if (x === undefined || y === undefined || z === undefined) return 'conflict';
      const sum = z + y - x;
      return BigInt.asIntN(64, sum) === sum || BigInt.asUintN(64, sum) === sum ? encodeValue(sum) : 'conflict';
    }
    case 'set':
    case 'grow-set': {
      const [x, y, z] = [b ?? [], o ?? [], t ?? []].map((value) =>
        Array.isArray(value) ? value.map((item: Value) => encodeValue(item)) : null,
      );
      if (!x || !y || !z) return 'conflict';
      const removed = (item: EncodedValue): boolean => x.includes(item) && !(y.includes(item) && z.includes(item));
      const items = [...new Set([...y, ...z])].filter((item) => rule === 'grow-set' || !removed(item)).sort();
      const encoded = encodeValue(items.map((item) => decodeValue(item, { nullAllowed: false })));
      return encoded.length > 65_536 ? 'conflict' : encoded;
    }
  }
}

/** What ops that ran expected, in their order. */
export function expectedByOps(ops: readonly Op[]): ElementValue[] {
  return ops.flatMap((op): ElementValue[] => {
    if (op.expect === null) return [];
    return [{ ...elementOf(op), value: op.expect === 'absent' ? null : op.expect }];
  });
}

function elementOf(op: Op): Pick<ElementValue, 'element' | 'id'> {
  switch (op.op) {
    case 'AddNode':
      return { element: 'node', id: contentNode(op.kind, op.payload, sha256).id };
    case 'PutNode':
      return { element: 'node', id: keyedNodeId(op.kind, op.key, sha256) };
    case 'DeleteNode':
      return { element: 'node', id: op.id };
    case 'AddEdge':
      return { element: 'edge', id: edgeId(op.from, op.to, op.kind, op.key, sha256) };
    case 'SetEdge':
    case 'DeleteEdge':
      return { element: 'edge', id: op.id };
  }
}

/** What a workspace holds its target to: the first that it expected of each element, where that is as in its base. */
export function withNaiveExpected(
  base: NaiveGraph,
  expected: readonly ElementValue[],
  more: readonly ElementValue[],
): readonly ElementValue[] {
  const byId = new Map<ElementId, ElementValue>();
  for (const each of [...expected, ...more]) {
    if (valueIn(base, each.element, each.id) === each.value && !byId.has(each.id)) byId.set(each.id, each);
  }
  return [...byId.values()];
}

/** A range's members with their values, in order. */
function rangeText(graph: NaiveGraph, range: Range, rules: RulePack): string {
  const { nodes, edges } = graph;
  const slots = new Set(naiveSlots(graph, rules));
  const slotted = (id: ElementId): boolean => range.range === 'slot' && slots.has(range.slot + id);
  const node = ({ id, kind }: GraphNode): boolean =>
    slotted(id) || (range.range === 'node' && range.id === id) || (range.range === 'nodes' && range.kind === kind);
  const edge = ({ id, kind, from, to }: GraphEdge): boolean => {
    if (range.range === 'out' || range.range === 'in') {
      return range.node === (range.range === 'out' ? from : to) && (range.kind === null || range.kind === kind);
    }
    return (
      slotted(id) || (range.range === 'edge' && range.id === id) || (range.range === 'edges' && range.kind === kind)
    );
  };
  const isWhole = range.range === 'view';
  const members = [
    ...[...nodes.values()].filter((each) => isWhole || node(each)).map((each) => each.id + nodeValueDigest(each)),
    ...[...edges.values()].filter((each) => isWhole || edge(each)).map((each) => each.id + each.valueDigest),
  ];
  return members.sort().join();
}

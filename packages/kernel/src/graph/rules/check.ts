/**
 * Holding a graph to its rule pack: which rules the elements that changed now break.
 *
 * - C1 Each element costs O(its size · log n), whatever its kind or its node has besides: what is counted is read off the
 *      slots.
 * - C2 Where a slot holds more than it may, each element in it breaks the rule; whoever looks at those that changed finds
 *      the break, for nothing else can have filled it.
 */
import type { Sha256 } from '../../bytes/digest.ts';
import { compareKeys, type EncodedValue } from '../../bytes/value.ts';
import { trieCount, trieGet } from '../../trie/trie.ts';
import { trieEntryAt } from '../../trie/walk.ts';
import type { ElementId, GraphEdge, GraphNode, KeyedNode, Kind } from '../element.ts';
import type { Graph } from '../graph.ts';
import { indexGet, type IdSet } from '../id-index.ts';
import { isOfType } from './field-type.ts';
import { allowsEverything, type NodeRule, type RulePack } from './rule-pack.ts';
import { edgeSlot, uniqueSlotOf } from './slots.ts';

export const RULE_NAMES = [
  'edge-from',
  'edge-key',
  'edge-needed',
  'edge-payload',
  'edge-to',
  'field-missing',
  'field-type',
  'field-unknown',
  'in-max',
  'kind-unknown',
  'node-type',
  'out-max',
  'unique',
] as const;

export type RuleName = (typeof RULE_NAMES)[number];

/** `unique` where the element is sound by itself, but there is one too many. */
export function breakClass(rule: RuleName): RuleBreak['class'] {
  return rule === 'unique' || rule === 'out-max' || rule === 'in-max' ? 'unique' : 'rule';
}

export interface RuleBreak {
  readonly element: 'node' | 'edge';
  readonly id: ElementId;
  /** What kind of rule it is (`breakClass`). */
  readonly class: 'unique' | 'rule';
  readonly rule: RuleName;
  /** The field, the fields of a constraint joined by `,`, or the kind of the edge that is needed; null for other rules. */
  readonly subject: string | null;
  /** Of the class `unique`: another element that is counted, the first by id. */
  readonly other: ElementId | null;
}

/** What of a graph is looked at. */
export type Checked = Pick<Graph, 'nodes' | 'edges' | 'slots'>;

/** What changed: ids that are there or gone. `nodes` has the node that each deleted edge left. */
export interface Touched {
  readonly nodes: Iterable<ElementId>;
  readonly edges: Iterable<ElementId>;
}

/** The rules that what was touched breaks: nodes before edges, each by id, then by rule and subject. No duplicates. */
export function brokenRules(graph: Checked, rules: RulePack, touched: Touched, sha256: Sha256): RuleBreak[] {
  if (allowsEverything(rules)) return [];
  const breaks: RuleBreak[] = [];
  for (const id of inOrder(touched.nodes)) {
    const node = trieGet(graph.nodes, id);
    if (node !== undefined) breaks.push(...nodeBreaks(graph, rules, node, sha256));
  }
  for (const id of inOrder(touched.edges)) {
    const edge = trieGet(graph.edges, id);
    if (edge !== undefined) breaks.push(...edgeBreaks(graph, rules, edge, sha256));
  }
  return breaks;
}

function inOrder(ids: Iterable<ElementId>): readonly ElementId[] {
  return [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
}

/** The rules that a node of the graph breaks, by rule and subject. */
export function nodeBreaks(graph: Checked, rules: RulePack, node: GraphNode, sha256: Sha256): RuleBreak[] {
  const { id, kind } = node;
  const rule = rules.nodes.get(kind);
  if (rule === undefined) return rules.unknownKinds === 'refused' ? [broken('node', id, 'kind-unknown', null)] : [];
  const breaks: RuleBreak[] = [];
  for (const edgeKind of rules.neededEdges.get(kind) ?? []) {
    if (trieCount(indexGet(graph.slots, edgeSlot('out', edgeKind, id, sha256))) > 0) continue;
    breaks.push(broken('node', id, 'edge-needed', edgeKind));
  }
  if ((node.type === 'keyed') !== (rule.key !== null)) breaks.push(broken('node', id, 'node-type', null));
  else if (node.type === 'keyed') {
    breaks.push(...fieldBreaks(node, rule), ...uniqueBreaks(graph, node, rule, sha256));
  }
  return breaks.sort(compareBreaks);
}

function fieldBreaks({ id, fields }: KeyedNode, rule: NodeRule): RuleBreak[] {
  const breaks: RuleBreak[] = [];
  const values = new Map<string, EncodedValue>();
  for (const { name, value } of fields) {
    values.set(name, value);
    const declared = rule.fields.get(name);
    if (declared === undefined) {
      if (!rule.isOpen) breaks.push(broken('node', id, 'field-unknown', name));
    } else if (!isOfType(value, declared.type, declared.items)) {
      breaks.push(broken('node', id, 'field-type', name));
    }
  }
  for (const [name, { required }] of rule.fields) {
    if (required && !values.has(name)) breaks.push(broken('node', id, 'field-missing', name));
  }
  return breaks;
}

function uniqueBreaks(graph: Checked, node: KeyedNode, rule: NodeRule, sha256: Sha256): RuleBreak[] {
  return rule.unique.flatMap((constraint) => {
    const slot = uniqueSlotOf(node.kind, constraint, node.fields, sha256);
    const ids = slot === undefined ? undefined : indexGet(graph.slots, slot);
    if (ids === undefined || trieCount(ids) <= 1) return [];
    return [crowded('node', node.id, 'unique', constraint.join(), ids)];
  });
}

/** The rules that an edge of the graph breaks, by rule. */
export function edgeBreaks(graph: Checked, rules: RulePack, edge: GraphEdge, sha256: Sha256): RuleBreak[] {
  const { id, kind, key, payload } = edge;
  const rule = rules.edges.get(kind);
  if (rule === undefined) return rules.unknownKinds === 'refused' ? [broken('edge', id, 'kind-unknown', null)] : [];
  const breaks: RuleBreak[] = [];
  if (!joins(graph, rule.from, edge.from)) breaks.push(broken('edge', id, 'edge-from', null));
  if (!joins(graph, rule.to, edge.to)) breaks.push(broken('edge', id, 'edge-to', null));
  if (rule.key !== null && (rule.key === 'required') !== (key !== null)) {
    breaks.push(broken('edge', id, 'edge-key', null));
  }
  if (rule.payload !== null && (rule.payload === 'required') !== (payload !== null)) {
    breaks.push(broken('edge', id, 'edge-payload', null));
  }
  if (rule.outMax !== null) {
    const ids = indexGet(graph.slots, edgeSlot('out', kind, edge.from, sha256));
    if (trieCount(ids) > rule.outMax) breaks.push(crowded('edge', id, 'out-max', null, ids));
  }
  if (rule.inMax !== null) {
    const ids = indexGet(graph.slots, edgeSlot('in', kind, edge.to, sha256));
    if (trieCount(ids) > rule.inMax) breaks.push(crowded('edge', id, 'in-max', null, ids));
  }
  return breaks.sort(compareBreaks);
}

function joins(graph: Checked, kinds: readonly Kind[] | null, end: ElementId): boolean {
  if (kinds === null) return true;
  const node = trieGet(graph.nodes, end);
  return node !== undefined && kinds.includes(node.kind);
}

function broken(element: RuleBreak['element'], id: ElementId, rule: RuleName, subject: string | null): RuleBreak {
  return { element, id, class: 'rule', rule, subject, other: null };
}

function crowded(
  element: RuleBreak['element'],
  id: ElementId,
  rule: RuleName,
  subject: string | null,
  ids: IdSet,
): RuleBreak {
  const first = trieEntryAt(ids, 0)?.value;
  const other = first === id ? trieEntryAt(ids, 1)?.value : first;
  return { element, id, class: 'unique', rule, subject, other: other ?? null };
}

function compareBreaks(a: RuleBreak, b: RuleBreak): number {
  if (a.rule !== b.rule) return a.rule < b.rule ? -1 : 1;
  return compareKeys(a.subject ?? '', b.subject ?? '');
}

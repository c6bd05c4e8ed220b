/**
 * Rule packs on plain maps: the slow and obvious model that the kernel's checks are held against. Every element is
 * looked at, and counted by looking at all the others.
 */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import {
  compareKeys,
  decodeValue,
  edgeSlot,
  keyedNode,
  uniqueSlot,
  type EdgeRule,
  type ElementId,
  type FieldRule,
  type GraphEdge,
  type GraphNode,
  type Migration,
  type RulePack,
  type Value,
} from '@jitos/kernel';
import type { NaiveGraph } from './naive-graph.ts';

/** `element/id/rule/subject/other`, of every element, in no order that means anything. */
export function naiveBreaks(graph: NaiveGraph, rules: RulePack): string[] {
  return [
    ...[...graph.nodes.values()].flatMap((node) => nodeBreaks(graph, rules, node)),
    ...[...graph.edges.values()].flatMap((edge) => edgeBreaks(graph, rules, edge)),
  ];
}

function nodeBreaks(graph: NaiveGraph, rules: RulePack, node: GraphNode): string[] {
  const told = (rule: string, subject = '', other = ''): string => ['node', node.id, rule, subject, other].join('/');
  const rule = rules.nodes.get(node.kind);
  if (rule === undefined) return rules.unknownKinds === 'refused' ? [told('kind-unknown')] : [];
  const breaks: string[] = [];
  for (const [kind, { isNeeded, from }] of rules.edges) {
    if (!isNeeded || from?.includes(node.kind) !== true) continue;
    const leaves = [...graph.edges.values()].some((edge) => edge.kind === kind && edge.from === node.id);
    if (!leaves) breaks.push(told('edge-needed', kind));
  }
  if ((node.type === 'keyed') !== (rule.key !== null)) breaks.push(told('node-type'));
  if (node.type !== 'keyed' || rule.key === null) return breaks;
  const values = valuesOf(node);
  for (const [name, field] of rule.fields) {
    const value = values.get(name);
    if (value === undefined && field.required) breaks.push(told('field-missing', name));
    if (value !== undefined && !fits(value, field)) breaks.push(told('field-type', name));
  }
  if (!rule.isOpen) {
    for (const name of values.keys()) if (!rule.fields.has(name)) breaks.push(told('field-unknown', name));
  }
  for (const constraint of rule.unique) {
    const same = [...graph.nodes.values()].filter(
      (each) => each.kind === node.kind && each.id !== node.id && agree(node, each, constraint),
    );
    if (same.length > 0) breaks.push(told('unique', constraint.join(), firstId(same)));
  }
  return breaks;
}

/** Whether both nodes have all the fields, with the same values. */
function agree(a: GraphNode, b: GraphNode, constraint: readonly string[]): boolean {
  if (a.type !== 'keyed' || b.type !== 'keyed') return false;
  const [one, other] = [a, b].map((node) => new Map(node.fields.map(({ name, value }) => [name, value])));
  return constraint.every((name) => one?.has(name) === true && one.get(name) === other?.get(name));
}

function edgeBreaks(graph: NaiveGraph, rules: RulePack, edge: GraphEdge): string[] {
  const told = (rule: string, other = ''): string => ['edge', edge.id, rule, '', other].join('/');
  const rule = rules.edges.get(edge.kind);
  if (rule === undefined) return rules.unknownKinds === 'refused' ? [told('kind-unknown')] : [];
  const breaks: string[] = [];
  const kindOf = (id: ElementId): string => graph.nodes.get(id)?.kind ?? '';
  if (rule.from?.includes(kindOf(edge.from)) === false) breaks.push(told('edge-from'));
  if (rule.to?.includes(kindOf(edge.to)) === false) breaks.push(told('edge-to'));
  if (rule.key !== null && (edge.key !== null) !== (rule.key === 'required')) breaks.push(told('edge-key'));
  if (rule.payload !== null && (edge.payload !== null) !== (rule.payload === 'required')) {
    breaks.push(told('edge-payload'));
  }
  for (const [name, end, max] of [['out-max', 'from', rule.outMax] as const, ['in-max', 'to', rule.inMax] as const]) {
    const others = [...graph.edges.values()].filter(
      (each) => each.kind === edge.kind && each.id !== edge.id && each[end] === edge[end],
    );
    if (max !== null && others.length >= max) breaks.push(told(name, firstId(others)));
  }
  return breaks;
}

function firstId(elements: readonly { readonly id: ElementId }[]): ElementId {
  return elements.map(({ id }) => id).reduce((a, b) => (a < b ? a : b));
}

function valuesOf(node: Extract<GraphNode, { type: 'keyed' }>): Map<string, Value> {
  return new Map(node.fields.map(({ name, value }) => [name, decodeValue(value, { nullAllowed: false })]));
}

function fits(value: Value, { type, items }: FieldRule): boolean {
  if (type === 'any' || typeOf(value) === type) return true;
  if (type === 'float') return typeOf(value) === 'integer';
  if (type !== 'list' || !Array.isArray(value)) return false;
  return value.every(
    (item: Value) => items === null || fits(item, { type: items, items: null, required: false, merge: null }),
  );
}

function typeOf(value: Value): string {
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value === 'string') return 'text';
  if (typeof value === 'bigint' || Number.isInteger(value)) return 'integer';
  if (typeof value === 'number') return 'float';
  if (value instanceof Map) return 'map';
  return Array.isArray(value) ? '' : 'bytes';
}

/** `slot/id` of everything that the pack counts, in order. */
export function naiveSlots(graph: NaiveGraph, rules: RulePack): string[] {
  const slots: string[] = [];
  for (const node of graph.nodes.values()) {
    if (node.type !== 'keyed') continue;
    const values = new Map(node.fields.map(({ name, value }) => [name, value]));
    for (const constraint of rules.nodes.get(node.kind)?.unique ?? []) {
      const found = constraint.flatMap((name) => values.get(name) ?? []);
      if (found.length === constraint.length) slots.push(uniqueSlot(node.kind, constraint, found, sha256) + node.id);
    }
  }
  for (const edge of graph.edges.values()) {
    const rule = rules.edges.get(edge.kind);
    if (rule !== undefined) slots.push(...edgeSlots(edge, rule));
  }
  return slots.sort((a, b) => (a < b ? -1 : 1));
}

function edgeSlots({ id, kind, from, to }: GraphEdge, { isNeeded, outMax, inMax }: EdgeRule): string[] {
  return [
    ...(isNeeded || outMax !== null ? [edgeSlot('out', kind, from, sha256) + id] : []),
    ...(inMax === null ? [] : [edgeSlot('in', kind, to, sha256) + id]),
  ];
}

/** The graph after the migration, of the nodes that `isDue` names. */
export function naiveMigrate(graph: NaiveGraph, migration: Migration, isDue: (node: GraphNode) => boolean): NaiveGraph {
  const nodes = [...graph.nodes.values()].map((node) => {
    if (node.type === 'content' || !isDue(node)) return node;
    const values = new Map(node.fields.map(({ name, value }) => [name, value]));
    for (const step of migration) {
      const value = values.get(step.field);
      if (step.kind !== node.kind) continue;
      if (step.step === 'drop') values.delete(step.field);
      if (step.step === 'fill' && value === undefined) values.set(step.field, step.value);
      if (step.step !== 'rename' || value === undefined || values.has(step.newName)) continue;
      values.delete(step.field);
      values.set(step.newName, value);
    }
    const fields = [...values].map(([name, value]) => ({ name, value })).sort((a, b) => compareKeys(a.name, b.name));
    return keyedNode(node.id, node.kind, node.key, fields, sha256);
  });
  return { nodes: new Map(nodes.map((node) => [node.id, node])), edges: graph.edges };
}

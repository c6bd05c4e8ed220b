/**
 * Slots: one index for what may be there only so often, uniqueness and cardinality alike.
 *
 *     slot = H("slot")["unique", kind, [field …], [value …]]     nodes of the kind whose fields have these values
 *            H("slot")["out", kind, node]                        edges of the kind that leave the node
 *            H("slot")["in", kind, node]                         edges of the kind that reach the node
 *
 * - S1 The index holds an element under each slot that the pack gives it, and no empty slot: it is a function of the
 *      elements and the pack. It is never hashed.
 * - S2 A node that lacks a field of a constraint has no slot for it.
 *
 * A pack that counts nothing has no slots, and keeping them costs a look-up of the kind.
 */
import { CanonicalWriter } from '../../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../../bytes/digest.ts';
import type { EncodedValue } from '../../bytes/value.ts';
import type { EditSession } from '../../trie/trie.ts';
import type { ElementId, Field, GraphEdge, GraphNode, Kind } from '../element.ts';
import { indexAdd, indexRemove, type IdIndex } from '../id-index.ts';
import type { RulePack } from './rule-pack.ts';

const writer = new CanonicalWriter();

/** The slot of nodes of a kind that have these values in these fields, which are ascending. */
export function uniqueSlot(
  kind: Kind,
  fields: readonly string[],
  values: readonly EncodedValue[],
  sha256: Sha256,
): Digest {
  writer.reset();
  writer.array(4);
  writer.text('unique');
  writer.text(kind);
  writer.array(fields.length);
  for (const field of fields) writer.text(field);
  writer.array(values.length);
  for (const value of values) writer.raw(value);
  return taggedHash('slot', writer.toBytes(), sha256);
}

/** The slot of a kind's edges that leave a node, or reach it. */
export function edgeSlot(end: 'out' | 'in', kind: Kind, node: ElementId, sha256: Sha256): Digest {
  writer.reset();
  writer.array(3);
  writer.text(end);
  writer.text(kind);
  writer.bytes(node);
  return taggedHash('slot', writer.toBytes(), sha256);
}

/** The slot that the constraint gives a node with these fields; undefined if it lacks one of them (S2). */
export function uniqueSlotOf(
  kind: Kind,
  constraint: readonly string[],
  fields: readonly Field[],
  sha256: Sha256,
): Digest | undefined {
  const values = valuesOf(constraint, fields);
  return values === undefined ? undefined : uniqueSlot(kind, constraint, values, sha256);
}

function valuesOf(constraint: readonly string[], fields: readonly Field[]): readonly EncodedValue[] | undefined {
  const values: EncodedValue[] = [];
  for (const name of constraint) {
    const field = fields.find((each) => each.name === name);
    if (field === undefined) return undefined;
    values.push(field.value);
  }
  return values;
}

/** Whether nodes of the kind have slots. */
export function countsNodes(rules: RulePack, kind: Kind): boolean {
  return (rules.nodes.get(kind)?.unique.length ?? 0) > 0;
}

/** The slots after a node was put or deleted: `before` and `after` are undefined where there is none. */
export function slotNode(
  slots: IdIndex,
  rules: RulePack,
  before: GraphNode | undefined,
  after: GraphNode | undefined,
  sha256: Sha256,
  session: EditSession,
): IdIndex {
  const node = after ?? before;
  const unique = node === undefined ? undefined : rules.nodes.get(node.kind)?.unique;
  if (node === undefined || unique === undefined) return slots;
  let slotted = slots;
  for (const constraint of unique) {
    const left = before?.type === 'keyed' ? valuesOf(constraint, before.fields) : undefined;
    const taken = after?.type === 'keyed' ? valuesOf(constraint, after.fields) : undefined;
    if (left !== undefined && taken !== undefined && left.every((value, i) => value === taken[i])) continue;
    if (left !== undefined) {
      slotted = indexRemove(slotted, uniqueSlot(node.kind, constraint, left, sha256), node.id, session);
    }
    if (taken !== undefined) {
      slotted = indexAdd(slotted, uniqueSlot(node.kind, constraint, taken, sha256), node.id, session);
    }
  }
  return slotted;
}

/** The slots after an edge was put or deleted. */
export function slotEdge(
  slots: IdIndex,
  rules: RulePack,
  edge: GraphEdge,
  change: 'put' | 'deleted',
  sha256: Sha256,
  session: EditSession,
): IdIndex {
  const rule = rules.edges.get(edge.kind);
  if (rule === undefined) return slots;
  const move = change === 'put' ? indexAdd : indexRemove;
  let slotted = slots;
  if (rule.isNeeded || rule.outMax !== null) {
    slotted = move(slotted, edgeSlot('out', edge.kind, edge.from, sha256), edge.id, session);
  }
  if (rule.inMax !== null) slotted = move(slotted, edgeSlot('in', edge.kind, edge.to, sha256), edge.id, session);
  return slotted;
}

/**
 * Write sets: what a workspace's collapse depends on and changes, as ids and slots.
 *
 * A set holds the elements that it changed, the ends of the edges among them, the unique slots that its nodes left or took,
 * and what its ops expected. The edges of a node that it deleted are among those that it changed; an edge that somebody else
 * adds there has the node for an end.
 *
 * Workspaces of one base whose sets do not meet collapse to one digest in any order, under every policy that does not ask
 * what was read.
 */
import type { Digest, Sha256 } from '../bytes/digest.ts';
import {
  isSameEdge,
  isSameNode,
  type ElementId,
  type ElementValue,
  type GraphEdge,
  type GraphNode,
} from '../graph/element.ts';
import type { IdIndex, IdSet } from '../graph/id-index.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import { uniqueSlotOf } from '../graph/rules/slots.ts';
import { trieDiff } from '../trie/diff.ts';
import type { ForkChange } from '../trie/fork-diff.ts';
import type { Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import type { Fork } from './fork.ts';

export type WriteSet = ReadonlySet<Digest>;

/** The write set of a workspace that would collapse under these rules. O(own changes · log n). */
export function writeSetOf(
  { rules, base, ours }: Omit<Fork, 'theirs'>,
  expected: Trie<ElementValue>,
  sha256: Sha256,
): WriteSet {
  const changes = {
    nodes: changesOf(base.nodes, ours.nodes, isSameNode),
    edges: changesOf(base.edges, ours.edges, isSameEdge),
  };
  return new Set(writtenMembers(rules, changes, expected, sha256));
}

type Change<Element> = Pick<ForkChange<Element>, 'key' | 'before' | 'after'>;

interface Changes {
  readonly nodes: readonly Change<GraphNode>[];
  readonly edges: readonly Change<GraphEdge>[];
}

function changesOf<Element>(
  base: Trie<Element>,
  ours: Trie<Element>,
  same: (a: Element, b: Element) => boolean,
): Change<Element>[] {
  const changes: Change<Element>[] = [];
  trieDiff(base, ours, same, (key, before, after) => void changes.push({ key, before, after }));
  return changes;
}

/** The members of the write set of a workspace that has made these changes; some stand there twice. */
export function writtenMembers(
  rules: RulePack,
  { nodes, edges }: Changes,
  expected: Trie<ElementValue>,
  sha256: Sha256,
): Digest[] {
  const members: Digest[] = [];
  for (const { key, before, after } of nodes) {
    members.push(key as ElementId, ...slotsOf(rules, before, sha256), ...slotsOf(rules, after, sha256)); // ids are the keys
  }
  for (const { key, before, after } of edges) {
    const { from, to } = (before ?? after)!; // never absent in both
    members.push(key as ElementId, from, to); // likewise
  }
  walkAfter(expected, null, (_, { id }) => void members.push(id));
  return members;
}

const NO_SLOTS: readonly Digest[] = [];

function slotsOf(rules: RulePack, node: GraphNode | undefined, sha256: Sha256): readonly Digest[] {
  if (node?.type !== 'keyed') return NO_SLOTS;
  const constraints = rules.nodes.get(node.kind)?.unique;
  if (constraints === undefined) return NO_SLOTS;
  return constraints.flatMap((constraint) => uniqueSlotOf(node.kind, constraint, node.fields, sha256) ?? []);
}

/** Whether no two of the sets meet. O(their sizes). */
export function areDisjoint(sets: Iterable<WriteSet>): boolean {
  const claims: Claims = new Map();
  let owner = 0;
  for (const set of sets) if (claim(claims, set, owner++) !== undefined) return false;
  return true;
}

/** Whose each member is: all write sets in one, to find where two meet. */
export type Claims = Map<Digest, number>;

/** Where two write sets meet. */
export interface Meeting {
  readonly member: Digest;
  /** Whose it was before. */
  readonly other: number;
}

/** Makes the members the owner's, up to the first that is another's. What is claimed twice by one owner is no matter. */
export function claim(claims: Claims, members: Iterable<Digest>, owner: number): Meeting | undefined {
  for (const member of members) {
    const other = claims.get(member);
    if (other !== undefined && other !== owner) return { member, other };
    claims.set(member, owner);
  }
  return undefined;
}

/**
 * The slots that a merge moved elements into or out of. Where theirs has moved they may be others than base or ours tell: a
 * node may leave the slot that theirs gave it, and its merged fields may take one that no side has.
 */
export function movedSlots(theirs: IdIndex, merged: IdIndex): Digest[] {
  const slots: Digest[] = [];
  const same = (before: IdSet, after: IdSet): boolean => before === after;
  trieDiff(theirs, merged, same, (slot) => void slots.push(slot as Digest)); // slots are digests
  return slots;
}

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
import type { ElementValue, GraphNode } from '../graph/element.ts';
import type { IdIndex, IdSet } from '../graph/id-index.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import { uniqueSlotOf } from '../graph/rules/slots.ts';
import { trieDiff } from '../trie/diff.ts';
import type { Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import { eachChange, type Fork } from './fork.ts';

export type WriteSet = ReadonlySet<Digest>;

/** The write set of a workspace that would collapse under these rules. O(own changes · log n). */
export function writeSetOf(
  { rules, ...fork }: Omit<Fork, 'theirs'>,
  expected: Trie<ElementValue>,
  sha256: Sha256,
): WriteSet {
  const set = new Set<Digest>();
  eachChange(
    fork,
    (id, before, after) => {
      set.add(id);
      for (const node of [before, after]) for (const slot of slotsOf(rules, node, sha256)) set.add(slot);
    },
    (id, before, after) => {
      const { from, to } = (before ?? after)!; // never absent in both
      set.add(id).add(from).add(to);
    },
  );
  walkAfter(expected, null, (_, { id }) => void set.add(id));
  return set;
}

function slotsOf(rules: RulePack, node: GraphNode | undefined, sha256: Sha256): Digest[] {
  if (node?.type !== 'keyed') return [];
  const constraints = rules.nodes.get(node.kind)?.unique ?? [];
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

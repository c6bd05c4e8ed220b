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
import type { RulePack } from '../graph/rules/rule-pack.ts';
import { uniqueSlotOf } from '../graph/rules/slots.ts';
import type { Trie } from '../trie/trie.ts';
import { walkAfter } from '../trie/walk.ts';
import { eachChange, type Fork } from './fork.ts';

export type WriteSet = ReadonlySet<Digest>;

/** The write set of a workspace that would collapse under these rules. O(own changes · log n). */
export function writeSetOf(
  { rules, base, ours }: Omit<Fork, 'theirs'>,
  expected: Trie<ElementValue>,
  sha256: Sha256,
): WriteSet {
  const set = new Set<Digest>();
  eachChange(
    { base, ours },
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
  const seen = new Set<Digest>();
  for (const set of sets) {
    for (const member of set) if (seen.has(member)) return false;
    for (const member of set) seen.add(member);
  }
  return true;
}

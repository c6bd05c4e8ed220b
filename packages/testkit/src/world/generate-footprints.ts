/** What somebody may have read: ranges of the elements that some graphs have, and of some that they lack. */
import {
  bytesToDigest,
  sortRanges,
  trieCount,
  trieEntryAt,
  ZERO_DIGEST,
  type ElementId,
  type ElementType,
  type Footprint,
  type Graph,
  type Range,
  type Snapshot,
  type Trie,
} from '@jitos/kernel';
import { oneIn, pick, present, type Dice } from './dice.ts';

const KINDS = ['file', 'task', 'note', 'commit', 'owns', 'next', 'nothing'] as const;

export interface NamedElement {
  readonly element: ElementType;
  readonly id: ElementId;
}

/** An element of one of the graphs; zeros where it has none. */
export function generateElement(dice: Dice, graphs: readonly Graph[]): NamedElement {
  const graph = pick(dice, graphs);
  const element = pick(dice, ['node', 'edge'] as const);
  const table = graph[`${element}s`] as Trie<{ readonly id: ElementId }>; // of either table only ids are taken
  const count = trieCount(table);
  return { element, id: count === 0 ? ZERO_DIGEST : present(trieEntryAt(table, dice.below(count))).value.id };
}

export function generateRange(dice: Dice, graphs: readonly Graph[]): Range {
  const { element, id } = generateElement(dice, graphs);
  const kind = pick(dice, KINDS);
  switch (dice.below(6)) {
    case 0:
      return { range: element, id };
    case 1:
      return { range: 'nodes', kind };
    case 2:
      return { range: 'edges', kind };
    case 3:
      return oneIn(dice, 4) ? { range: 'view' } : slotRange(dice, graphs);
    default: {
      const node = element === 'node' ? id : generateElement(dice, graphs).id;
      return { range: pick(dice, ['out', 'in'] as const), node, kind: oneIn(dice, 2) ? kind : null };
    }
  }
}

function slotRange(dice: Dice, graphs: readonly Graph[]): Range {
  const { slots } = pick(dice, graphs);
  const count = trieCount(slots);
  const slot = count === 0 ? ZERO_DIGEST : present(trieEntryAt(slots, dice.below(count))).key;
  return { range: 'slot', slot: bytesToDigest(slot) };
}

/** Up to four ranges of what a workspace with this base may have read; now and then of another base. */
export function generateFootprint(dice: Dice, base: Snapshot): Footprint {
  const ranges = Array.from({ length: dice.below(4) }, () => generateRange(dice, [base.graph]));
  return { baseSnapshotId: oneIn(dice, 12) ? ZERO_DIGEST : base.id, ranges: sortRanges(ranges) };
}

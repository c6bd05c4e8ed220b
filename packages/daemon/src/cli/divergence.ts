/** Differences of graphs, and where a history stops making sense, as commands tell them. */
import { digestToHex, type Digest } from '@jitos/kernel';
import type { ElementChange } from '../engine/graph-changes.ts';
import type { Divergence } from '../engine/replay-verify.ts';

/** Ids and digests in hex. */
export interface ChangeJson {
  readonly element: 'node' | 'edge';
  readonly id: string;
  readonly kind: string;
  /** Value digests; null where there is no such element. */
  readonly before: string | null;
  readonly after: string | null;
}

export interface DivergenceJson {
  readonly idx: number;
  readonly kind: string;
  /** What the digests are of; null where it is the event as a whole. */
  readonly what: string | null;
  readonly recorded: string | null;
  readonly computed: string | null;
  /** How many elements the event changes, and the first of them; null where it changes no graph. */
  readonly changes: { readonly count: number; readonly first: readonly ChangeJson[] } | null;
}

export function divergenceJson({ idx, kind, what, recorded, computed, changes }: Divergence): DivergenceJson {
  return {
    idx,
    kind,
    what,
    recorded: hexOrNull(recorded),
    computed: hexOrNull(computed),
    changes: changes && { count: changes.count, first: changes.first.map(changeJson) },
  };
}

export function changeJson({ element, id, kind, before, after }: ElementChange): ChangeJson {
  return { element, id: digestToHex(id), kind, before: hexOrNull(before), after: hexOrNull(after) };
}

function hexOrNull(digest: Digest | null): string | null {
  return digest && digestToHex(digest);
}

/** Lines below the finding, the last newline included. */
export function divergenceText({ kind, changes }: DivergenceJson): string {
  if (changes === null) return '';
  const { count, first } = changes;
  if (count === 0) return `  as it is replayed this ${kind} changes no element\n`;
  const lines = first.map((change) => `    ${changeText(change)}`);
  if (count > first.length) lines.push(`    and ${count - first.length} more`);
  const head = `  as it is replayed this ${kind} changes these elements; what was recorded differs in one of them, or in one more:`;
  return [head, ...lines].map((line) => `${line}\n`).join('');
}

/** `+ node <id> <kind> → <digest>`, with `-` for one that goes and `~` for one that changes. */
export function changeText({ element, id, kind, before, after }: ChangeJson): string {
  const sign = before === null ? '+' : after === null ? '-' : '~';
  return `${sign} ${element} ${id} ${kind}: ${before ?? 'absent'} → ${after ?? 'absent'}`;
}

/** How a collapse or a rebase comes out: done, or not for conflicts, which are values and not errors. */
import type { CollapseParts, RebaseParts } from '../wire/generated.ts';
import type { Json } from '../wire/operation.ts';
import { nameOfView, type ViewName } from './view-name.ts';

/** Why an element, or a range that was read, is in the way (`docs/spec/collapse.md`). */
export interface Conflict {
  readonly element: 'node' | 'edge' | 'range';
  /** Null for a range that is no single element. */
  readonly id: string | null;
  readonly class:
    'both-changed' | 'changed-and-deleted' | 'dangling' | 'expectation' | 'rule' | 'stale-read' | 'unique';
  /** Value digests: of the base, of the workspace, and of what it collapses into; null where there is no such element. */
  readonly base: string | null;
  readonly ours: string | null;
  readonly theirs: string | null;
  /** Names of the fields concerned. */
  readonly fields: readonly string[];
  /** Of the other element concerned. */
  readonly other: string | null;
  readonly rule: { readonly rule: string; readonly subject: string | null } | null;
  readonly range: Json;
}

/** What it did, and how that was decided. */
export interface CollapseReport {
  /** Of its event; of a preview, the one that it would have. */
  readonly eventIdx: number;
  /** `forward` where nothing had moved since the fork, `merged` where something had; null: aborted. */
  readonly mode: 'forward' | 'merged' | null;
  readonly policy: { readonly id: number; readonly name: string; readonly version: number };
  /** What it was to be carried into, and its digest afterwards. */
  readonly into: ViewName;
  readonly digest: string;
  /** What the workspace had changed; null where nobody had to look. */
  readonly changed: { readonly nodes: number; readonly edges: number } | null;
}

export interface Committed {
  readonly committed: true;
  readonly report: CollapseReport;
  /** Its place among all rewrites of the world. */
  readonly rewriteIdx: number | null;
  /** That the event is in the history, for `verifyProof`; null of a preview. */
  readonly proof: Json;
}

export interface Aborted {
  readonly committed: false;
  readonly report: CollapseReport;
  /** At most 1,000. */
  readonly conflicts: readonly Conflict[];
  readonly conflictCount: number;
}

export type CollapseOutcome = Committed | Aborted;

export type RebaseOutcome =
  | { readonly rebased: true; readonly rewriteIdx: number | null; readonly digest: string | null }
  | { readonly rebased: false; readonly conflicts: readonly Conflict[]; readonly conflictCount: number };

export function collapseFromWire({ committed, receipt, conflicts, report }: CollapseParts): CollapseOutcome {
  const { id, mode, policy, target, targetDigest, changed, conflictCount, proof } = report;
  const told: CollapseReport = {
    eventIdx: Number(id),
    mode: mode === 'forward' || mode === 'merged' ? mode : null,
    policy,
    into: nameOfView(target),
    digest: targetDigest,
    changed,
  };
  if (!committed) {
    return { committed, report: told, conflicts: conflictsFromWire(conflicts), conflictCount: Number(conflictCount) };
  }
  return { committed, report: told, rewriteIdx: numberOrNull(receipt?.rewriteIdx), proof };
}

export function rebaseFromWire({ rebased, receipt, conflicts, conflictCount }: RebaseParts): RebaseOutcome {
  if (!rebased) return { rebased, conflicts: conflictsFromWire(conflicts), conflictCount: Number(conflictCount) };
  return { rebased, rewriteIdx: numberOrNull(receipt?.rewriteIdx), digest: receipt?.viewDigest ?? null };
}

/** They have the form that docs/spec/graphql.md gives them. */
export function conflictsFromWire(conflicts: readonly Json[]): readonly Conflict[] {
  return conflicts as readonly unknown[] as readonly Conflict[]; // the schema says JSON, the page what is in it
}

function numberOrNull(text: string | null | undefined): number | null {
  return text === null || text === undefined ? null : Number(text);
}

/** Workspaces as the API tells of them. */
import { leftColumns, rightColumns, tableText, type Paper } from './terminal/paper.ts';

export interface Sws {
  readonly id: string;
  readonly state: 'ACTIVE' | 'COLLAPSED' | 'DISCARDED';
  readonly parentSnapshotId: string | null;
  readonly meta: unknown;
  /** The open workspace that it collapses into; null: System. What follows is null, or empty, once it has ended. */
  readonly parent: string | null;
  readonly children: readonly string[];
  readonly opCount: number | null;
  readonly abortCount: number | null;
  readonly needsAttention: boolean;
}

/** What a document asks of the type `Sws`. */
export const SWS_FIELDS = 'id state parentSnapshotId meta parent children opCount abortCount needsAttention';

export function swsText(paper: Paper, list: readonly Sws[]): string {
  return tableText(
    paper,
    [
      ...leftColumns('SWS', 'STATE', 'INTO'),
      ...rightColumns('OPS', 'ABORTS'),
      ...leftColumns('PARENT SNAPSHOT', 'META'),
    ],
    list.map((sws) => [
      `sws:${sws.id}`,
      stateText(sws),
      targetText(sws),
      numberText(sws.opCount),
      numberText(sws.abortCount),
      sws.parentSnapshotId ?? '',
      sws.meta === null ? '' : JSON.stringify(sws.meta),
    ]),
  );
}

export function stateText({ state, needsAttention }: Sws): string {
  return needsAttention ? 'NEEDS-ATTENTION' : state;
}

/** The view that an open workspace collapses into. */
export function targetText({ state, parent }: Sws): string {
  if (state !== 'ACTIVE') return '';
  return parent === null ? 'system' : `sws:${parent}`;
}

export function numberText(count: number | null): string {
  return count === null ? '' : String(count);
}

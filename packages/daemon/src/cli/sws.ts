/** Workspaces as the API tells of them. */
import { leftColumns, tableText, type Paper } from './terminal/paper.ts';

export interface Sws {
  readonly id: string;
  readonly state: 'ACTIVE' | 'COLLAPSED' | 'DISCARDED';
  readonly parentSnapshotId: string | null;
  readonly meta: unknown;
}

/** What a document asks of the type `Sws`. */
export const SWS_FIELDS = 'id state parentSnapshotId meta';

export function swsText(paper: Paper, list: readonly Sws[]): string {
  return tableText(
    paper,
    leftColumns('SWS', 'STATE', 'PARENT SNAPSHOT', 'META'),
    list.map(({ id, state, parentSnapshotId, meta }) => {
      return [`sws:${id}`, state, parentSnapshotId ?? '', meta === null ? '' : JSON.stringify(meta)];
    }),
  );
}

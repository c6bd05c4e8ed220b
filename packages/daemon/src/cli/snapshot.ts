/** Views as the API names them, and what tells two of them apart. */
import type { ViewId } from '@jitos/kernel';
import type { Session } from './session.ts';
import type { TypedPlaces } from './typed-places.ts';

export interface SnapshotIds {
  readonly digest: string;
  readonly snapshotId: string;
}

/** `ViewRefInput` for a view. */
export function viewRef(view: ViewId): Readonly<Record<string, string>> {
  return view === 'system' ? { kind: 'SYSTEM' } : { kind: 'SWS', swsId: String(view) };
}

/** Places of a view that is named by `viewRef`; `typed` is the flag or the argument that names it. */
export function viewPlaces(typed: string): TypedPlaces {
  return { view: typed, 'view.swsId': typed };
}

/** The digest and the id of a view as it is now. */
export async function readSnapshot(
  session: Pick<Session, 'execute'>,
  { world, view, places }: { readonly world: string; readonly view: ViewId; readonly places: TypedPlaces },
): Promise<SnapshotIds> {
  const document = 'query ($view: ViewRefInput!) { graph(view: $view) { digest snapshotId } }';
  const variables = { view: viewRef(view) };
  return (await session.execute<{ readonly graph: SnapshotIds }>(world, { document, variables, places })).graph;
}

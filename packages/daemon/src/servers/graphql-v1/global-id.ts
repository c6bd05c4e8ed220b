/**
 * Ids of everything that v1 can find again: to callers opaque, one for each thing.
 *
 *     world
 *     view:VIEW              VIEW is `system` or a workspace's number, and as it was: @IDX after that event, #SNAPSHOT there
 *     node:VIEW:ELEMENT      edge:VIEW:ELEMENT
 *     workspace:NUMBER       event:IDX       rules:PACK
 *
 * Elements, snapshots and packs are named in hex.
 */
import { digestToHex, hexToDigest, type Digest, type ViewId } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';

/** A view, and when: as it is where both are null; never both. */
export interface ViewName {
  readonly view: ViewId;
  readonly at: number | null;
  readonly snapshotId: Digest | null;
}

export type GlobalId =
  | { readonly type: 'world' }
  | { readonly type: 'view'; readonly name: ViewName }
  | { readonly type: 'node' | 'edge'; readonly name: ViewName; readonly element: Digest }
  | { readonly type: 'workspace' | 'event'; readonly number: number }
  | { readonly type: 'rules'; readonly pack: Digest };

/** A view's part of an id. */
export function viewNameText({ view, at, snapshotId }: ViewName): string {
  if (at !== null) return `${view}@${at}`;
  return snapshotId === null ? String(view) : `${view}#${digestToHex(snapshotId)}`;
}

const ID =
  /^(?:(world)|(view|node|edge):(system|\d{1,15})(?:@(\d{1,15})|#([0-9a-f]{64}))?(?::([0-9a-f]{64}))?|(workspace|event):(\d{1,15})|rules:([0-9a-f]{64}))$/;

/** Throws `ID_INVALID` for what is no id of this API. */
export function parseGlobalId(text: string, place: string): GlobalId {
  const [whole, world, ofView, view, at, snapshot, element, numbered, number, pack] = ID.exec(text) ?? [];
  const invalid = (): Failure => new Failure('ID_INVALID', place, 'not an id as this API gives it');
  if (whole === undefined) throw invalid();
  if (world !== undefined) return { type: 'world' };
  if (pack !== undefined) return { type: 'rules', pack: hexToDigest(pack)! }; // 64 hex digits
  if (numbered === 'workspace' || numbered === 'event') return { type: numbered, number: numberOf(number, invalid) };
  const name = {
    view: view === 'system' ? view : numberOf(view, invalid),
    at: at === undefined ? null : numberOf(at, invalid),
    snapshotId: snapshot === undefined ? null : hexToDigest(snapshot)!, // 64 hex digits
  } as const;
  if (ofView === 'view' && element === undefined) return { type: 'view', name };
  if ((ofView === 'node' || ofView === 'edge') && element !== undefined) {
    return { type: ofView, name, element: hexToDigest(element)! }; // 64 hex digits
  }
  throw invalid();
}

/** Each number has one spelling. */
function numberOf(digits: string | undefined, invalid: () => Failure): number {
  const number = Number(digits);
  if (String(number) !== digits) throw invalid();
  return number;
}

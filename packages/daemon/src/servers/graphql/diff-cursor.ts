/**
 * Cursors of pages of a difference: opaque to callers, and bound to the two moments that were compared, so that they go on
 * in them for as long as the history can tell what was.
 *
 *     version u8 = 1 ‖ kind u8 ‖ stage u8 ‖ from ‖ to ‖ last id 32 ‖ check 8         in base64url
 *     kind    2 changes, 3 ops
 *     stage   of the last element, as `DiffPosition` counts them
 *     from    view u64be ‖ idx u64be ‖ snapshotId 32, as in the cursors of nodes and edges; to likewise
 */
import { DIGEST_SIZE, numberToKey, type DiffPosition, type Digest, type ViewId } from '@jitos/kernel';
import { CHECK_SIZE, checkOf, digestAt, NUMBER_SIZE, numberAt, viewAt, viewKey } from './cursor.ts';

/** A view at a moment. */
export interface DiffMoment {
  readonly view: ViewId;
  /** Events in the history at that moment. */
  readonly idx: number;
  readonly snapshotId: Digest;
}

export interface DiffCursor {
  readonly kind: 'changes' | 'ops';
  readonly from: DiffMoment;
  readonly to: DiffMoment;
  readonly last: DiffPosition;
}

const VERSION = 1;
const KINDS = { changes: 2, ops: 3 } as const;
const FROM_OFFSET = 3;
const MOMENT_SIZE = 2 * NUMBER_SIZE + DIGEST_SIZE;
const TO_OFFSET = FROM_OFFSET + MOMENT_SIZE;
const ID_OFFSET = TO_OFFSET + MOMENT_SIZE;
const CHECK_OFFSET = ID_OFFSET + DIGEST_SIZE;
const SIZE = CHECK_OFFSET + CHECK_SIZE;

export function encodeDiffCursor({ kind, from, to, last }: DiffCursor): string {
  const body = String.fromCharCode(VERSION, KINDS[kind], last.stage) + momentKey(from) + momentKey(to) + last.id;
  return Buffer.from(body + checkOf(body), 'latin1').toString('base64url');
}

/** Undefined for anything that `encodeDiffCursor` does not write. */
export function decodeDiffCursor(text: string): DiffCursor | undefined {
  const bytes = Buffer.from(text, 'base64url').toString('latin1');
  if (bytes.length !== SIZE || Buffer.from(bytes, 'latin1').toString('base64url') !== text) return undefined;
  if (bytes.charCodeAt(0) !== VERSION || bytes.slice(CHECK_OFFSET) !== checkOf(bytes.slice(0, CHECK_OFFSET))) {
    return undefined;
  }
  return {
    kind: bytes.charCodeAt(1) === KINDS.changes ? 'changes' : 'ops',
    from: momentAt(bytes, FROM_OFFSET),
    to: momentAt(bytes, TO_OFFSET),
    last: { stage: bytes.charCodeAt(2), id: digestAt(bytes, ID_OFFSET) },
  };
}

function momentKey({ view, idx, snapshotId }: DiffMoment): string {
  return viewKey(view) + numberToKey(idx) + snapshotId;
}

function momentAt(bytes: string, offset: number): DiffMoment {
  return {
    view: viewAt(bytes, offset),
    idx: numberAt(bytes, offset + NUMBER_SIZE),
    snapshotId: digestAt(bytes, offset + 2 * NUMBER_SIZE),
  };
}

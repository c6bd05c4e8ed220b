/**
 * Cursors of pages of nodes and edges: opaque to callers, and bound to the snapshot that the page was of.
 *
 *     version u8 = 1 ‖ kind u8 ‖ view u64be ‖ idx u64be ‖ snapshotId 32 ‖ last id 32 ‖ check 8        in base64url
 *     kind    0 nodes, 1 edges
 *     view    0 System, N + 1 for workspace N
 *     idx     events in the history when the page was read
 *     check   the first bytes of SHA-256 over all before it: a cursor that was cut or mistyped is refused, not followed
 */
import {
  bytesToDigest,
  DIGEST_SIZE,
  keyToNumber,
  numberToKey,
  type Bytes,
  type Digest,
  type ViewId,
} from '@jitos/kernel';
import { sha256 } from '../../engine/sha256.ts';

export interface Cursor {
  readonly kind: 'nodes' | 'edges';
  readonly view: ViewId;
  readonly idx: number;
  readonly snapshotId: Digest;
  /** Of the last element that was read. */
  readonly lastId: Digest;
}

const VERSION = 1;
export const NUMBER_SIZE = 8;
export const CHECK_SIZE = 8;
const VIEW_OFFSET = 2;
const IDX_OFFSET = VIEW_OFFSET + NUMBER_SIZE;
const SNAPSHOT_OFFSET = IDX_OFFSET + NUMBER_SIZE;
const ID_OFFSET = SNAPSHOT_OFFSET + DIGEST_SIZE;
const CHECK_OFFSET = ID_OFFSET + DIGEST_SIZE;
const SIZE = CHECK_OFFSET + CHECK_SIZE;

export function encodeCursor({ kind, view, idx, snapshotId, lastId }: Cursor): string {
  const head = String.fromCharCode(VERSION, kind === 'nodes' ? 0 : 1);
  const body = head + viewKey(view) + numberToKey(idx) + snapshotId + lastId;
  return Buffer.from(body + checkOf(body), 'latin1').toString('base64url');
}

/** Undefined for anything that `encodeCursor` does not write. */
export function decodeCursor(text: string): Cursor | undefined {
  const bytes = Buffer.from(text, 'base64url').toString('latin1');
  if (bytes.length !== SIZE || Buffer.from(bytes, 'latin1').toString('base64url') !== text) return undefined;
  const body = bytes.slice(0, CHECK_OFFSET);
  if (bytes.charCodeAt(0) !== VERSION || bytes.slice(CHECK_OFFSET) !== checkOf(body)) return undefined;
  return {
    kind: bytes.charCodeAt(1) === 0 ? 'nodes' : 'edges',
    view: viewAt(bytes, VIEW_OFFSET),
    idx: numberAt(bytes, IDX_OFFSET),
    snapshotId: digestAt(bytes, SNAPSHOT_OFFSET),
    lastId: digestAt(bytes, ID_OFFSET),
  };
}

export function checkOf(body: string): string {
  return sha256(body as Bytes).slice(0, CHECK_SIZE); // every part of it is bytes
}

export function viewKey(view: ViewId): Bytes {
  return numberToKey(view === 'system' ? 0 : view + 1);
}

export function viewAt(bytes: string, offset: number): ViewId {
  const number = numberAt(bytes, offset);
  return number === 0 ? 'system' : number - 1;
}

export function numberAt(bytes: string, offset: number): number {
  return keyToNumber(bytes.slice(offset, offset + NUMBER_SIZE));
}

export function digestAt(bytes: string, offset: number): Digest {
  return bytesToDigest(bytes.slice(offset, offset + DIGEST_SIZE) as Bytes); // latin1 is one character a byte
}

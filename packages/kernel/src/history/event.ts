/**
 * Events: the entries of a world's history.
 *
 * An event carries every argument of its command and every outcome of the decision, so that `apply` decides nothing.
 * `rewriteIdx` counts only the kinds marked with one, gapless from 0 over all views together.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import type { EncodedValue } from '../bytes/value.ts';
import type { Conflict } from '../collapse/merge.ts';
import type { Op } from '../graph/op.ts';

/** Raised only when a decision may differ from that of the engine before it. */
export const ENGINE_VERSION = 1;

/** Version of each event's layout; `apply` keeps one function a (kind, version). */
export const EVENT_VERSION = 1;

export const HEADER_SIZE_MAX = 4096;
export const BODY_SIZE_MAX = 8_388_608;
/** Conflicts told in a collapse's body; the digest covers all of them. */
export const CONFLICTS_TOLD_MAX = 1000;

/** A view: System, or a workspace by its number. */
export type ViewId = 'system' | number;

export interface Pins {
  readonly engine: number;
  /** The collapse policy that shaped the outcome; null where none did. */
  readonly policyId: number | null;
  readonly rulePackId: Digest;
}

export interface Cause {
  readonly principal: string;
  readonly requestId: string | null;
  /** `H("command")`; present exactly if `requestId` is. */
  readonly commandDigest: Digest | null;
}

interface EventBase {
  readonly idx: number;
  readonly pins: Pins;
  readonly cause: Cause;
}

/** idx 0 of every world. */
export interface WorldCreated extends EventBase {
  readonly kind: 'WORLD_CREATED';
  readonly view: null;
  readonly format: number;
  /** Milliseconds of one tick. */
  readonly quantumMs: number;
}

export interface SwsCreated extends EventBase {
  readonly kind: 'SWS_CREATED';
  /** The number of the new workspace. */
  readonly view: number;
  /** Free-form, as the client gave it. */
  readonly meta: EncodedValue | null;
  readonly baseSnapshotId: Digest;
}

export interface RewriteApplied extends EventBase {
  readonly kind: 'REWRITE_APPLIED';
  readonly view: number;
  readonly ops: readonly Op[];
  readonly meta: EncodedValue | null;
  readonly rewriteIdx: number;
  readonly viewDigest: Digest;
  readonly snapshotId: Digest;
}

export type CollapseMode = 'forward' | 'merged';

export interface Collapse extends EventBase {
  readonly kind: 'COLLAPSE';
  /** The workspace. */
  readonly view: number;
  /** Null if it was aborted. */
  readonly mode: CollapseMode | null;
  readonly meta: EncodedValue | null;
  /** The first `CONFLICTS_TOLD_MAX`, sorted; none if it was committed. */
  readonly conflicts: readonly Conflict[];
  readonly conflictCount: number;
  /** `H("conflicts")` of all of them; null if there are none. */
  readonly conflictsDigest: Digest | null;
  readonly rewriteIdx: number;
  /** idx of the workspace's `SWS_CREATED`. */
  readonly createdIdx: number;
  /** System afterwards, moved or not. */
  readonly systemDigest: Digest;
  readonly systemSnapshotId: Digest;
}

export interface Discard extends EventBase {
  readonly kind: 'DISCARD';
  readonly view: number;
  readonly reason: string | null;
  readonly meta: EncodedValue | null;
  readonly rewriteIdx: number;
  /** idx of the workspace's `SWS_CREATED`. */
  readonly createdIdx: number;
}

/** Where a checkpoint stands: what the state before it hashes to. It changes nothing. */
export interface CheckpointEvent extends EventBase {
  readonly kind: 'CHECKPOINT';
  readonly view: null;
  /** Of the world before this event, every table included (`worldDigest`). */
  readonly worldDigest: Digest;
}

/** Another key signs the history's tree heads from here on. */
export interface SigningKeyChanged extends EventBase {
  readonly kind: 'SIGNING_KEY_CHANGED';
  readonly view: null;
  /** What the key is named after. Where it is another than before, nobody vouches for the key but the world itself. */
  readonly origin: string;
  /** Of Ed25519: 32 bytes. */
  readonly publicKey: Bytes;
}

export type Event =
  WorldCreated | SwsCreated | RewriteApplied | Collapse | Discard | CheckpointEvent | SigningKeyChanged;
export type EventKind = Event['kind'];

/** An event with the canonical bytes that history holds of it. */
export interface EncodedEvent {
  readonly event: Event;
  readonly header: Bytes;
  readonly body: Bytes;
  /** RFC 6962 leaf hash of the header. */
  readonly leaf: Digest;
}

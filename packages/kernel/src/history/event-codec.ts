/**
 * Events in canonical bytes: a header, which the tree commits to, and a body, which the header's digest binds.
 *
 *     header  [v, idx, kind, view, [engine, policyId|null, rulePackId], [principal, requestId|null, commandDigest|null],
 *              results, bodyDigest, bodySize]
 *     view    null, or the workspace's number
 *     bodyDigest = H("event/body") of the body's bytes
 *
 *     kind              results                                                           body
 *     WORLD_CREATED     []                                                                [format, quantumMs]
 *     SWS_CREATED       [baseSnapshotId]                                                  [meta|null]
 *     REWRITE_APPLIED   [rewriteIdx, viewDigest, snapshotId]                              [[op …], meta|null]
 *     COLLAPSE          [rewriteIdx, mode|null, createdIdx, systemDigest, systemSnapshotId,
 *                        conflictCount, conflictsDigest|null]                             [[conflict …], meta|null]
 *     DISCARD           [rewriteIdx, createdIdx]                                          [reason|null, meta|null]
 *     CHECKPOINT        [worldDigest]                                                     []
 *     SIGNING_KEY_CHANGED  [origin, publicKey]                                            []
 *
 *     conflict          ["node"|"edge", id, class, base|null, ours|null, theirs|null]
 */
import { unreachable } from '../assert.ts';
import { flatBytes, type Bytes } from '../bytes/byte-string.ts';
import { CanonicalError, CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { readValue, type EncodedValue } from '../bytes/value.ts';
import type { Conflict, ConflictClass } from '../collapse/merge.ts';
import { readDigest, readDigestOrNull, readOp, writeOp } from '../graph/op-codec.ts';
import type { Op } from '../graph/op.ts';
import {
  EVENT_VERSION,
  type Cause,
  type CollapseMode,
  type EncodedEvent,
  type Event,
  type EventKind,
  type Pins,
} from './event.ts';
import { leafHash } from './tree.ts';

const bodyWriter = new CanonicalWriter();
const headerWriter = new CanonicalWriter();

export function encodeEvent(event: Event, sha256: Sha256): EncodedEvent {
  bodyWriter.reset();
  writeBody(bodyWriter, event);
  const body = flatBytes(bodyWriter.toBytes()); // put together once, not by the hash and by the log again
  headerWriter.reset();
  writeHeader(headerWriter, event, taggedHash('event/body', body, sha256), body.length);
  const header = flatBytes(headerWriter.toBytes());
  return { event, header, body, leaf: leafHash(header, sha256) };
}

function writeHeader(writer: CanonicalWriter, event: Event, digest: Digest, bodySize: number): void {
  writer.array(9);
  writer.integer(EVENT_VERSION);
  writer.integer(event.idx);
  writer.text(event.kind);
  if (event.view === null) writer.null();
  else writer.integer(event.view);
  writer.array(3);
  writer.integer(event.pins.engine);
  if (event.pins.policyId === null) writer.null();
  else writer.integer(event.pins.policyId);
  writer.bytes(event.pins.rulePackId);
  writer.array(3);
  writer.text(event.cause.principal);
  writer.textOrNull(event.cause.requestId);
  writer.bytesOrNull(event.cause.commandDigest);
  writeResults(writer, event);
  writer.bytes(digest);
  writer.integer(bodySize);
}

function writeResults(writer: CanonicalWriter, event: Event): void {
  switch (event.kind) {
    case 'WORLD_CREATED':
      return writer.array(0);
    case 'SWS_CREATED':
      writer.array(1);
      return writer.bytes(event.baseSnapshotId);
    case 'REWRITE_APPLIED':
      writer.array(3);
      writer.integer(event.rewriteIdx);
      writer.bytes(event.viewDigest);
      return writer.bytes(event.snapshotId);
    case 'COLLAPSE':
      writer.array(7);
      writer.integer(event.rewriteIdx);
      writer.textOrNull(event.mode);
      writer.integer(event.createdIdx);
      writer.bytes(event.systemDigest);
      writer.bytes(event.systemSnapshotId);
      writer.integer(event.conflictCount);
      return writer.bytesOrNull(event.conflictsDigest);
    case 'DISCARD':
      writer.array(2);
      writer.integer(event.rewriteIdx);
      return writer.integer(event.createdIdx);
    case 'CHECKPOINT':
      writer.array(1);
      return writer.bytes(event.worldDigest);
    case 'SIGNING_KEY_CHANGED':
      writer.array(2);
      writer.text(event.origin);
      return writer.bytes(event.publicKey);
    default:
      return unreachable(event);
  }
}

function writeBody(writer: CanonicalWriter, event: Event): void {
  switch (event.kind) {
    case 'WORLD_CREATED':
      writer.array(2);
      writer.integer(event.format);
      return writer.integer(event.quantumMs);
    case 'SWS_CREATED':
      writer.array(1);
      return writeMeta(writer, event.meta);
    case 'REWRITE_APPLIED':
      writer.array(2);
      writeOps(writer, event.ops);
      return writeMeta(writer, event.meta);
    case 'COLLAPSE':
      writer.array(2);
      writeConflicts(writer, event.conflicts);
      return writeMeta(writer, event.meta);
    case 'DISCARD':
      writer.array(2);
      writer.textOrNull(event.reason);
      return writeMeta(writer, event.meta);
    case 'CHECKPOINT':
    case 'SIGNING_KEY_CHANGED':
      return writer.array(0);
    default:
      return unreachable(event);
  }
}

export function writeMeta(writer: CanonicalWriter, meta: EncodedValue | null): void {
  if (meta === null) writer.null();
  else writer.raw(meta);
}

export function writeOps(writer: CanonicalWriter, ops: readonly Op[]): void {
  writer.array(ops.length);
  for (const op of ops) writeOp(writer, op);
}

function writeConflicts(writer: CanonicalWriter, conflicts: readonly Conflict[]): void {
  writer.array(conflicts.length);
  for (const conflict of conflicts) {
    writer.array(6);
    writer.text(conflict.element);
    writer.bytes(conflict.id);
    writer.text(conflict.class);
    writer.bytesOrNull(conflict.base);
    writer.bytesOrNull(conflict.ours);
    writer.bytesOrNull(conflict.theirs);
  }
}

const conflictsWriter = new CanonicalWriter();

/** `H("conflicts")` of a whole conflict set. */
export function conflictsDigest(conflicts: readonly Conflict[], sha256: Sha256): Digest {
  conflictsWriter.reset();
  writeConflicts(conflictsWriter, conflicts);
  return taggedHash('conflicts', conflictsWriter.toBytes(), sha256);
}

/** What every header begins with. */
export interface Header {
  readonly idx: number;
  readonly kind: EventKind;
  readonly view: number | null;
  readonly pins: Pins;
  readonly cause: Cause;
}

/**
 * Decodes an event and checks its body against its header. Throws a `CanonicalError` for anything that `encodeEvent`
 * does not write, and `BodyMismatch` if the body is another's.
 */
export function decodeEvent(header: Bytes, body: Bytes, sha256: Sha256): EncodedEvent {
  const reader = new CanonicalReader(header);
  const head = readHead(reader);
  const { idx } = head;
  const bodyReader = new CanonicalReader(body);
  const event = readEvent(head, reader, bodyReader);
  bodyReader.end();
  const digest = readDigest(reader);
  const bodySize = reader.count();
  reader.end();
  if (bodySize !== body.length || digest !== taggedHash('event/body', body, sha256)) throw new BodyMismatch(idx);
  return { event, header, body, leaf: leafHash(header, sha256) };
}

/** Reads a header up to its results. Throws a `CanonicalError`. */
export function readHead(reader: CanonicalReader): Header {
  reader.arrayOf(9);
  const start = reader.offset;
  if (reader.count() !== EVENT_VERSION) throw new CanonicalError('wrong-type', start);
  const idx = reader.count();
  const kind = readKind(reader);
  return { idx, kind, view: readView(reader), pins: readPins(reader), cause: readCause(reader) };
}

/** Thrown when a body is not the one that its header binds. */
export class BodyMismatch extends Error {
  override readonly name = 'BodyMismatch';
  readonly idx: number;

  constructor(idx: number) {
    super(`the body of event ${idx} is not the one its header binds`);
    this.idx = idx;
  }
}

const EVENT_KINDS: readonly string[] = [
  'WORLD_CREATED',
  'SWS_CREATED',
  'REWRITE_APPLIED',
  'COLLAPSE',
  'DISCARD',
  'CHECKPOINT',
  'SIGNING_KEY_CHANGED',
] satisfies EventKind[];

function readKind(reader: CanonicalReader): EventKind {
  const start = reader.offset;
  const kind = reader.text();
  if (!EVENT_KINDS.includes(kind)) throw new CanonicalError('wrong-type', start);
  return kind as EventKind; // it is in the list of them
}

function readView(reader: CanonicalReader): number | null {
  if (!reader.isNull()) return reader.count();
  reader.null();
  return null;
}

function readPins(reader: CanonicalReader): Pins {
  reader.arrayOf(3);
  const engine = reader.count();
  const policyId = readView(reader);
  return { engine, policyId, rulePackId: readDigest(reader) };
}

function readCause(reader: CanonicalReader): Cause {
  reader.arrayOf(3);
  return { principal: reader.text(), requestId: reader.textOrNull(), commandDigest: readDigestOrNull(reader) };
}

/** The readers run in the order of the bytes: object literals evaluate their properties as they are written. */
function readEvent(head: Header, results: CanonicalReader, body: CanonicalReader): Event {
  const { idx, pins, cause } = head;
  if (head.kind === 'WORLD_CREATED' || head.kind === 'CHECKPOINT' || head.kind === 'SIGNING_KEY_CHANGED') {
    if (head.view !== null) throw new CanonicalError('wrong-type', results.offset);
    const base = { idx, view: null, pins, cause };
    switch (head.kind) {
      case 'WORLD_CREATED':
        results.arrayOf(0);
        body.arrayOf(2);
        return { kind: head.kind, ...base, format: body.count(), quantumMs: body.count() };
      case 'CHECKPOINT':
        results.arrayOf(1);
        body.arrayOf(0);
        return { kind: head.kind, ...base, worldDigest: readDigest(results) };
      case 'SIGNING_KEY_CHANGED':
        results.arrayOf(2);
        body.arrayOf(0);
        // A key is as long as a digest.
        return { kind: head.kind, ...base, origin: results.text(), publicKey: readDigest(results) };
    }
  }
  const view = head.view;
  if (view === null) throw new CanonicalError('wrong-type', results.offset);
  switch (head.kind) {
    case 'SWS_CREATED': {
      results.arrayOf(1);
      const baseSnapshotId = readDigest(results);
      body.arrayOf(1);
      return { kind: head.kind, idx, view, pins, cause, meta: readMeta(body), baseSnapshotId };
    }
    case 'REWRITE_APPLIED': {
      results.arrayOf(3);
      body.arrayOf(2);
      const ops = readOps(body);
      const meta = readMeta(body);
      const rewriteIdx = results.count();
      const viewDigest = readDigest(results);
      return {
        kind: head.kind,
        idx,
        view,
        pins,
        cause,
        ops,
        meta,
        rewriteIdx,
        viewDigest,
        snapshotId: readDigest(results),
      };
    }
    case 'COLLAPSE': {
      results.arrayOf(7);
      body.arrayOf(2);
      return {
        kind: head.kind,
        idx,
        view,
        pins,
        cause,
        conflicts: readConflicts(body),
        meta: readMeta(body),
        rewriteIdx: results.count(),
        mode: readMode(results),
        createdIdx: results.count(),
        systemDigest: readDigest(results),
        systemSnapshotId: readDigest(results),
        conflictCount: results.count(),
        conflictsDigest: readDigestOrNull(results),
      };
    }
    case 'DISCARD': {
      results.arrayOf(2);
      body.arrayOf(2);
      const reason = body.textOrNull();
      const meta = readMeta(body);
      return {
        kind: head.kind,
        idx,
        view,
        pins,
        cause,
        reason,
        meta,
        rewriteIdx: results.count(),
        createdIdx: results.count(),
      };
    }
  }
}

function readMeta(reader: CanonicalReader): EncodedValue | null {
  const start = reader.offset;
  const value = readValue(reader, { nullAllowed: true });
  return value === null ? null : reader.rawSince(start);
}

function readOps(reader: CanonicalReader): Op[] {
  const ops: Op[] = [];
  for (let left = reader.array(); left > 0; left--) ops.push(readOp(reader));
  return ops;
}

export function readMode(reader: CanonicalReader): CollapseMode | null {
  const start = reader.offset;
  const mode = reader.textOrNull();
  if (mode === null || mode === 'forward' || mode === 'merged') return mode;
  throw new CanonicalError('wrong-type', start);
}

const CONFLICT_CLASSES: readonly string[] = [
  'both-changed',
  'changed-and-deleted',
  'dangling',
] satisfies ConflictClass[];

function readConflicts(reader: CanonicalReader): Conflict[] {
  const conflicts: Conflict[] = [];
  for (let left = reader.array(); left > 0; left--) {
    reader.arrayOf(6);
    const start = reader.offset;
    const element = reader.text();
    if (element !== 'node' && element !== 'edge') throw new CanonicalError('wrong-type', start);
    const id = readDigest(reader);
    const conflictClass = reader.text();
    if (!CONFLICT_CLASSES.includes(conflictClass)) throw new CanonicalError('wrong-type', start);
    conflicts.push({
      element,
      id,
      class: conflictClass as ConflictClass, // it is in the list of them
      base: readDigestOrNull(reader),
      ours: readDigestOrNull(reader),
      theirs: readDigestOrNull(reader),
    });
  }
  return conflicts;
}

/**
 * What a `COLLAPSE` and a `COLLAPSE_BATCH` record, in canonical bytes.
 *
 *     COLLAPSE        results  [rewriteIdx, mode|null, createdIdx, target|null, targetDigest, targetSnapshotId,
 *                               base, ours, theirs, changed|null, conflictCount, conflictsDigest|null]
 *                     body     [[conflict …], [resolution …], footprint|null, meta|null]
 *     COLLAPSE_BATCH  results  [rewriteIdx, "any"|"given", target|null, targetDigest, targetSnapshotId, theirs,
 *                               committedCount, abortedCount, changed]
 *                     body     [[entry …], meta|null]
 *     entry           [workspace, createdIdx, base, ours, changed, conflictCount, conflictsDigest|null,
 *                      [conflict …], [resolution …]]
 *     side            [digest, nodeCount, edgeCount]
 *     changed         [nodes, edges]
 *
 * A body tells a thousand conflicts of at most 4.4 KiB and ten thousand ranges of at most 170 bytes, so only resolutions
 * can make it too large.
 */
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import type { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { readConflicts, writeConflicts } from '../collapse/conflict.ts';
import { readFootprint, writeFootprint } from '../collapse/footprint.ts';
import type { ChangeCounts } from '../collapse/merge.ts';
import { readResolutions, writeResolutions } from '../collapse/resolution.ts';
import { readDigest, readDigestOrNull } from '../graph/op-codec.ts';
import type { BatchEntry, BatchOrder, Collapse, CollapseBatch, CollapseMode, CollapseSide } from './event.ts';

type BodyParts = 'conflicts' | 'resolutions' | 'footprint';
type ResultParts = Exclude<keyof Collapse, BodyParts | 'kind' | 'idx' | 'view' | 'pins' | 'cause' | 'meta'>;

export function writeCollapseResults(writer: CanonicalWriter, event: Pick<Collapse, ResultParts>): void {
  writer.array(12);
  writer.integer(event.rewriteIdx);
  writer.textOrNull(event.mode);
  writer.integer(event.createdIdx);
  writer.integerOrNull(event.target);
  writer.bytes(event.targetDigest);
  writer.bytes(event.targetSnapshotId);
  writeSide(writer, event.base);
  writeSide(writer, event.ours);
  writeSide(writer, event.theirs);
  if (event.changed === null) writer.null();
  else writeChanged(writer, event.changed);
  writer.integer(event.conflictCount);
  writer.bytesOrNull(event.conflictsDigest);
}

function writeSide(writer: CanonicalWriter, { digest, nodeCount, edgeCount }: CollapseSide): void {
  writer.array(3);
  writer.bytes(digest);
  writer.integer(nodeCount);
  writer.integer(edgeCount);
}

function writeChanged(writer: CanonicalWriter, changed: ChangeCounts): void {
  writer.array(2);
  writer.integer(changed.nodes);
  writer.integer(changed.edges);
}

/** The readers run in the order of the bytes: object literals evaluate their properties as they are written. */
export function readCollapseResults(reader: CanonicalReader): Pick<Collapse, ResultParts> {
  reader.arrayOf(12);
  return {
    rewriteIdx: reader.count(),
    mode: readMode(reader),
    createdIdx: reader.count(),
    target: reader.countOrNull(),
    targetDigest: readDigest(reader),
    targetSnapshotId: readDigest(reader),
    base: readSide(reader),
    ours: readSide(reader),
    theirs: readSide(reader),
    changed: readChangedOrNull(reader),
    conflictCount: reader.count(),
    conflictsDigest: readDigestOrNull(reader),
  };
}

function readMode(reader: CanonicalReader): CollapseMode | null {
  const start = reader.offset;
  const mode = reader.textOrNull();
  if (mode === null || mode === 'forward' || mode === 'merged') return mode;
  throw new CanonicalError('wrong-type', start);
}

function readSide(reader: CanonicalReader): CollapseSide {
  reader.arrayOf(3);
  return { digest: readDigest(reader), nodeCount: reader.count(), edgeCount: reader.count() };
}

function readChangedOrNull(reader: CanonicalReader): ChangeCounts | null {
  if (!reader.isNull()) return readChanged(reader);
  reader.null();
  return null;
}

function readChanged(reader: CanonicalReader): ChangeCounts {
  reader.arrayOf(2);
  return { nodes: reader.count(), edges: reader.count() };
}

/** All of a body but what every body may have: `meta`. */
export function writeCollapseBody(writer: CanonicalWriter, event: Pick<Collapse, BodyParts>): void {
  writeConflicts(writer, event.conflicts);
  writeResolutions(writer, event.resolutions);
  writeFootprint(writer, event.footprint);
}

export function readCollapseBody(reader: CanonicalReader): Pick<Collapse, BodyParts> {
  return {
    conflicts: readConflicts(reader),
    resolutions: readResolutions(reader),
    footprint: readFootprint(reader),
  };
}

type BatchResultParts = Exclude<keyof CollapseBatch, 'entries' | 'kind' | 'idx' | 'view' | 'pins' | 'cause' | 'meta'>;

export function writeBatchResults(writer: CanonicalWriter, event: Pick<CollapseBatch, BatchResultParts>): void {
  writer.array(9);
  writer.integer(event.rewriteIdx);
  writer.text(event.order);
  writer.integerOrNull(event.target);
  writer.bytes(event.targetDigest);
  writer.bytes(event.targetSnapshotId);
  writeSide(writer, event.theirs);
  writer.integer(event.committedCount);
  writer.integer(event.abortedCount);
  writeChanged(writer, event.changed);
}

export function readBatchResults(reader: CanonicalReader): Pick<CollapseBatch, BatchResultParts> {
  reader.arrayOf(9);
  return {
    rewriteIdx: reader.count(),
    order: readOrder(reader),
    target: reader.countOrNull(),
    targetDigest: readDigest(reader),
    targetSnapshotId: readDigest(reader),
    theirs: readSide(reader),
    committedCount: reader.count(),
    abortedCount: reader.count(),
    changed: readChanged(reader),
  };
}

function readOrder(reader: CanonicalReader): BatchOrder {
  const start = reader.offset;
  const order = reader.text();
  if (order === 'any' || order === 'given') return order;
  throw new CanonicalError('wrong-type', start);
}

export function writeBatchEntries(writer: CanonicalWriter, entries: readonly BatchEntry[]): void {
  writer.array(entries.length);
  for (const entry of entries) {
    writer.array(9);
    writer.integer(entry.workspace);
    writer.integer(entry.createdIdx);
    writeSide(writer, entry.base);
    writeSide(writer, entry.ours);
    writeChanged(writer, entry.changed);
    writer.integer(entry.conflictCount);
    writer.bytesOrNull(entry.conflictsDigest);
    writeConflicts(writer, entry.conflicts);
    writeResolutions(writer, entry.resolutions);
  }
}

export function readBatchEntries(reader: CanonicalReader): BatchEntry[] {
  const entries: BatchEntry[] = [];
  for (let left = reader.array(); left > 0; left--) {
    reader.arrayOf(9);
    entries.push({
      workspace: reader.count(),
      createdIdx: reader.count(),
      base: readSide(reader),
      ours: readSide(reader),
      changed: readChanged(reader),
      conflictCount: reader.count(),
      conflictsDigest: readDigestOrNull(reader),
      conflicts: readConflicts(reader),
      resolutions: readResolutions(reader),
    });
  }
  return entries;
}

/**
 * What a `COLLAPSE` records, in canonical bytes.
 *
 *     results  [rewriteIdx, mode|null, createdIdx, target|null, targetDigest, targetSnapshotId,
 *               base, ours, theirs, [changed nodes, changed edges]|null, conflictCount, conflictsDigest|null]
 *     side     [digest, nodeCount, edgeCount]
 *     body     [[conflict …], [resolution …], footprint|null, meta|null]
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
import type { Collapse, CollapseMode, CollapseSide } from './event.ts';

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
  writeChanged(writer, event.changed);
  writer.integer(event.conflictCount);
  writer.bytesOrNull(event.conflictsDigest);
}

function writeSide(writer: CanonicalWriter, { digest, nodeCount, edgeCount }: CollapseSide): void {
  writer.array(3);
  writer.bytes(digest);
  writer.integer(nodeCount);
  writer.integer(edgeCount);
}

function writeChanged(writer: CanonicalWriter, changed: ChangeCounts | null): void {
  if (changed === null) return writer.null();
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
    changed: readChanged(reader),
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

function readChanged(reader: CanonicalReader): ChangeCounts | null {
  if (reader.isNull()) {
    reader.null();
    return null;
  }
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

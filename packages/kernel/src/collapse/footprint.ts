/**
 * Footprints: what a workspace has read of its view, as ranges. Gathered at the edge, or declared by the client.
 *
 *     footprint  [baseSnapshotId, [range …]]
 *     range      [1, id]  a node          [3, kind]  the nodes of a kind        [5, node, kind|null]  the edges that leave it
 *                [2, id]  an edge         [4, kind]  the edges of a kind        [6, node, kind|null]  those that reach it
 *                [7, slot]  what is in a slot of the rule pack (`slots.ts`)          [8]  the whole view
 *     rangeId    H("range") of a range's bytes
 *
 * - F1 Ranges are sorted by their bytes, each one once; there are at most `FOOTPRINT_RANGES_MAX`.
 * - F2 A range has moved if a member came or went, or one's value is another: there are no phantoms.
 *
 * A count, a page or a digest read all of its range. What is read through a workspace is its base and its own writes, of
 * which the base alone can have moved; so a footprint is good for one base.
 */
import { unreachable } from '../assert.ts';
import { flatBytes, type Bytes } from '../bytes/byte-string.ts';
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { DIGEST_SIZE, taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { isKind, type ElementId, type Kind } from '../graph/element.ts';
import { readDigest } from '../graph/op-codec.ts';

export const FOOTPRINT_RANGES_MAX = 10_000;

export type Range =
  | { readonly range: 'node' | 'edge'; readonly id: ElementId }
  | { readonly range: 'nodes' | 'edges'; readonly kind: Kind }
  | { readonly range: 'out' | 'in'; readonly node: ElementId; readonly kind: Kind | null }
  | { readonly range: 'slot'; readonly slot: Digest }
  | { readonly range: 'view' };

export interface Footprint {
  /** The workspace's base when it was read. */
  readonly baseSnapshotId: Digest;
  /** Sorted, no duplicates (`sortRanges`). */
  readonly ranges: readonly Range[];
}

const NUMBERS = { node: 1, edge: 2, nodes: 3, edges: 4, out: 5, in: 6, slot: 7, view: 8 } as const;
/** Items in the array of each range, by its number. */
const LENGTHS: readonly (number | undefined)[] = [undefined, 2, 2, 2, 2, 3, 3, 2, 1];

const rangeWriter = new CanonicalWriter();

function rangeBytes(range: Range): Bytes {
  rangeWriter.reset();
  writeRange(rangeWriter, range);
  return flatBytes(rangeWriter.toBytes());
}

/** What a range in conflict is known by. */
export function rangeId(range: Range, sha256: Sha256): Digest {
  return taggedHash('range', rangeBytes(range), sha256);
}

/** Ranges as a footprint has them: sorted, each one once. */
export function sortRanges(ranges: readonly Range[]): Range[] {
  const byBytes = new Map(ranges.map((range) => [rangeBytes(range), range]));
  return [...byBytes].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, range]) => range);
}

/** What is wrong with a footprint, or undefined. What passes can be encoded. */
export function footprintProblem({ baseSnapshotId, ranges }: Footprint): string | undefined {
  if (baseSnapshotId.length !== DIGEST_SIZE) return 'a snapshot id has 32 bytes';
  if (ranges.length > FOOTPRINT_RANGES_MAX) {
    return `a footprint has at most ${FOOTPRINT_RANGES_MAX} ranges, not ${ranges.length}`;
  }
  let before = '';
  for (const range of ranges) {
    if (!isWellFormed(range)) return 'a range names an id that has not 32 bytes, or what is no kind';
    const bytes = rangeBytes(range);
    if (bytes <= before) return 'a range is named twice or out of order';
    before = bytes;
  }
  return undefined;
}

function isWellFormed(range: Range): boolean {
  switch (range.range) {
    case 'node':
    case 'edge':
      return range.id.length === DIGEST_SIZE;
    case 'nodes':
    case 'edges':
      return isKind(range.kind);
    case 'out':
    case 'in':
      return range.node.length === DIGEST_SIZE && (range.kind === null || isKind(range.kind));
    case 'slot':
      return range.slot.length === DIGEST_SIZE;
    case 'view':
      return true;
    default:
      return unreachable(range);
  }
}

export function writeFootprint(writer: CanonicalWriter, footprint: Footprint | null): void {
  if (footprint === null) return writer.null();
  writer.array(2);
  writer.bytes(footprint.baseSnapshotId);
  writer.array(footprint.ranges.length);
  for (const range of footprint.ranges) writeRange(writer, range);
}

function writeRange(writer: CanonicalWriter, range: Range): void {
  const number = NUMBERS[range.range];
  writer.array(LENGTHS[number]!); // each range has its number
  writer.integer(number);
  switch (range.range) {
    case 'node':
    case 'edge':
      return writer.bytes(range.id);
    case 'nodes':
    case 'edges':
      return writer.text(range.kind);
    case 'out':
    case 'in':
      writer.bytes(range.node);
      return writer.textOrNull(range.kind);
    case 'slot':
      return writer.bytes(range.slot);
    case 'view':
      return;
    default:
      return unreachable(range);
  }
}

/** Reads a footprint. Throws a `CanonicalError`; its bounds and its order are `footprintProblem`'s. */
export function readFootprint(reader: CanonicalReader): Footprint | null {
  if (reader.isNull()) {
    reader.null();
    return null;
  }
  reader.arrayOf(2);
  const baseSnapshotId = readDigest(reader);
  const ranges: Range[] = [];
  for (let left = reader.array(); left > 0; left--) ranges.push(readRange(reader));
  return { baseSnapshotId, ranges };
}

function readRange(reader: CanonicalReader): Range {
  const start = reader.offset;
  const length = reader.array();
  const number = reader.count();
  if (length !== LENGTHS[number]) throw new CanonicalError('wrong-type', start);
  switch (number) {
    case NUMBERS.node:
    case NUMBERS.edge:
      return { range: number === NUMBERS.node ? 'node' : 'edge', id: readDigest(reader) };
    case NUMBERS.nodes:
    case NUMBERS.edges:
      return { range: number === NUMBERS.nodes ? 'nodes' : 'edges', kind: reader.text() };
    case NUMBERS.out:
    case NUMBERS.in:
      return { range: number === NUMBERS.out ? 'out' : 'in', node: readDigest(reader), kind: reader.textOrNull() };
    case NUMBERS.slot:
      return { range: 'slot', slot: readDigest(reader) };
    default:
      return { range: 'view' };
  }
}

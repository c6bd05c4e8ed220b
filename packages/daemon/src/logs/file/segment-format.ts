/**
 * The header of a segment, and its name. The whole format is `docs/spec/log.md`.
 *
 *     offset  size
 *          0     8  magic, "JITOSLOG"
 *          8     4  version, u32le
 *         12     4  ordinal, u32le: segments before this one in the world
 *         16     8  first idx, u64le: events before this segment
 *         24    16  world id
 *         40    20  zero
 *         60     4  CRC-32C of the 60 bytes before, u32le
 *
 * - S1 Magic, version and CRC stand at these offsets in every version, so an unknown one is told from damage.
 * - S2 The batch mark (the magic of this segment's batches) follows from the CRC and thus from world and position:
 *   bytes of another segment, or a batch image inside someone's payload, never pass for a batch of this one.
 */
import { crc32c } from './crc32c.ts';

export const SEGMENT_SIZE_BYTES: number = 64 * 1024 * 1024;
export const SEGMENT_HEADER_SIZE_BYTES = 64;
export const SEGMENT_VERSION = 0;
export const WORLD_ID_SIZE_BYTES = 16;
const MAGIC = Buffer.from('JITOSLOG', 'latin1');
const NAME = /^(\d{20})\.log$/;

export interface SegmentHeader {
  readonly ordinal: number;
  readonly firstIdx: number;
  /** 16 bytes. */
  readonly worldId: Uint8Array;
  /** First four bytes of each batch in the segment, as a u32le; odd, hence never zero. */
  readonly batchMark: number;
}

/** Why bytes are no segment header that this program reads. */
export interface SegmentHeaderFault {
  readonly fault: 'damaged' | 'version';
  readonly detail: string;
}

export function segmentName(firstIdx: number): string {
  return `${String(firstIdx).padStart(20, '0')}.log`;
}

/** The first idx a segment's name gives; undefined for any other file. */
export function segmentNameToFirstIdx(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const firstIdx = Number(digits);
  return Number.isSafeInteger(firstIdx) ? firstIdx : undefined;
}

export function encodeSegmentHeader(segment: Omit<SegmentHeader, 'batchMark'>): Buffer {
  const bytes = Buffer.alloc(SEGMENT_HEADER_SIZE_BYTES);
  bytes.set(MAGIC, 0);
  bytes.writeUInt32LE(SEGMENT_VERSION, 8);
  bytes.writeUInt32LE(segment.ordinal, 12);
  bytes.writeBigUInt64LE(BigInt(segment.firstIdx), 16);
  bytes.set(segment.worldId, 24);
  bytes.writeUInt32LE(crc32c(bytes, 0, 60), 60);
  return bytes;
}

/** Decodes the first 64 bytes of a segment (fewer when the file is shorter). */
export function decodeSegmentHeader(bytes: Buffer): SegmentHeader | SegmentHeaderFault {
  if (bytes.length < SEGMENT_HEADER_SIZE_BYTES) return damaged(`the header is cut off after ${bytes.length} bytes`);
  if (!bytes.subarray(0, 8).equals(MAGIC)) return damaged('the file does not begin with JITOSLOG');
  const crc = bytes.readUInt32LE(60);
  if (crc32c(bytes, 0, 60) !== crc) return damaged("the header's checksum is wrong");
  const version = bytes.readUInt32LE(8);
  if (version !== SEGMENT_VERSION) {
    return {
      fault: 'version',
      detail: `the segment has format version ${version}; this program reads ${SEGMENT_VERSION}`,
    };
  }
  return {
    ordinal: bytes.readUInt32LE(12),
    firstIdx: Number(bytes.readBigUInt64LE(16)),
    worldId: Uint8Array.from(bytes.subarray(24, 40)),
    batchMark: headerBytesToBatchMark(bytes),
  };
}

/** The checksum with its lowest bit set, so that it differs from zeros, which mean the end. */
export function headerBytesToBatchMark(bytes: Buffer): number {
  return (bytes.readUInt32LE(60) | 1) >>> 0;
}

function damaged(detail: string): SegmentHeaderFault {
  return { fault: 'damaged', detail };
}

/**
 * The bytes of a checkpoint's file, whose records are the kernel's (`world-records.ts`). The whole format is
 * `docs/spec/checkpoint.md`.
 *
 *     header   offset  size
 *                   0     8  magic, "JITOSCKP"
 *                   8     4  version, u32le
 *                  12     8  idx of its `CHECKPOINT` event, u64le: the events before it are in the state
 *                  20    16  world id
 *                  36    32  world digest of the state
 *                  68    24  zero
 *                  92     4  CRC-32C of the 92 bytes before, u32le
 *     block                  length u32le ‖ CRC-32C u32le over the block's number (u32le) and its bytes ‖ bytes
 *     end                    a block of no bytes
 *
 * The bytes of all blocks together are the records, each after its length (u32le). A record may span blocks.
 *
 * - C1 Magic, version and CRC stand at these offsets in every version.
 * - C2 A file that was cut short, or whose blocks were moved, is told from a whole one: blocks are numbered, and end.
 */
import { bytesToDigest, bytesFrom, type Digest } from '@jitos/kernel';
import { crc32c } from './crc32c.ts';
import { WORLD_ID_SIZE_BYTES } from './segment-format.ts';

export const CHECKPOINT_HEADER_SIZE_BYTES = 96;
export const CHECKPOINT_VERSION = 0;
export const BLOCK_HEADER_SIZE_BYTES = 8;
/** Bytes of records in a block, at most: what is held in memory of a file. */
export const BLOCK_SIZE_BYTES_MAX: number = 256 * 1024;
/** The length before each record. */
export const RECORD_LENGTH_SIZE_BYTES = 4;

const MAGIC = Buffer.from('JITOSCKP', 'latin1');
const CRC_OFFSET = 92;
const NAME = /^(\d{20})\.checkpoint$/;

export interface CheckpointHeader {
  /** Of the `CHECKPOINT` event; as many events are in the state. */
  readonly idx: number;
  /** 16 bytes. */
  readonly worldId: Uint8Array;
  readonly worldDigest: Digest;
}

export function checkpointName(idx: number): string {
  return `${String(idx).padStart(20, '0')}.checkpoint`;
}

/** The idx that a checkpoint's name gives; undefined for any other file. */
export function checkpointNameToIdx(name: string): number | undefined {
  const digits = NAME.exec(name)?.[1];
  if (digits === undefined) return undefined;
  const idx = Number(digits);
  return Number.isSafeInteger(idx) ? idx : undefined;
}

export function encodeCheckpointHeader({ idx, worldId, worldDigest }: CheckpointHeader): Buffer {
  const bytes = Buffer.alloc(CHECKPOINT_HEADER_SIZE_BYTES);
  bytes.set(MAGIC, 0);
  bytes.writeUInt32LE(CHECKPOINT_VERSION, 8);
  bytes.writeBigUInt64LE(BigInt(idx), 12);
  bytes.set(worldId, 20);
  bytes.write(worldDigest, 36, 'latin1');
  bytes.writeUInt32LE(crc32c(bytes, 0, CRC_OFFSET), CRC_OFFSET);
  return bytes;
}

/** Decodes the first 96 bytes of a file; a string says why they begin no checkpoint that this program reads. */
export function decodeCheckpointHeader(bytes: Buffer): CheckpointHeader | string {
  if (bytes.length < CHECKPOINT_HEADER_SIZE_BYTES) return `the header is cut off after ${bytes.length} bytes`;
  if (!bytes.subarray(0, 8).equals(MAGIC)) return 'the file does not begin with JITOSCKP';
  if (crc32c(bytes, 0, CRC_OFFSET) !== bytes.readUInt32LE(CRC_OFFSET)) return "the header's checksum is wrong";
  const version = bytes.readUInt32LE(8);
  if (version !== CHECKPOINT_VERSION) {
    return `the checkpoint has format version ${version}; this program reads ${CHECKPOINT_VERSION}`;
  }
  return {
    idx: Number(bytes.readBigUInt64LE(12)),
    worldId: Uint8Array.from(bytes.subarray(20, 20 + WORLD_ID_SIZE_BYTES)),
    worldDigest: bytesToDigest(bytesFrom(bytes, 36, 32)),
  };
}

const numberBytes = Buffer.alloc(4);

/** The checksum of block `number`, whose bytes are `bytes[start, end)`. */
export function blockCrc(number: number, bytes: Buffer, start: number, end: number): number {
  numberBytes.writeUInt32LE(number, 0);
  return crc32c(bytes, start, end, crc32c(numberBytes, 0, 4));
}

/**
 * The header of the first file of tree hashes: whose they are, and of how many leaves the disk has them for certain.
 */
import type { DiskFile } from '../../ports/disk.ts';
import { crc32c } from './crc32c.ts';

const MAGIC = 'JITOSTRH';
const VERSION = 0;
/** Magic, version, world id, mark, zeros, CRC-32C of all before. */
export const TREE_HEADER_SIZE_BYTES = 64;
const [VERSION_OFFSET, WORLD_ID_OFFSET, MARK_OFFSET, CRC_OFFSET] = [8, 12, 28, 60] as const;
const WORLD_ID_SIZE_BYTES = 16;

/** Marks `length` leaves; the write lasts with the file's next sync. */
export function writeMark(file: DiskFile, worldId: Uint8Array, length: number): void {
  file.writeSync(encodeHeader(worldId, length), TREE_HEADER_SIZE_BYTES, 0);
}

/** How many leaves the header marks; undefined if it is none of this world's. */
export function readMark(file: DiskFile, worldId: Uint8Array): number | undefined {
  const header = Buffer.alloc(TREE_HEADER_SIZE_BYTES);
  file.readSync(header, 0);
  const length = Number(header.readBigUInt64LE(MARK_OFFSET));
  return encodeHeader(worldId, length).equals(header) ? length : undefined;
}

function encodeHeader(worldId: Uint8Array, length: number): Buffer {
  const header = Buffer.alloc(TREE_HEADER_SIZE_BYTES);
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(VERSION, VERSION_OFFSET);
  header.set(worldId.subarray(0, WORLD_ID_SIZE_BYTES), WORLD_ID_OFFSET);
  header.writeBigUInt64LE(BigInt(length), MARK_OFFSET);
  header.writeUInt32LE(crc32c(header, 0, CRC_OFFSET), CRC_OFFSET);
  return header;
}

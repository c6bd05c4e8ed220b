/**
 * The bytes of a batch, the unit of durability.
 *
 *     offset  size
 *          0     4  mark of the segment (`segment-format.ts`), u32le
 *          4     4  length of the whole batch in bytes, u32le
 *          8     4  count of events, u32le
 *         12     8  idx of the first event, u64le
 *         20    32  tree root before it
 *         52     4  CRC-32C of every byte before and after this field, u32le
 *         56        events, each: header length u32le, body length u32le, header, body
 *
 * B1 Nothing a length or count claims is believed, nor memory taken for it, before it is within the port's bounds.
 */
import type { Bytes, Digest } from '@jitos/kernel';
import type { Batch, StoredEvent } from '../../ports/log.ts';
import {
  BATCH_EVENT_COUNT_MAX,
  BATCH_HEADER_SIZE_BYTES,
  BATCH_SIZE_BYTES_MAX,
  EVENT_BODY_SIZE_BYTES_MAX,
  EVENT_HEADER_SIZE_BYTES_MAX,
  EVENT_LENGTHS_SIZE_BYTES,
} from '../../ports/log.ts';
import { crc32c } from './crc32c.ts';

const CRC_OFFSET = 52;
const TWO_32 = 2 ** 32;

/** What stands at the beginning of a batch, checked against bounds only. */
export interface BatchHead {
  readonly sizeBytes: number;
  readonly count: number;
  readonly firstIdx: number;
}

/** Writes a batch that `mustGetBatchSize` took, of `sizeBytes`, to the start of `into`. */
export function encodeBatch(into: Buffer, batch: Batch, sizeBytes: number, mark: number): void {
  into.writeUInt32LE(mark, 0);
  into.writeUInt32LE(sizeBytes, 4);
  into.writeUInt32LE(batch.events.length, 8);
  into.writeUInt32LE(batch.firstIdx % TWO_32, 12);
  into.writeUInt32LE(Math.floor(batch.firstIdx / TWO_32), 16);
  into.write(batch.treeRootBefore, 20, 32, 'latin1');
  let at = BATCH_HEADER_SIZE_BYTES;
  for (const { header, body } of batch.events) {
    into.writeUInt32LE(header.length, at);
    into.writeUInt32LE(body.length, at + 4);
    into.write(header, at + EVENT_LENGTHS_SIZE_BYTES, 'latin1');
    into.write(body, at + EVENT_LENGTHS_SIZE_BYTES + header.length, 'latin1');
    at += EVENT_LENGTHS_SIZE_BYTES + header.length + body.length;
  }
  into.writeUInt32LE(batchCrc(into, sizeBytes), CRC_OFFSET);
}

/** Reads the head of a batch from at least 56 bytes; a string says why they begin none. */
export function decodeBatchHead(bytes: Buffer, mark: number): BatchHead | string {
  const sizeBytes = bytes.readUInt32LE(4);
  const count = bytes.readUInt32LE(8);
  const firstIdx = bytes.readUInt32LE(12) + bytes.readUInt32LE(16) * TWO_32;
  if (bytes.readUInt32LE(0) !== mark) return 'no batch of this segment begins here';
  if (sizeBytes > BATCH_SIZE_BYTES_MAX) return `the batch claims ${sizeBytes} bytes`;
  if (count === 0 || count > BATCH_EVENT_COUNT_MAX) return `the batch claims ${count} events`;
  if (sizeBytes < BATCH_HEADER_SIZE_BYTES + count * EVENT_LENGTHS_SIZE_BYTES) {
    return `the batch claims ${count} events in ${sizeBytes} bytes`;
  }
  if (!Number.isSafeInteger(firstIdx + count)) return `the batch claims idx ${firstIdx}`;
  return { sizeBytes, count, firstIdx };
}

/** Why the bytes of a whole batch are not what was written; undefined when they are. */
export function findBatchFault(bytes: Buffer, head: BatchHead): string | undefined {
  if (batchCrc(bytes, head.sizeBytes) !== bytes.readUInt32LE(CRC_OFFSET)) return "the batch's checksum is wrong";
  let at = BATCH_HEADER_SIZE_BYTES;
  for (let i = 0; i < head.count; i++) {
    if (at + EVENT_LENGTHS_SIZE_BYTES > head.sizeBytes) return `event ${head.firstIdx + i} is cut off`;
    const headerSize = bytes.readUInt32LE(at);
    const bodySize = bytes.readUInt32LE(at + 4);
    if (headerSize > EVENT_HEADER_SIZE_BYTES_MAX || bodySize > EVENT_BODY_SIZE_BYTES_MAX) {
      return `event ${head.firstIdx + i} is over a bound`;
    }
    at += EVENT_LENGTHS_SIZE_BYTES + headerSize + bodySize;
  }
  return at === head.sizeBytes ? undefined : 'the events do not fill the batch';
}

/** Decodes a batch in which `findBatchFault` found none. */
export function decodeBatch(bytes: Buffer, head: BatchHead): Batch {
  const events: StoredEvent[] = [];
  let at = BATCH_HEADER_SIZE_BYTES;
  for (let i = 0; i < head.count; i++) {
    const bodyOffset = at + EVENT_LENGTHS_SIZE_BYTES + bytes.readUInt32LE(at);
    const end = bodyOffset + bytes.readUInt32LE(at + 4);
    events.push({
      header: cutBytes(bytes, at + EVENT_LENGTHS_SIZE_BYTES, bodyOffset),
      body: cutBytes(bytes, bodyOffset, end),
    });
    at = end;
  }
  const treeRootBefore = bytes.toString('latin1', 20, CRC_OFFSET) as Digest; // 32 bytes, which is all the brand says
  return { firstIdx: head.firstIdx, treeRootBefore, events };
}

function cutBytes(bytes: Buffer, start: number, end: number): Bytes {
  return bytes.toString('latin1', start, end) as Bytes; // one character a byte
}

function batchCrc(bytes: Buffer, sizeBytes: number): number {
  return crc32c(bytes, BATCH_HEADER_SIZE_BYTES, sizeBytes, crc32c(bytes, 0, CRC_OFFSET));
}

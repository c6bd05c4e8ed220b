/** Disks that are wrong in one way, as seeded bugs have them. */
import { decodeBatchHead, findBatchFault, type BatchHead } from '@jitos/daemon/logs/file/batch-codec.ts';
import { crc32c } from '@jitos/daemon/logs/file/crc32c.ts';
import { headerBytesToBatchMark, SEGMENT_HEADER_SIZE_BYTES } from '@jitos/daemon/logs/file/segment-format.ts';
import { errnoOf, type Disk, type DiskFile } from '@jitos/daemon/ports/disk.ts';
import { BATCH_HEADER_SIZE_BYTES } from '@jitos/daemon/ports/log.ts';

export function cached(mode: Parameters<Disk['open']>[1]): Parameters<Disk['open']>[1] {
  return mode === 'durable' ? 'write' : mode;
}

const CRC_OFFSET = 52;

/** Readers of a segment get its bytes as `change` leaves them, which is given each batch that its head makes one. */
function readChanged(file: DiskFile, change: (whole: Buffer, at: number, head: BatchHead | string) => void): ReadVerbs {
  const readSync = (into: Uint8Array, offset: number): number => {
    const whole = Buffer.alloc(file.sizeBytes());
    file.readSync(whole, 0);
    const mark = headerBytesToBatchMark(whole.subarray(0, SEGMENT_HEADER_SIZE_BYTES));
    for (let at = SEGMENT_HEADER_SIZE_BYTES; at + BATCH_HEADER_SIZE_BYTES <= whole.length;) {
      const head = decodeBatchHead(whole.subarray(at), mark);
      const isBatch = typeof head !== 'string' && at + head.sizeBytes <= whole.length;
      change(whole, at, isBatch ? head : 'no batch');
      if (!isBatch) break;
      at += head.sizeBytes;
    }
    return whole.copy(into, 0, offset);
  };
  return { readSync, read: (into, offset) => Promise.resolve(readSync(into, offset)) };
}

type ReadVerbs = Pick<DiskFile, 'read' | 'readSync'>;

/** Readers get every batch with the checksum that its bytes should have. */
export function withGoodChecksums(file: DiskFile): ReadVerbs {
  return readChanged(file, (whole, at, head) => {
    if (typeof head === 'string') return;
    const batch = whole.subarray(at, at + head.sizeBytes);
    batch.writeUInt32LE(crc32c(batch, BATCH_HEADER_SIZE_BYTES, batch.length, crc32c(batch, 0, CRC_OFFSET)), CRC_OFFSET);
  });
}

/** Readers find no batch behind the first bad one: it looks like a torn tail, whatever it is. */
export function withoutLaterBatches(file: DiskFile): ReadVerbs {
  return readChanged(file, (whole, at, head) => {
    if (typeof head !== 'string' && findBatchFault(whole.subarray(at), head) === undefined) return;
    const mark = Buffer.alloc(4);
    mark.writeUInt32LE(headerBytesToBatchMark(whole.subarray(0, SEGMENT_HEADER_SIZE_BYTES)));
    for (let found = whole.indexOf(mark, at + 1); found !== -1; found = whole.indexOf(mark, found)) {
      whole.writeUInt32LE(1, found);
    }
  });
}

export function withoutErasing(file: DiskFile): Partial<DiskFile> {
  return {
    write: async (bytes, sizeBytes, offset) => {
      if (bytes.subarray(0, sizeBytes).some((byte) => byte !== 0)) await file.write(bytes, sizeBytes, offset);
    },
  };
}

export function withoutRepeating(file: DiskFile): Partial<DiskFile> {
  return {
    write: async (bytes, sizeBytes, offset) => {
      const there = Buffer.alloc(sizeBytes);
      await file.read(there, offset);
      if (!there.equals(bytes.subarray(0, sizeBytes))) await file.write(bytes, sizeBytes, offset);
    },
  };
}

export function withoutFault(file: DiskFile, errno: string): Partial<DiskFile> {
  const rethrowOther = (fault: unknown): void => {
    if (errnoOf(fault) !== errno) throw fault;
  };
  return {
    write: (bytes, sizeBytes, offset) => file.write(bytes, sizeBytes, offset).catch(rethrowOther),
    writeSync: (bytes, sizeBytes, offset) => {
      try {
        file.writeSync(bytes, sizeBytes, offset);
      } catch (fault) {
        rethrowOther(fault);
      }
    },
  };
}

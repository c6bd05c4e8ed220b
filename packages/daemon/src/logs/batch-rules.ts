/** What every adapter demands of a batch before it takes it. A breach is the caller's bug, never a fault. */
import type { Batch } from '../ports/log.ts';
import {
  BATCH_EVENT_COUNT_MAX,
  BATCH_SIZE_BYTES_MAX,
  batchSizeBytes,
  EVENT_BODY_SIZE_BYTES_MAX,
  EVENT_HEADER_SIZE_BYTES_MAX,
} from '../ports/log.ts';

/** Throws unless `batch` may follow `length` events; answers its stored size in bytes. */
export function mustGetBatchSize(batch: Batch, length: number): number {
  const { firstIdx, treeRootBefore, events } = batch;
  if (firstIdx !== length) throw new Error(`L3: a batch at idx ${firstIdx} can't follow ${length} events`);
  if (treeRootBefore.length !== 32) throw new Error(`a tree root has 32 bytes, not ${treeRootBefore.length}`);
  if (events.length === 0) throw new Error('a batch has at least one event');
  if (events.length > BATCH_EVENT_COUNT_MAX) {
    throw new Error(`a batch has at most ${BATCH_EVENT_COUNT_MAX} events, not ${events.length}`);
  }
  for (const { header, body } of events) {
    if (header.length > EVENT_HEADER_SIZE_BYTES_MAX) {
      throw new Error(`an event's header has at most ${EVENT_HEADER_SIZE_BYTES_MAX} bytes, not ${header.length}`);
    }
    if (body.length > EVENT_BODY_SIZE_BYTES_MAX) {
      throw new Error(`an event's body has at most ${EVENT_BODY_SIZE_BYTES_MAX} bytes, not ${body.length}`);
    }
  }
  const sizeBytes = batchSizeBytes(events);
  if (sizeBytes > BATCH_SIZE_BYTES_MAX) {
    throw new Error(`a batch has at most ${BATCH_SIZE_BYTES_MAX} bytes, not ${sizeBytes}`);
  }
  return sizeBytes;
}

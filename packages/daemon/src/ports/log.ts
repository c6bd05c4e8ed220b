/**
 * The log port: the durable, ordered events of one world.
 *
 * Invariants every adapter keeps (the contract suite in `testkit/log-contract.ts` checks them):
 *
 * - L1 A batch is history whole or not at all: after any crash a reader sees all of its events or none.
 * - L2 `append` settles only when the batch is durable; `length` moves only then.
 * - L3 Batches are gapless: `batch.firstIdx` equals `length`, or the append is refused as a bug.
 * - L4 What was read once is read again, byte for byte, for ever.
 * - L5 After a failed append the log refuses everything: a retry after a failed sync would lie. A disk that refuses
 *   (full, read-only) is the one exception: nothing was written, the log stays usable, and the same append may be tried
 *   again later.
 *
 * The log knows nothing of what an event means: a header and a body are bytes to it.
 */
import type { Bytes, Digest } from '@jitos/kernel';

export {
  BODY_SIZE_MAX as EVENT_BODY_SIZE_BYTES_MAX,
  HEADER_SIZE_MAX as EVENT_HEADER_SIZE_BYTES_MAX,
} from '@jitos/kernel';

/** Bound of `batchSizeBytes`: half a segment, so that segments stay well filled. */
export const BATCH_SIZE_BYTES_MAX: number = 32 * 1024 * 1024;
export const BATCH_EVENT_COUNT_MAX = 65_536;

/** One event as a log takes it and gives it back. An `EncodedEvent` is one as it is; an adapter keeps nothing else of it. */
export interface StoredEvent {
  /** At most 4 KiB. */
  readonly header: Bytes;
  /** At most 8 MiB; bound by the digest inside the header. */
  readonly body: Bytes;
}

/** The unit of durability: the events of one or more whole commands. */
export interface Batch {
  /** Index of the first event; equals the number of events before it. */
  readonly firstIdx: number;
  /** RFC 6962 tree head over all headers before `firstIdx`. */
  readonly treeRootBefore: Digest;
  /** At least one, at most 65,536, and `batchSizeBytes` of them at most 32 MiB. */
  readonly events: readonly StoredEvent[];
}

export interface Log {
  /** The first event that can be read: 0 unless the ones before are archived. Asking for those is `EVENT_ARCHIVED`. */
  readonly firstIdx: number;

  /** Number of durable events, which is the idx of the next one. */
  readonly length: number;

  /**
   * Makes a batch durable. Returns `undefined` when it already is (an inline sync), else a promise; at most one
   * append may be pending. Throws (or rejects with) a `Failure`: `LOG_FULL` or `LOG_READ_ONLY` (retry later),
   * `LOG_FAILED` (retry never). After `LOG_FAILED` the batch may or may not be found when the log is opened again.
   * A batch out of order or over a bound, an append while one is pending, and any use after `close` are bugs: they
   * throw a plain `Error` and change nothing.
   */
  append(batch: Batch): Promise<void> | undefined;

  /**
   * Reads the durable batches that hold events `fromIdx` and later, oldest first, in whole batches: the first may
   * begin before `fromIdx`. Yields nothing past the `length` at the time of the call. The bytes are the caller's;
   * they are views of larger blocks, so copy what is kept for long. The iteration throws `LOG_DAMAGED` where the
   * stored bytes are no longer what was appended.
   */
  batches(fromIdx: number): AsyncIterable<Batch>;

  /** Waits for a pending append, then frees the folder's lock. Idempotent. */
  close(): Promise<void>;
}

/** What a batch of these events takes in a log, its own header included. */
export function batchSizeBytes(events: readonly StoredEvent[]): number {
  let sizeBytes = BATCH_HEADER_SIZE_BYTES;
  for (const { header, body } of events) sizeBytes += EVENT_LENGTHS_SIZE_BYTES + header.length + body.length;
  return sizeBytes;
}

/** Magic, length, count, first idx, tree root and CRC of a batch (`docs/spec/log.md`). */
export const BATCH_HEADER_SIZE_BYTES = 56;
/** The two lengths before each event's bytes. */
export const EVENT_LENGTHS_SIZE_BYTES = 8;

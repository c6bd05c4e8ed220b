/** Reading events back from a log, one or many, into the kernel's form. */
import { BodyMismatch, CanonicalError, decodeEvent, type EncodedEvent } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Log, StoredEvent } from '../ports/log.ts';
import { sha256 } from './sha256.ts';

type Readable = Pick<Log, 'batches'>;

/** Decodes the durable events from `fromIdx` on, in order. Throws `LOG_DAMAGED` where the bytes are not an event. */
export async function* readEvents(log: Readable, fromIdx: number): AsyncGenerator<EncodedEvent> {
  for await (const batch of log.batches(fromIdx)) {
    for (let i = Math.max(0, fromIdx - batch.firstIdx); i < batch.events.length; i++) {
      yield decodeStored(batch.events[i]!, batch.firstIdx + i);
    }
  }
}

/** The event at `idx`, which must be durable. O(1) at any length of history. */
export async function readEvent(log: Readable, idx: number): Promise<EncodedEvent> {
  for await (const encoded of readEvents(log, idx)) return encoded;
  throw new Error(`event ${idx} is not in the log`);
}

/** As `readEvent`, of an event that there may not be. Throws `EVENT_NOT_FOUND` or `EVENT_ARCHIVED` at `place`. */
export async function mustGetEvent(
  log: Pick<Log, 'batches' | 'firstIdx' | 'length'>,
  idx: number,
  place: string,
): Promise<EncodedEvent> {
  if (idx >= log.length) throw new Failure('EVENT_NOT_FOUND', place, `the newest event is ${log.length - 1}`);
  if (idx >= log.firstIdx) return await readEvent(log, idx);
  throw new Failure('EVENT_ARCHIVED', place, `the events before ${log.firstIdx} are archived`);
}

/** Decodes one stored event that should be number `idx`. */
export function decodeStored({ header, body }: StoredEvent, idx: number): EncodedEvent {
  let encoded: EncodedEvent;
  try {
    encoded = decodeEvent(header, body, sha256);
  } catch (error) {
    if (!(error instanceof CanonicalError) && !(error instanceof BodyMismatch)) throw error;
    throw new Failure('LOG_DAMAGED', `event ${idx}`, `the event can not be read: ${error.message}`, { cause: error });
  }
  if (encoded.event.idx === idx) return encoded;
  throw new Failure('LOG_DAMAGED', `event ${idx}`, `the event calls itself ${encoded.event.idx}`);
}

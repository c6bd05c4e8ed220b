/** Reading chosen events of a history, whole batches at a time. */
import type { EncodedEvent } from '@jitos/kernel';
import { decodeStored } from './history-reader.ts';
import type { Log } from '../ports/log.ts';

/** Events to read over before the log is asked for a later place instead. */
const GAP_MAX = 256;

/** Decodes the events at these idx, which are durable and ascending; each batch is read once. */
export async function* readEventsAt(log: Pick<Log, 'batches'>, idxs: readonly number[]): AsyncGenerator<EncodedEvent> {
  let at = 0;
  while (at < idxs.length) {
    const start = at;
    for await (const { firstIdx, events } of log.batches(idxs[at]!)) {
      const end = firstIdx + events.length;
      for (; at < idxs.length && idxs[at]! < end; at++) {
        yield decodeStored(events[idxs[at]! - firstIdx]!, idxs[at]!);
      }
      if (at === idxs.length || idxs[at]! > end + GAP_MAX) break;
    }
    if (at === start) throw new Error(`event ${idxs[at]} is not in the log`);
  }
}

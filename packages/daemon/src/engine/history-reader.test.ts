import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Command } from '@jitos/kernel';
import { MemoryLog } from '../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../logs/memory/memory-rewrite-index.ts';
import type { Log } from '../ports/log.ts';
import { decodeStored, readEvent, readEvents } from './history-reader.ts';
import { openWorld } from './open-world.ts';

const CREATE: Command = {
  principal: 'local',
  requestId: null,
  validUntil: null,
  meta: null,
  type: 'createWorkspace',
  from: null,
};

/** The first event, and a batch of three. */
async function fourEvents(): Promise<Log> {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'async' });
  const { loop } = await openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
  await Promise.all([loop.submit(CREATE), loop.submit(CREATE), loop.submit(CREATE)]);
  return log;
}

test('reading begins with the event that was asked for, though it stands within a batch', async () => {
  const log = await fourEvents();
  for (let fromIdx = 0; fromIdx < 4; fromIdx++) {
    const idxs: number[] = [];
    for await (const { event } of readEvents(log, fromIdx)) idxs.push(event.idx);
    assert.deepEqual(idxs, [0, 1, 2, 3].slice(fromIdx));
    assert.equal((await readEvent(log, fromIdx)).event.idx, fromIdx);
  }
  await assert.rejects(readEvent(log, 4), /event 4 is not in the log/);
});

test('an event in the place of another is damage', async () => {
  const log = await fourEvents();
  for await (const { firstIdx, events } of log.batches(1)) {
    assert.deepEqual([firstIdx, events.length], [1, 3]);
    const stored = events[1]!; // of three
    assert.equal(decodeStored(stored, 2).event.idx, 2);
    assert.throws(() => decodeStored(stored, 3), { reason: 'LOG_DAMAGED', place: 'event 3' });
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import type { Log, Batch } from '../ports/log.ts';
import { readEventsAt } from './read-events-at.ts';

/** A log of single-event batches, which tells from where it was read and how many batches were taken. */
async function watchedLog(
  eventCount: number,
): Promise<{ log: Pick<Log, 'batches'>; froms: number[]; taken: () => number }> {
  const world = await openMemoryWorld();
  const client = GraphqlClient.inProcess(world);
  for (let i = 1; i < eventCount; i++) await client.data('mutation { createSws { sws { id } } }');
  const froms: number[] = [];
  let taken = 0;
  const log = {
    async *batches(fromIdx: number): AsyncGenerator<Batch> {
      froms.push(fromIdx);
      for await (const batch of world.log.batches(fromIdx)) {
        taken += 1;
        yield batch;
      }
    },
  };
  return { log, froms, taken: () => taken };
}

async function idxs(log: Pick<Log, 'batches'>, wanted: readonly number[]): Promise<number[]> {
  const read: number[] = [];
  for await (const { event } of readEventsAt(log, wanted)) read.push(event.idx);
  return read;
}

test('events that stand close together are read in one go, far ones are sought', async () => {
  const { log, froms, taken } = await watchedLog(1000);
  assert.deepEqual(await idxs(log, [3, 4, 9]), [3, 4, 9]);
  assert.deepEqual([froms.splice(0), taken()], [[3], 7]);
  assert.deepEqual(await idxs(log, [1, 900, 901]), [1, 900, 901]);
  assert.deepEqual([froms.splice(0), taken()], [[1, 900], 7 + 1 + 2]);
  assert.deepEqual(await idxs(log, []), []);
  assert.deepEqual(froms, []);
});

test('an event that the log has not is a bug', async () => {
  const { log } = await watchedLog(3);
  await assert.rejects(idxs(log, [1, 5]), /event 5 is not in the log/);
});

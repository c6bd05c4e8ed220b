import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { LogHome } from '@jitos/testkit/log-contract.ts';
import { logContract } from '@jitos/testkit/log-contract.ts';
import { makeBatch, sampleEvent } from '@jitos/testkit/log-samples.ts';
import type { MemoryLogOptions, MemoryLogStore } from './memory-log.ts';
import { MemoryLog } from './memory-log.ts';

for (const sync of ['inline', 'async'] satisfies MemoryLogOptions['sync'][]) {
  logContract(`the memory log (${sync})`, async (): Promise<LogHome> => {
    const store: MemoryLogStore = { batches: [] };
    return { open: async () => new MemoryLog({ store, sync }), dispose: async () => undefined };
  });
}

test('the memory log keeps the bytes of an event and nothing that came along with them', async () => {
  const store: MemoryLogStore = { batches: [] };
  const event = sampleEvent(1, 20, 30);
  await new MemoryLog({ store, sync: 'inline' }).append(makeBatch(0, [{ ...event, decoded: {} } as typeof event])); // more
  assert.deepEqual(store.batches[0]?.events, [event]);
});

import type { LogHome } from '@jitos/testkit/log-contract.ts';
import { logContract } from '@jitos/testkit/log-contract.ts';
import type { MemoryLogOptions, MemoryLogStore } from './memory-log.ts';
import { MemoryLog } from './memory-log.ts';

for (const sync of ['inline', 'async'] satisfies MemoryLogOptions['sync'][]) {
  logContract(`the memory log (${sync})`, async (): Promise<LogHome> => {
    const store: MemoryLogStore = { batches: [] };
    return { open: async () => new MemoryLog({ store, sync }), dispose: async () => undefined };
  });
}

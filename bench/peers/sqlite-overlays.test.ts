import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { it } from 'node:test';
import { BASE_VALUE, overlaysOf } from '../workloads/merge-overlays.ts';
import { openOverlayStore } from './sqlite-overlays.ts';

it('does the work that it claims: what does not conflict is in the truth, what does is not, and each has a receipt', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'jitos-bench-test-'));
  const options = { nodeCount: 60, overlayCount: 6, conflictPeriod: 3 };
  const overlays = overlaysOf(options, 0);
  const store = await openOverlayStore(dir, options);
  await store.prepare(overlays);
  assert.deepEqual(await store.merge([0, 1, 2, 3, 4, 5]), [true, true, false, true, true, false]);
  await store.close?.();
  const truth = new DatabaseSync(join(dir, 'truth'));
  const valueOf = (number: number): unknown =>
    truth.prepare('SELECT value FROM node WHERE number = ?').get(number)?.['value'];
  for (const { numbers, value, conflicts } of overlays) {
    for (const number of conflicts ? [] : numbers) assert.equal(valueOf(number), value);
    for (const number of conflicts ? numbers.slice(1) : []) assert.equal(valueOf(number), BASE_VALUE);
  }
  const receipts = truth.prepare('SELECT overlay, conflicts FROM receipt ORDER BY idx').all();
  assert.deepEqual(
    receipts.map(({ conflicts }) => conflicts !== ''),
    overlays.map(({ conflicts }) => conflicts),
  );
  truth.close();
  rmSync(dir, { recursive: true });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { withBytesToDisk } from './disk-meter.ts';

it('counts what a round has the disk write, synced or not, and says nothing where nobody counts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'jitos-disk-'));
  const sizeBytes = 2 ** 22;
  try {
    const sample = await withBytesToDisk(folder, () => {
      writeFileSync(join(folder, 'file'), Buffer.alloc(sizeBytes, 1)); // left in the page cache
      return { operations: 4, values: { '/s': 1 } };
    });
    const { 'B to disk': bytesEach = sizeBytes / 4, ...others } = sample.values;
    assert.ok(bytesEach >= sizeBytes / 4, `${bytesEach} bytes an operation`);
    assert.deepEqual(others, { '/s': 1 });
    assert.equal(sample.operations, 4);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

it('leaves a round in memory as it is', async () => {
  const sample = { operations: 1, values: { '/s': 1 } };
  assert.deepEqual(await withBytesToDisk('/proc', () => sample), sample);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { makeSampleDisk, SAMPLE_FOLDER, sampleOptions, segmentPaths } from '@jitos/testkit/file-log-samples.ts';
import { assertSameBatches, readAll, sampleBatch } from '@jitos/testkit/log-samples.ts';
import * as fc from 'fast-check';
import { Failure } from '../../errors/failure.ts';
import type { Batch } from '../../ports/log.ts';
import { checkLog } from './check-log.ts';
import { openFileLog } from './file-log.ts';
import { readFileLog } from './read-only-log.ts';

const batches = Array.from({ length: 30 }, (_, i) => sampleBatch(i * 2, 2));

/** One thing that may happen to a file; places and values are fractions, so that they fit any file. */
interface Mutation {
  readonly kind: 'flip' | 'fill' | 'cut' | 'copy' | 'number';
  readonly file: number;
  readonly from: number;
  readonly to: number;
  readonly value: number;
}

const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const mutation: fc.Arbitrary<Mutation> = fc.record({
  kind: fc.constantFrom('flip', 'fill', 'cut', 'copy', 'number'),
  file: fraction,
  from: fraction,
  to: fraction,
  value: fc.oneof(fraction, fc.constantFrom(0, 0.9999999999)),
});

test('whatever happens to the files, a reader yields a prefix of what was written or fails with a code', async () => {
  const whole = await makeSampleDisk(batches);
  await fc.assert(
    fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 4 }), async (mutations) => {
      const disk = whole.clone();
      for (const one of mutations) mutate(disk, one);
      let damageCount = 0;
      const check = await checkLog({ disk, folder: SAMPLE_FOLDER, onDamage: () => damageCount++ });
      const readOnly = await unlessFailure(() => readFileLog({ disk, folder: SAMPLE_FOLDER }));
      assert.equal(readOnly === undefined, damageCount > 0);
      if (readOnly !== undefined) assertPrefix(await readAll(readOnly), check.length);
      const log = await unlessFailure(() => openFileLog(sampleOptions(disk)));
      assert.equal(log === undefined, damageCount > 0);
      if (log === undefined) return;
      assertPrefix(await readAll(log), check.length);
      await log.append(sampleBatch(log.length, 1));
      await log.close();
    }),
    { numRuns: 1000 },
  );
});

test('files that change under an open reader end in a code, never in wrong events', async () => {
  const whole = await makeSampleDisk(batches);
  await fc.assert(
    fc.asyncProperty(mutation, fc.integer({ min: 0, max: 59 }), async (one, fromIdx) => {
      const disk = whole.clone();
      const log = await readFileLog({ disk, folder: SAMPLE_FOLDER });
      mutate(disk, one);
      const read: Batch[] = [];
      await unlessFailure(async () => {
        for await (const batch of log.batches(fromIdx)) read.push(batch);
      });
      const first = Math.floor(fromIdx / 2);
      assertSameBatches(read, batches.slice(first, first + read.length));
    }),
    { numRuns: 300 },
  );
});

function assertPrefix(read: readonly Batch[], length: number): void {
  assert.equal(read.length * 2, length);
  assertSameBatches(read, batches.slice(0, read.length));
}

/** What `work` answers; undefined when it fails with a code. Anything else it throws fails the test. */
async function unlessFailure<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (fault) {
    if (fault instanceof Failure) return undefined;
    throw fault;
  }
}

function mutate(disk: MemoryDisk, { kind, file, from, to, value }: Mutation): void {
  const paths = segmentPaths(disk);
  const path = paths[Math.floor(file * paths.length)]!;
  const bytes = disk.bytes(path);
  const begin = Math.floor(from * bytes.length);
  const end = begin + Math.floor(to * to * (bytes.length - begin));
  if (begin === bytes.length) return;
  if (kind === 'flip') bytes[begin]! ^= 1 << Math.floor(value * 8);
  else if (kind === 'fill') bytes.fill(Math.floor(value * 256), begin, end);
  else if (kind === 'cut') disk.put(path, bytes.subarray(0, begin));
  else if (kind === 'copy') bytes.copy(bytes, Math.floor(value * bytes.length), begin, end);
  else if (bytes.length >= 4) bytes.writeUInt32LE(Math.floor(value * 2 ** 32), Math.min(begin, bytes.length - 4));
}

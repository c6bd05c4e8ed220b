/** Batches for tests of the log: small, deterministic, and told apart by their bytes. */
import assert from 'node:assert/strict';
import type { Batch, Log, StoredEvent } from '@jitos/daemon/ports/log.ts';
import type { Bytes, Digest } from '@jitos/kernel';

/** An event whose bytes follow from `seed`. */
export function sampleEvent(seed: number, headerSizeBytes: number, bodySizeBytes: number): StoredEvent {
  return { header: sampleBytes(seed, headerSizeBytes), body: sampleBytes(seed + 1, bodySizeBytes) };
}

/** A batch of `count` small events of different sizes. */
export function sampleBatch(firstIdx: number, count: number): Batch {
  const events = Array.from({ length: count }, (_, i) => {
    const idx = firstIdx + i;
    return sampleEvent(idx, 20 + (idx % 7), (idx * 37) % 151);
  });
  return makeBatch(firstIdx, events);
}

export function makeBatch(firstIdx: number, events: readonly StoredEvent[]): Batch {
  return { firstIdx, treeRootBefore: sampleRoot(firstIdx), events };
}

/** 32 bytes, all 256 values among different ones. */
export function sampleRoot(seed: number): Digest {
  return sampleBytes(seed * 31 + 5, 32) as Digest; // 32 bytes, which is all the brand says
}

/** Appends and waits, whichever way the log answers. */
export async function appendAndWait(log: Log, ...batches: readonly Batch[]): Promise<void> {
  for (const batch of batches) await log.append(batch);
}

export async function readAll(log: Pick<Log, 'batches'>, fromIdx = 0): Promise<Batch[]> {
  return collect(log.batches(fromIdx));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

export function assertSameBatches(actual: readonly Batch[], expected: readonly Batch[]): void {
  assert.deepEqual(actual.map(batchToPlain), expected.map(batchToPlain));
}

/** A batch as strings, which compare and print well. */
export function batchToPlain({ firstIdx, treeRootBefore, events }: Batch): object {
  return {
    firstIdx,
    treeRootBefore: toHex(treeRootBefore),
    events: events.map(({ header, body }) => `${toHex(header)} ${toHex(body)}`),
  };
}

export function toHex(bytes: Bytes | Uint8Array): string {
  return (typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : Buffer.from(bytes)).toString('hex');
}

function sampleBytes(seed: number, sizeBytes: number): Bytes {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let state = (seed * 2654435761 + 12345) >>> 0;
  for (let i = 0; i < sizeBytes; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    bytes[i] = state >>> 24;
  }
  return bytes.toString('latin1') as Bytes; // latin1 has one character a byte
}

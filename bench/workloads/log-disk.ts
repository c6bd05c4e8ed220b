/**
 * What a history takes of the disk, or, without a disk, the bytes of its events themselves. A round is one whole history.
 */
import { closeSync, openSync, readdirSync, readSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createWorld } from '@jitos/kernel';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { growHistory, smallCommands, type HistoryOptions } from '../ours/grow-history.ts';
import { createWorkspace, growCommands, mustDecide } from '../ours/grow-world.ts';
import type { OpenWorkload } from '../harness/workload.ts';

export interface LogDiskOptions {
  readonly nodeCount: number;
  readonly eventCount: number;
  readonly clientCount: number;
  /** The bytes of the world's folder, or those of its events, header and body. */
  readonly counts: 'folder' | 'events';
}

/** What `stat` counts in. */
const BLOCK_SIZE_BYTES = 512;
const CHUNK_SIZE_BYTES = 65_536;

interface Taken {
  /** Without the zeros at the ends of files: room that is written ahead, bounded however long the history is. */
  readonly usedBytes: number;
  readonly bytes: number;
}

export const open: OpenWorkload<LogDiskOptions> = ({ counts, ...shape }, dir) => {
  const options: HistoryOptions = { ...shape, checkpointsAt: [] };
  return {
    round: async () => {
      const { usedBytes, bytes } = await (counts === 'folder' ? takenByFolder(options, dir) : takenByEvents(options));
      return { operations: options.eventCount, values: { B: usedBytes / options.eventCount, MiB: bytes / 2 ** 20 } };
    },
  };
};

async function takenByFolder(options: HistoryOptions, dir: string): Promise<Taken> {
  const dataDir = join(dir, 'data');
  const { folder } = await growHistory(dataDir, options);
  const paths = readdirSync(folder)
    .filter((name) => !name.endsWith('.checkpoint'))
    .map((name) => join(folder, name));
  const sum = (valueOf: (path: string) => number): number => paths.reduce((total, path) => total + valueOf(path), 0);
  const taken = { usedBytes: sum(usedBytesOf), bytes: sum((path) => statSync(path).blocks * BLOCK_SIZE_BYTES) };
  rmSync(dataDir, { recursive: true });
  return taken;
}

/** Up to the last byte that is not zero. */
function usedBytesOf(path: string): number {
  const file = openSync(path, 'r');
  const chunk = Buffer.alloc(CHUNK_SIZE_BYTES);
  try {
    for (let end = statSync(path).size; end > 0;) {
      const start = Math.max(0, end - CHUNK_SIZE_BYTES);
      const bytes = chunk.subarray(0, readSync(file, chunk, 0, end - start, start));
      const last = bytes.findLastIndex((byte) => byte !== 0);
      if (last >= 0) return start + last + 1;
      end = start;
    }
    return 0;
  } finally {
    closeSync(file);
  }
}

/** The same commands decided alone: the same events, byte for byte. */
function takenByEvents(options: HistoryOptions): Taken {
  let { world, encoded } = createWorld({ quantumMs: 1000 }, sha256);
  let bytes = encoded.header.length + encoded.body.length;
  const commandAt = smallCommands(options);
  const growing = [...growCommands(options.nodeCount), createWorkspace];
  for (let idx = 1; idx < options.eventCount; idx++) {
    const command = growing.shift() ?? commandAt(idx);
    ({ world, encoded } = mustDecide(world, command));
    bytes += encoded.header.length + encoded.body.length;
  }
  return { usedBytes: bytes, bytes };
}

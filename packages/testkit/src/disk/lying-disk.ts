/**
 * A disk that lies: it says that all went well, and did something else. What `faulty-disk.ts` makes fail aloud, this
 * one does in silence. A plan sees every write and sync and answers with the lie that takes its place.
 */
import type { Disk, DiskFile } from '@jitos/daemon/ports/disk.ts';

export type Lie =
  /** A sync or a durable write that only reaches the cache: a power cut may take it. */
  | { readonly kind: 'unsynced' }
  /** A write of which only the first bytes are put down. */
  | { readonly kind: 'short'; readonly sizeBytes: number }
  /** A write that is put down elsewhere in the file, and not where it belongs. */
  | { readonly kind: 'misdirected'; readonly offset: number }
  /** A write that is put down where it belongs, and once more elsewhere. */
  | { readonly kind: 'repeated'; readonly offset: number }
  /** A write with one bit changed. */
  | { readonly kind: 'flipped'; readonly bit: number };

export interface TrustedOperation {
  readonly verb: 'write' | 'sync';
  readonly path: string;
  readonly offset: number;
  /** What a write is to put down; nothing where it is a sync. The caller may change them afterwards. */
  readonly bytes: Uint8Array;
  readonly isDurable: boolean;
}

export type LiePlan = (operation: TrustedOperation) => Lie | undefined;

/** Wraps `disk`; `plan` may change its mind at any time. */
export function lyingDisk(disk: Disk, plan: LiePlan): Disk {
  return {
    open: (path, mode) => {
      if (mode !== 'durable') return lyingFile({ told: disk.open(path, mode), cached: undefined, path, plan });
      return lyingFile({ told: disk.open(path, mode), cached: disk.open(path, 'write'), path, plan });
    },
    list: (folder) => disk.list(folder),
    makeFolder: (folder) => disk.makeFolder(folder),
    checkWritable: (folder) => disk.checkWritable(folder),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncFolder: (folder) => disk.syncFolder(folder),
    lock: (path) => disk.lock(path),
  };
}

const NOTHING = new Uint8Array(0);

interface Parts {
  /** The file as it was asked for. */
  readonly told: DiskFile;
  /** The same file, its writes not durable; where it was asked for as durable. */
  readonly cached: DiskFile | undefined;
  readonly path: string;
  readonly plan: LiePlan;
}

function lyingFile({ told, cached, path, plan }: Parts): DiskFile {
  const isDurable = cached !== undefined;
  const writeSync = (bytes: Uint8Array, sizeBytes: number, offset: number): void => {
    const lie = plan({ verb: 'write', path, offset, bytes: bytes.subarray(0, sizeBytes), isDurable });
    switch (lie?.kind) {
      case undefined:
        return told.writeSync(bytes, sizeBytes, offset);
      case 'unsynced':
        return (cached ?? told).writeSync(bytes, sizeBytes, offset);
      case 'short':
        return told.writeSync(bytes, Math.min(lie.sizeBytes, sizeBytes), offset);
      case 'misdirected':
        return told.writeSync(bytes, sizeBytes, lie.offset);
      case 'repeated':
        told.writeSync(bytes, sizeBytes, offset);
        return told.writeSync(bytes, sizeBytes, lie.offset);
      case 'flipped':
        return told.writeSync(withFlip(bytes.subarray(0, sizeBytes), lie.bit), sizeBytes, offset);
    }
  };
  return {
    sizeBytes: () => told.sizeBytes(),
    read: (into, offset) => told.read(into, offset),
    readSync: (into, offset) => told.readSync(into, offset),
    write: async (bytes, sizeBytes, offset) => {
      await Promise.resolve();
      writeSync(bytes, sizeBytes, offset);
    },
    writeSync,
    sync: async () => {
      const lie = plan({ verb: 'sync', path, offset: 0, bytes: NOTHING, isDurable });
      if (lie?.kind !== 'unsynced') await told.sync();
    },
    truncate: (sizeBytes) => told.truncate(sizeBytes),
    close: () => {
      told.close();
      cached?.close();
    },
  };
}

function withFlip(bytes: Uint8Array, bit: number): Uint8Array {
  const flipped = Uint8Array.from(bytes);
  const at = (bit >> 3) % Math.max(1, flipped.length);
  flipped[at] = (flipped[at] ?? 0) ^ (1 << (bit & 7));
  return flipped;
}

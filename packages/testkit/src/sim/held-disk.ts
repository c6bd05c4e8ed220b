/**
 * The disk as one simulated process sees it: what it asks for without waiting stays on the agenda until the simulation
 * takes it, and once the process is dead nothing that it asked for gets there.
 */
import type { Disk, DiskFile } from '@jitos/daemon/ports/disk.ts';
import { diskFault } from '../disk/disk-fault.ts';
import type { MemoryDisk } from '../disk/memory-disk.ts';
import type { Dice } from '../world/dice.ts';
import type { Agenda } from './agenda.ts';

const SECTOR_SIZE_BYTES = 512;

export interface DiskHold {
  readonly agenda: Agenda;
  /** While true operations go through at once: for the laws, which look at what is there. */
  isOpen: boolean;
  isDead: boolean;
}

/** Wraps `disk`, which leads to `memory` in the end. */
export function heldDisk(disk: Disk, memory: MemoryDisk, hold: DiskHold): Disk {
  const guard = <Result>(operation: () => Result): Result => {
    if (hold.isDead) throw diskFault('EIO', 'the process is dead');
    return operation();
  };
  return {
    open: (path, mode) => guard(() => heldFile(disk.open(path, mode), path, memory, hold)),
    list: (folder) => guard(() => disk.list(folder)),
    makeFolder: (path) => guard(() => disk.makeFolder(path)),
    checkWritable: (folder) => guard(() => disk.checkWritable(folder)),
    rename: (from, to) => guard(() => disk.rename(from, to)),
    remove: (path) => guard(() => disk.remove(path)),
    syncFolder: (path) => guard(() => disk.syncFolder(path)),
    lock: (path) => {
      const lock = guard(() => disk.lock(path));
      // A process that died has let go of it already, and another may hold it by now.
      return { release: () => (hold.isDead ? undefined : lock.release()) };
    },
  };
}

function heldFile(file: DiskFile, path: string, memory: MemoryDisk, hold: DiskHold): DiskFile {
  const later = async <Result>(
    label: string,
    operation: () => Promise<Result>,
    interrupt?: (dice: Dice) => void,
  ): Promise<Result> => {
    if (!hold.isOpen) {
      await new Promise<void>((resolve) => {
        const task = { label: `${label} ${path}`, isSlow: true, run: resolve };
        hold.agenda.add(interrupt === undefined ? task : { ...task, interrupt });
      });
    }
    if (hold.isDead) throw diskFault('EIO', 'the process is dead');
    return await operation();
  };
  const mustLive = (): void => {
    if (hold.isDead) throw diskFault('EIO', 'the process is dead');
  };
  return {
    sizeBytes: () => file.sizeBytes(),
    read: (into, offset) => later('read', () => file.read(into, offset)),
    readSync: (into, offset) => {
      mustLive();
      return file.readSync(into, offset);
    },
    write: (bytes, sizeBytes, offset) =>
      later(
        `write ${sizeBytes}@${offset}`,
        () => file.write(bytes, sizeBytes, offset),
        (dice) => writeInPart(memory, path, { bytes, sizeBytes, offset }, dice),
      ),
    writeSync: (bytes, sizeBytes, offset) => {
      mustLive();
      file.writeSync(bytes, sizeBytes, offset);
    },
    sync: () => later('sync', () => file.sync()),
    truncate: (sizeBytes) => {
      mustLive();
      file.truncate(sizeBytes);
    },
    close: () => file.close(),
  };
}

interface PendingWrite {
  readonly bytes: Uint8Array;
  readonly sizeBytes: number;
  readonly offset: number;
}

/** A write that was under way leaves its first sectors in the system's cache, all of them or none. */
function writeInPart(memory: MemoryDisk, path: string, write: PendingWrite, dice: Dice): void {
  const sectors = Math.ceil(write.sizeBytes / SECTOR_SIZE_BYTES);
  const written = Math.min(write.sizeBytes, dice.below(sectors + 1) * SECTOR_SIZE_BYTES);
  if (written === 0 || dice.below(3) === 0) return;
  try {
    memory.open(path, 'write').writeSync(write.bytes, written, write.offset);
  } catch {
    // The file has another name by now, the disk is full, or the power is off: then nothing of it is there.
  }
}

/**
 * A disk that fails when a plan says so, over any other disk. Failpoints for tests: the plan sees every operation
 * before it happens and answers with the fault that takes its place.
 */
import type { Disk, DiskFile, OpenMode } from '@jitos/daemon/ports/disk.ts';
import { diskFault } from './disk-fault.ts';

export interface DiskOperation {
  readonly verb: 'open' | 'read' | 'write' | 'sync' | 'truncate' | 'rename' | 'remove' | 'syncFolder' | 'makeFolder';
  readonly path: string;
  /** How the file was opened; for operations on files. */
  readonly mode?: OpenMode;
  readonly offset?: number;
  readonly sizeBytes?: number;
}

export interface DiskFault {
  /** Name of an errno. */
  readonly code: string;
  /** What a failing write puts down before it fails; nothing unless given. */
  readonly writtenBytes?: number;
}

export type FaultPlan = (operation: DiskOperation) => DiskFault | undefined;

/** Wraps `disk`; `plan` may change its mind at any time. */
export function faultyDisk(disk: Disk, plan: FaultPlan): Disk {
  const check = (operation: DiskOperation): void => {
    const fault = plan(operation);
    if (fault !== undefined) throw diskFault(fault.code, `${operation.verb} ${operation.path}`);
  };
  return {
    open: (path, mode) => {
      check({ verb: 'open', path, mode });
      return faultyFile(disk.open(path, mode), path, mode, plan, check);
    },
    list: (folder) => disk.list(folder),
    makeFolder: (path) => {
      check({ verb: 'makeFolder', path });
      disk.makeFolder(path);
    },
    checkWritable: (folder) => disk.checkWritable(folder),
    rename: (from, to) => {
      check({ verb: 'rename', path: from });
      disk.rename(from, to);
    },
    remove: (path) => {
      check({ verb: 'remove', path });
      disk.remove(path);
    },
    syncFolder: (path) => {
      check({ verb: 'syncFolder', path });
      disk.syncFolder(path);
    },
    lock: (path) => disk.lock(path),
  };
}

function faultyFile(
  file: DiskFile,
  path: string,
  mode: OpenMode,
  plan: FaultPlan,
  check: (operation: DiskOperation) => void,
): DiskFile {
  const failWrite = (bytes: Uint8Array, sizeBytes: number, offset: number): void => {
    const fault = plan({ verb: 'write', path, mode, offset, sizeBytes });
    if (fault === undefined) return;
    const { code, writtenBytes = 0 } = fault;
    if (writtenBytes > 0) file.writeSync(bytes, Math.min(writtenBytes, sizeBytes), offset);
    throw diskFault(code, `write ${path}`);
  };
  return {
    sizeBytes: () => file.sizeBytes(),
    read: async (into, offset) => {
      check({ verb: 'read', path, mode, offset, sizeBytes: into.length });
      return file.read(into, offset);
    },
    readSync: (into, offset) => {
      check({ verb: 'read', path, mode, offset, sizeBytes: into.length });
      return file.readSync(into, offset);
    },
    write: async (bytes, sizeBytes, offset) => {
      failWrite(bytes, sizeBytes, offset);
      return file.write(bytes, sizeBytes, offset);
    },
    writeSync: (bytes, sizeBytes, offset) => {
      failWrite(bytes, sizeBytes, offset);
      file.writeSync(bytes, sizeBytes, offset);
    },
    sync: async () => {
      check({ verb: 'sync', path, mode });
      return file.sync();
    },
    truncate: (sizeBytes) => {
      check({ verb: 'truncate', path, mode, sizeBytes });
      file.truncate(sizeBytes);
    },
    close: () => file.close(),
  };
}

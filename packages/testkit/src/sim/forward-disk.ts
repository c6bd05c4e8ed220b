/** A disk, or a file, that passes everything on: what a wrapper that changes one verb is built on. */
import type { Disk, DiskFile, OpenMode } from '@jitos/daemon/ports/disk.ts';

/** Wraps `disk`; `change` says which verbs of a file that was opened are others. */
export function forwardDisk(
  disk: Disk,
  change: (file: DiskFile, path: string, mode: OpenMode) => Partial<DiskFile> = () => ({}),
): Disk {
  return {
    open: (path, mode) => {
      const file = disk.open(path, mode);
      return { ...forwardFile(file), ...change(file, path, mode) };
    },
    list: (folder) => disk.list(folder),
    makeFolder: (path) => disk.makeFolder(path),
    checkWritable: (folder) => disk.checkWritable(folder),
    rename: (from, to) => disk.rename(from, to),
    remove: (path) => disk.remove(path),
    syncFolder: (path) => disk.syncFolder(path),
    lock: (path) => disk.lock(path),
  };
}

function forwardFile(file: DiskFile): DiskFile {
  return {
    sizeBytes: () => file.sizeBytes(),
    read: (into, offset) => file.read(into, offset),
    readSync: (into, offset) => file.readSync(into, offset),
    write: (bytes, sizeBytes, offset) => file.write(bytes, sizeBytes, offset),
    writeSync: (bytes, sizeBytes, offset) => file.writeSync(bytes, sizeBytes, offset),
    sync: () => file.sync(),
    truncate: (sizeBytes) => file.truncate(sizeBytes),
    close: () => file.close(),
  };
}

import { join } from 'node:path';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import type { LogHome } from '@jitos/testkit/log-contract.ts';
import { logContract } from '@jitos/testkit/log-contract.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { FileLogOptions } from './file-log.ts';
import { createFileLog, openFileLog } from './file-log.ts';
import { nodeDisk } from './node-disk.ts';

const worldId = Uint8Array.from({ length: 16 }, (_, i) => i);
const tinySegments = { sizeBytes: 4096, growthBytesMin: 512, growthBytesMax: 2048 };

/** Creates the log at the first `open`, opens it from then on. */
function makeHome(options: FileLogOptions, dispose: () => void): LogHome {
  let isMade = false;
  return {
    open: async () => {
      if (isMade) return openFileLog(options);
      isMade = true;
      return createFileLog({ ...options, worldId });
    },
    dispose: async () => dispose(),
  };
}

function contractOnFolder(name: string, options: Omit<FileLogOptions, 'folder'>): void {
  logContract(name, async () => {
    const temp = makeTempFolder();
    return makeHome({ ...options, folder: join(temp.path, 'world') }, () => temp.remove());
  });
}

contractOnFolder('the file log', { disk: nodeDisk(), sync: 'adaptive' });
contractOnFolder('the file log (inline, tiny segments)', { disk: nodeDisk(), sync: 'inline', geometry: tinySegments });
contractOnFolder('the file log (async, tiny segments)', { disk: nodeDisk(), sync: 'async', geometry: tinySegments });
contractOnFolder('the file log (fdatasync)', { disk: nodeDisk('fdatasync'), sync: 'inline' });
logContract('the file log on a disk in memory', async () =>
  makeHome({ folder: '/world', disk: new MemoryDisk(), sync: 'async', geometry: tinySegments }, () => undefined),
);

/** What this process keeps on its heap, garbage apart. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // what the flag exposes

export function heapUsedBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

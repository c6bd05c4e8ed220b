/** What this process keeps on its heap, garbage apart. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void; // what the flag exposes

/** One collection leaves what only weak references and the age of compiled code still hold: it takes several. */
const COLLECTIONS_MAX = 20;

export function heapUsedBytes(): number {
  let usedBytes = Infinity;
  for (let i = 0; i < COLLECTIONS_MAX; i++) {
    const before = usedBytes;
    collectGarbage();
    usedBytes = process.memoryUsage().heapUsed;
    if (usedBytes >= before) break;
  }
  return usedBytes;
}

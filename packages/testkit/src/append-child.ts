/**
 * A process that appends to a log and acknowledges on standard output, for tests that watch or kill it.
 *
 *     node append-child.ts <folder> <inline|async> <o-dsync|fdatasync> <count>
 *
 * Opens the log, appends `count` batches of one event (−1: until it is killed), and writes `ack <idx>` after each.
 */
import { writeSync } from 'node:fs';
import { openFileLog } from '@jitos/daemon/logs/file/file-log.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { sampleBatch } from './log-samples.ts';

const [folder = '', sync = '', durableBy = '', count = ''] = process.argv.slice(2);
const log = await openFileLog({
  folder,
  disk: nodeDisk(durableBy === 'fdatasync' ? 'fdatasync' : 'o-dsync'),
  sync: sync === 'inline' ? 'inline' : 'async',
});
for (let left = Number(count); left !== 0; left--) {
  const idx = log.length;
  await log.append(sampleBatch(idx, 1));
  writeSync(1, `ack ${idx}\n`);
}
await log.close();

/** The daemon as it is started by hand. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startServer, type RunningServer } from '../harness/server-process.ts';
import type { OpenServer } from '../workloads/graphql-load.ts';
import { growHistory } from './grow-history.ts';

export const NODE_COUNT = 10_000;

/** The daemon on a data folder whose world `main` has ten thousand nodes. */
export const openServer: OpenServer = async (dir) => {
  const dataDir = join(dir, 'data');
  await growHistory(dataDir, { nodeCount: NODE_COUNT, eventCount: 0, checkpointsAt: [] });
  return await startJitosd(dataDir);
};

/** The daemon on a data folder that is there. */
export async function startJitosd(dataDir: string): Promise<RunningServer> {
  const daemonFile = join(dataDir, 'daemon.json');
  return await startServer({
    script: fileURLToPath(import.meta.resolve('@jitos/daemon/main.ts')),
    args: ['--no-import', '--port', '0', '--auth', 'none', '--data-dir', dataDir],
    // It tells people that it serves after it has told programs where.
    addressIn: () => (existsSync(daemonFile) ? addressFrom(daemonFile) : undefined),
  });
}

function addressFrom(daemonFile: string): string {
  return (JSON.parse(readFileSync(daemonFile, 'utf8')) as { readonly address: string }).address; // the daemon wrote it
}

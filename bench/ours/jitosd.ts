/** The daemon as it is started by hand, on a data folder whose world `main` has ten thousand nodes. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Host, MAIN_WORLD } from '@jitos/daemon/engine/host.ts';
import { startServer } from '../harness/server-process.ts';
import type { OpenServer } from '../workloads/graphql-load.ts';
import { growCommands } from './grow-world.ts';

export const NODE_COUNT = 10_000;

export const openServer: OpenServer = async (dir) => {
  const dataDir = join(dir, 'data');
  await fillMainWorld(dataDir);
  const daemonFile = join(dataDir, 'daemon.json');
  return await startServer({
    script: fileURLToPath(import.meta.resolve('@jitos/daemon/main.ts')),
    args: ['--no-import', '--port', '0', '--data-dir', dataDir],
    // It tells people that it serves after it has told programs where.
    addressIn: () => (existsSync(daemonFile) ? addressFrom(daemonFile) : undefined),
  });
};

function addressFrom(daemonFile: string): string {
  return (JSON.parse(readFileSync(daemonFile, 'utf8')) as { readonly address: string }).address; // the daemon wrote it
}

async function fillMainWorld(dataDir: string): Promise<void> {
  const host = await Host.open({ dataDir });
  for (const command of growCommands(NODE_COUNT)) await host.mustGetWorld(MAIN_WORLD).loop.submit(command);
  await host.close();
}

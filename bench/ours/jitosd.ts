/** The daemon as it is started by hand, on a data folder whose world `main` has ten thousand nodes. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Host, MAIN_WORLD } from '@jitos/daemon/engine/host.ts';
import type { OpenServer } from '../workloads/graphql-load.ts';
import { growCommands } from './grow-world.ts';

const NODE_COUNT = 10_000;

export const openServer: OpenServer = async (dir) => {
  const dataDir = join(dir, 'data');
  await fillMainWorld(dataDir);
  const script = fileURLToPath(import.meta.resolve('@jitos/daemon/main.ts'));
  const args = ['--no-import', '--port', '0', '--data-dir', dataDir];
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  process.once('exit', () => child.kill());
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const daemonFile = join(dataDir, 'daemon.json');
  await new Promise<void>((resolve, reject) => {
    // It tells the person who started it that it serves once it has told the programs that look for it.
    child.stdout.on('data', () => existsSync(daemonFile) && resolve());
    void ended.then((status) => reject(new Error(`jitosd ended with ${status}: ${told}`)));
  });
  const { address } = JSON.parse(readFileSync(daemonFile, 'utf8')) as { readonly address: string }; // the daemon wrote it
  return {
    url: new URL('/graphql', address),
    pid: child.pid ?? 0,
    close: async () => {
      child.kill();
      await ended;
    },
  };
};

async function fillMainWorld(dataDir: string): Promise<void> {
  const host = await Host.open({ dataDir });
  for (const command of growCommands(NODE_COUNT)) await host.mustGetWorld(MAIN_WORLD).loop.submit(command);
  await host.close();
}

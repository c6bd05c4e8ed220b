/** Starts the bare GraphQL probe in a process of its own. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { OpenServer } from '../workloads/graphql-load.ts';

/** The channel between them closes with this process, however it ends, and the server with the channel. */
export const openServer: OpenServer = async () => {
  const script = fileURLToPath(new URL('./mercurius-bare.ts', import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout?.once('data', (line: Buffer) => resolve(line.toString().trim()));
    child.once('exit', (status) => reject(new Error(`the server ended with ${status}`)));
  });
  return { url: new URL('/graphql', address), pid: child.pid ?? 0, close: () => void child.kill() };
};

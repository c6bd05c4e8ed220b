/** Starts the bare GraphQL probe in a process of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { OpenServer } from '../workloads/graphql-load.ts';

export const openServer: OpenServer = async () => {
  const script = fileURLToPath(new URL('./mercurius-bare.ts', import.meta.url));
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [script], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  process.once('exit', () => child.kill());
  const [line] = await once(child.stdout, 'data');
  return { url: new URL('/graphql', String(line).trim()), pid: child.pid ?? 0, close: () => void child.kill() };
};

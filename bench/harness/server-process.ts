/**
 * Servers that an entrant measures from its own process: each is a process, started here and gone before the entrant
 * is, or it would still write to folders that are being removed.
 */
import { spawn } from 'node:child_process';

export interface RunningServer {
  /** Where it takes GraphQL requests. */
  readonly url: URL;
  readonly pid: number;
  /** Resolves once the process is gone. */
  close(): Promise<void>;
}

const running = new Set<() => Promise<void>>();

export interface ServerProcess {
  readonly script: string;
  readonly args: readonly string[];
  /** Asked whenever the server has said something, with all it has said: its address, once it serves. */
  readonly addressIn: (said: string) => string | undefined;
}

/** Starts a server as in production, and waits until it serves. Rejects with what it said on stderr if it ends instead. */
export async function startServer({ script, args, addressIn }: ServerProcess): Promise<RunningServer> {
  const env = { ...process.env, NODE_ENV: 'production' };
  const child = spawn(process.execPath, [script, ...args], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const close = async (): Promise<void> => {
    child.kill();
    await ended;
    running.delete(close);
  };
  running.add(close);
  let said = '';
  let complaint = '';
  child.stderr.on('data', (chunk: Buffer) => (complaint += chunk.toString()));
  const address = await new Promise<string>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      said += chunk.toString();
      const found = addressIn(said);
      if (found !== undefined) resolve(found);
    });
    void ended.then((status) => reject(new Error(`${script} ended with ${status}: ${complaint}`)));
  });
  return { url: new URL('/graphql', address), pid: child.pid ?? 0, close };
}

/** Ends every server that still runs. */
export async function stopServers(): Promise<void> {
  await Promise.all(Array.from(running, (close) => close()));
}

/**
 * Servers that an entrant measures from its own process: each is a process, started here and gone before the entrant
 * is, or it would still write to folders that are being removed.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';

export interface RunningProgram {
  readonly pid: number;
  /** Resolves once the process is gone. */
  close(): Promise<void>;
}

export interface RunningServer extends RunningProgram {
  /** Where it takes GraphQL requests. */
  readonly url: URL;
}

const running = new Map<ChildProcess, RunningProgram>();
// An entrant that dies of an error takes its servers along, though not gently.
process.once('exit', () => {
  for (const child of running.keys()) child.kill('SIGKILL');
});

export interface Program {
  readonly command: string;
  readonly args: readonly string[];
  /** The user to run it as; the own one by default. */
  readonly user?: { readonly uid: number; readonly gid: number };
  /** The signal that ends it at once; SIGTERM by default. */
  readonly endSignal?: NodeJS.Signals;
  /** Asked whenever the program has said something, with all it has said: whether it is ready. */
  readonly isReady: (stdout: string, stderr: string) => boolean;
}

/** Starts a program and waits until it is ready. Rejects with what it said on stderr if it ends instead. */
export async function startProgram(program: Program): Promise<RunningProgram> {
  const { command, args, user = {}, endSignal = 'SIGTERM', isReady } = program;
  const env = { ...process.env, NODE_ENV: 'production' };
  // In a group of its own: what a terminal sends to all reaches the bench, which ends its servers in order.
  const child = spawn(command, args, { ...user, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<string>((resolve) => {
    child.once('exit', (status, signal) => resolve(`${command} ended with ${signal ?? status}`));
    child.once('error', (error) => resolve(error.message));
  });
  const close = async (): Promise<void> => {
    child.kill(endSignal);
    await ended;
    running.delete(child);
  };
  const started = { pid: child.pid ?? 0, close };
  running.set(child, started);
  let stdout = '';
  let stderr = '';
  await new Promise<void>((resolve, reject) => {
    const look = (): void => {
      if (isReady(stdout, stderr)) resolve();
    };
    child.stdout.on('data', (chunk: Buffer) => ((stdout += chunk.toString()), look()));
    child.stderr.on('data', (chunk: Buffer) => ((stderr += chunk.toString()), look()));
    void ended.then((how) => (running.delete(child), reject(new Error(`${how}: ${stderr}`))));
  });
  return started;
}

export interface ServerProcess {
  readonly script: string;
  readonly args: readonly string[];
  /** Asked whenever the server has said something, with all it has said: its address, once it serves. */
  readonly addressIn: (said: string) => string | undefined;
}

/** Starts a server of ours as in production, and waits until it serves. Rejects as `startProgram` does. */
export async function startServer({ script, args, addressIn }: ServerProcess): Promise<RunningServer> {
  let address = '';
  const program = await startProgram({
    command: process.execPath,
    args: [script, ...args],
    isReady: (said) => (address = addressIn(said) ?? '') !== '',
  });
  return { ...program, url: new URL('/graphql', address) };
}

/** Ends every server that still runs. */
export async function stopServers(): Promise<void> {
  await Promise.all(Array.from(running.values(), (program) => program.close()));
}

/** A port of the loopback that nobody listens on, for servers that can't choose one themselves. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // it listens on a port, not on a path
  server.close();
  await once(server, 'close');
  return port;
}

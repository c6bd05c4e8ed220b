/** Runs `jitosctl` in this process, its streams caught: as good as the program, and much faster to start. */
import { Readable, Writable } from 'node:stream';
import { runProgram } from '@jitos/daemon/cli/program.ts';
import type { Sheet } from '@jitos/daemon/cli/terminal/paper.ts';
import { STILL } from './start-program.ts';
import { Progress } from '@jitos/daemon/cli/terminal/progress.ts';

export interface CtlRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CtlSurroundings {
  readonly workingDir: string;
  readonly environment?: NodeJS.ProcessEnv;
  /** What is piped in; absent: standard input is a terminal. */
  readonly input?: string;
  /** Whether standard output and error are a terminal; else they are pipes. */
  readonly isTerminal?: boolean;
  /** Whether that takes colours. */
  readonly hasColor?: boolean;
  /** Aborted by an interrupt. */
  readonly stopSignal?: AbortSignal;
}

export async function runCtl(args: readonly string[], surroundings: CtlSurroundings): Promise<CtlRun> {
  const { workingDir, environment = {}, input, isTerminal = false, hasColor = false, stopSignal } = surroundings;
  const caught = { stdout: '', stderr: '' };
  const sheet = (name: keyof typeof caught): Sheet => ({
    write: (text) => void (caught[name] += text),
    paper: { isTerminal, hasColor },
    screen: () => ({ width: 100, height: 24 }),
  });
  const errors = sheet('stderr');
  const status = await runProgram({
    args,
    environment: { ...STILL, ...environment },
    workingDir,
    version: '0.0.0-test',
    stopSignal: () => stopSignal ?? new AbortController().signal,
    output: sheet('stdout'),
    errors,
    progress: new Progress({ write: errors.write, isTerminal: false, width: () => 80, nowMs: () => performance.now() }),
    readInput: () => Promise.resolve(input),
    streams: () => ({
      input: Readable.from(input === undefined ? [] : [Buffer.from(input)]),
      output: new Writable({
        write: (chunk: Buffer, _, done) => {
          caught.stdout += chunk.toString('utf8');
          done();
        },
      }),
    }),
  });
  return { status, ...caught };
}

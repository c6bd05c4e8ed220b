/** `jitosctl`: the process around `runProgram`. */
import { text } from 'node:stream/consumers';
import { Failure } from '../errors/failure.ts';
import { runProgram } from './program.ts';
import { paperOf, type Sheet } from './terminal/paper.ts';
import { progressOn } from './terminal/progress.ts';
import { quietWhenClosed } from './terminal/streams.ts';
import { VERSION } from '../servers/version.ts';

const STOP_SIGNALS = ['SIGINT', 'SIGTERM'] as const;

function sheetOn(stream: NodeJS.WriteStream): Sheet {
  quietWhenClosed(stream);
  return {
    write: (piece) => void stream.write(piece),
    paper: paperOf(stream, process.env),
    screen: () => ({ width: stream.columns || 100, height: stream.rows || 24 }),
  };
}

async function readInput(): Promise<string | undefined> {
  return process.stdin.isTTY ? undefined : await text(process.stdin);
}

/** Turns the signals that end a process into one that a command can wait for. */
class Interruption {
  readonly #abort = new AbortController();
  #signal: NodeJS.Signals | undefined;

  readonly stopSignal = (): AbortSignal => {
    for (const signal of STOP_SIGNALS)
      if (process.listenerCount(signal, this.#stop) === 0) process.on(signal, this.#stop);
    return this.#abort.signal;
  };

  readonly #stop = (signal: NodeJS.Signals): void => {
    this.#signal = signal;
    this.#abort.abort(new Failure('SHUTTING_DOWN', '', `stopped by ${signal}`));
  };

  /** Whoever interrupted the command sees that it ended by that. */
  endProcess(): void {
    for (const signal of STOP_SIGNALS) process.off(signal, this.#stop);
    if (this.#signal !== undefined) process.kill(process.pid, this.#signal);
  }
}

async function main(): Promise<void> {
  const interruption = new Interruption();
  process.exitCode = await runProgram({
    args: process.argv.slice(2),
    environment: process.env,
    workingDir: process.cwd(),
    version: VERSION,
    stopSignal: interruption.stopSignal,
    output: sheetOn(process.stdout),
    errors: sheetOn(process.stderr),
    progress: progressOn(process.stderr),
    readInput,
    streams: () => ({ input: process.stdin, output: process.stdout }),
  });
  interruption.endProcess();
}

await main();

/**
 * A `git fast-import` process fed from a test, with backpressure, so that a history of any length costs little memory.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { gitEnvironment } from './git-command.ts';

/** What is gathered before it is handed to git. */
const BLOCK_SIZE_MAX = 1 << 16;

export interface FastImport {
  /** Appends commands, one byte a character; settles when git has room for more. */
  write(commands: string): Promise<void> | undefined;
  /** Ends the input and waits for git; rejects when git refused a command. */
  end(): Promise<void>;
}

/** Starts an import into the repository at `path`. Dates are taken as written, odd time zones included. */
export function startFastImport(path: string): FastImport {
  const args = ['-c', 'core.compression=1', 'fast-import', '--quiet', '--date-format=raw-permissive'];
  const child = spawn('git', args, { cwd: path, env: gitEnvironment(), stdio: ['pipe', 'ignore', 'pipe'] });
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve));
  let complaint = '';
  child.stderr.setEncoding('latin1').on('data', (text: string) => (complaint += text));
  // A refusal closes the pipe under us; the exit status tells the story.
  child.stdin.on('error', () => undefined);

  let block = '';
  const flush = (): Promise<void> | undefined => {
    const text = block;
    block = '';
    if (child.stdin.write(text, 'latin1') || child.exitCode !== null) return undefined;
    return Promise.race([once(child.stdin, 'drain'), closed]).then(() => undefined);
  };
  return {
    write(commands) {
      block += commands;
      return block.length < BLOCK_SIZE_MAX ? undefined : flush();
    },
    async end() {
      await flush();
      child.stdin.end();
      const status = await closed;
      if (status !== 0) throw new Error(`git fast-import ended with ${status}: ${complaint}`);
    },
  };
}

/** A `data` command. */
export function dataCommand(text: string): string {
  return `data ${text.length}\n${text}\n`;
}

/** A path as fast-import reads it whatever bytes it holds: quoted, the odd bytes in octal. */
export function quotePath(path: string): string {
  const escape = (byte: string): string => `\\${byte.charCodeAt(0).toString(8).padStart(3, '0')}`;
  return `"${path.replace(/[^A-Za-z0-9_./-]/gs, escape)}"`;
}

/**
 * What a command of `jitosctl` is: from its context it makes an answer, as data. Printing it, and turning a failure into
 * an exit status, is the program's business (`program.ts`).
 */
import type { Command } from 'commander';
import type { Readable, Writable } from 'node:stream';
import { parseCount, WORLD_DEFAULT, type GlobalFlags } from './flags.ts';
import type { Session } from './session.ts';
import type { Paper, ScreenSize } from './terminal/paper.ts';
import type { Progress } from './terminal/progress.ts';
import type { TypedPlaces } from './typed-places.ts';

/** What a command works with. */
export interface Context {
  readonly flags: GlobalFlags;
  readonly environment: NodeJS.ProcessEnv;
  /** Where relative paths count from. */
  readonly workingDir: string;
  /** From its first call on, an interrupt aborts the signal instead of ending the process; the reason is a `Failure`. */
  readonly stopSignal: () => AbortSignal;
  readonly progress: Progress;
  /** Of the terminal that the answer is printed on, in columns and rows. */
  readonly screen: () => ScreenSize;
  /** Prints a part of the answer as soon as it is there. */
  readonly print: (part: Pick<Answer, 'json' | 'text'>) => void;
  /** All of standard input; undefined when that is a terminal. */
  readonly readInput: () => Promise<string | undefined>;
  /** Standard input and output as they are, for what is no answer of one command. */
  readonly streams: () => Streams;
  /** Opens a session on first call; it is closed after the command. */
  readonly session: (need?: SessionNeed) => Promise<Session>;
}

export interface Streams {
  readonly input: Readable;
  readonly output: Writable;
}

export interface SessionNeed {
  /** The command may begin with nothing: a data folder is made where there is none. */
  readonly mayMakeFolder: true;
}

export interface Answer {
  /** Printed with `--json`; undefined where all was printed before. */
  readonly json: unknown;
  /** Printed without; the last newline included. */
  readonly text: (paper: Paper) => string;
  /** 0, or 1 for a check that failed or a collapse that was aborted. */
  readonly status: 0 | 1;
}

/** Runs the work of the command that was chosen. */
export type Run = (command: Command, work: (context: Context) => Promise<Answer>) => Promise<void>;

/** The end of a command's help. */
export function examples(...lines: readonly string[]): string {
  return `\nExample${lines.length > 1 ? 's' : ''}:\n${lines.map((line) => `  npx jitosctl ${line}`).join('\n')}`;
}

/** The world that a command is about. */
export function worldOf({ world }: GlobalFlags): string {
  return world ?? WORLD_DEFAULT;
}

/** As commander leaves them. */
export interface PageFlags {
  readonly first?: string | undefined;
  readonly after?: string | undefined;
}

export function addPageFlags(command: Command, cursor: string): Command {
  return command
    .option('--first <count>', 'at most so many, up to 1000; else 200')
    .option('--after <cursor>', `go on behind this one: ${cursor}`);
}

/** Places of the page that these flags ask for. */
export const PAGE_PLACES: TypedPlaces = { 'page.first': '--first', 'page.after': '--after' };

/** `PageInput`, without what wasn't given; `flag` is the one that holds the count. Throws `USAGE`. */
export function readPage({ first, after }: PageFlags, flag = '--first'): Readonly<Record<string, unknown>> {
  return {
    ...(first === undefined ? {} : { first: parseCount(flag, first) }),
    ...(after === undefined ? {} : { after }),
  };
}

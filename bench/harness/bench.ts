/** What a file of `bench/benches` exports as `bench`, and what it gets to work with. */
import type { Contest, SamplesByName } from './contest.ts';

/** `smoke` shows that every bench runs; its numbers mean nothing. `full` is for reporting. */
export type Size = 'smoke' | 'full';

export interface BenchContext {
  readonly size: Size;
  /** The value for the size at hand. */
  pick<T>(sizes: Readonly<Record<Size, T>>): T;
  /** Runs a contest and prints its figures. */
  contest(contest: Contest): Promise<SamplesByName>;
  /** Keeps a picture, where `--charts` names a folder for them. */
  chart(fileName: string, svg: string): void;
}

export interface Bench {
  /** Dotted, as in `log.append`; its file is named the same with a hyphen. */
  readonly name: string;
  /** One line for `--list`. */
  readonly summary: string;
  run(context: BenchContext): Promise<void>;
}

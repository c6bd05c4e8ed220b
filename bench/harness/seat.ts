/** The parent's end of an entrant's process: one request at a time, each answered or ended by a time limit. */
import { fork, type ChildProcess } from 'node:child_process';
import type { Answer, Request } from './host.ts';
import type { OpenWorkload, Sample } from './workload.ts';

/** Loading a million keys into a slow peer takes minutes, and so do ten million events; anything longer is stuck. */
const ANSWER_MS_MAX = 30 * 60_000;

/** A process that is told to end and is in the middle of something gets this long. */
const END_MS_MAX = 5000;

const HOST = new URL('./host.ts', import.meta.url);

export class Seat implements AsyncDisposable {
  readonly #child: ChildProcess;
  readonly #signal: AbortSignal;

  constructor(signal: AbortSignal) {
    this.#signal = signal;
    // The entrants' own words go to stderr: stdout carries figures only.
    this.#child = fork(HOST, { stdio: ['ignore', 2, 2, 'ipc'] });
  }

  async open(module: URL, options: unknown, dir: string): Promise<void> {
    await this.#ask({ do: 'open', module: module.href, options, dir });
  }

  async round(budgetMs: number): Promise<Sample> {
    const sample = await this.#ask({ do: 'round', budgetMs });
    if (sample === undefined) throw new Error('a round without a sample');
    return sample;
  }

  async close(): Promise<void> {
    await this.#ask({ do: 'close' });
  }

  /** Ends the process and waits until it is gone, and with it whatever it has started. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = new Promise((resolve) => this.#child.once('exit', resolve));
    if (this.#child.connected) this.#child.disconnect();
    const timer = setTimeout(() => this.#child.kill('SIGKILL'), END_MS_MAX);
    await gone;
    clearTimeout(timer);
  }

  #ask(request: Request): Promise<Sample | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Sample | undefined>();
    const timer = setTimeout(() => reject(new Error(`no answer in ${ANSWER_MS_MAX} ms`)), ANSWER_MS_MAX);
    const onAnswer = (answer: Answer): void => (answer.ok ? resolve(answer.sample) : reject(new Error(answer.message)));
    const onExit = (code: number | null, by: string | null): void => reject(new Error(`it ended with ${by ?? code}`));
    const onAbort = (): void => reject(new Error('interrupted'));
    this.#child.once('message', onAnswer).once('exit', onExit);
    this.#signal.addEventListener('abort', onAbort, { once: true });
    if (this.#signal.aborted) onAbort();
    else this.#child.send(request);
    return promise.finally(() => {
      clearTimeout(timer);
      this.#child.off('message', onAnswer).off('exit', onExit);
      this.#signal.removeEventListener('abort', onAbort);
    });
  }
}

/** Types the options of an entrant against the workload that it names. */
export type OptionsOf<Module> = Module extends { readonly open: OpenWorkload<infer Options> } ? Options : never;

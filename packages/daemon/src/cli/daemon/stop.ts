/** When the daemon has to stop, and why: a signal, or a log that can't keep events any more. */
import { Failure } from '../../errors/failure.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export interface StopCause {
  /** `SIGTERM`, or the world whose log failed. */
  readonly what: string;
  /** Undefined when somebody wanted it. */
  readonly failure: Failure | undefined;
}

/** From its making on, the signals no longer end the process. */
export class Stop {
  #cause: StopCause | undefined;
  readonly #resolve: (cause: StopCause) => void;
  /** Resolves when the daemon has to stop. */
  readonly requested: Promise<StopCause>;

  constructor() {
    const { promise, resolve } = Promise.withResolvers<StopCause>();
    this.requested = promise;
    this.#resolve = resolve;
    for (const signal of SIGNALS) process.on(signal, this.#onSignal);
  }

  /** Repeated signals change nothing: npm and the terminal may each send one. */
  readonly #onSignal = (signal: NodeJS.Signals): void => this.#stop({ what: signal, failure: undefined });

  /** Undefined until then. */
  get cause(): StopCause | undefined {
    return this.#cause;
  }

  /** For long work that should end early: throws once it is time to stop. */
  throwIfRequested(): void {
    if (this.#cause !== undefined) throw new Failure('SHUTTING_DOWN', '', `stopped by ${this.#cause.what}`);
  }

  /** A world takes no more commands: the daemon ends by its failure. */
  readonly worldDied = (world: string, failure: Failure): void => this.#stop({ what: `world ${world}`, failure });

  #stop(cause: StopCause): void {
    if (this.#cause !== undefined) return;
    this.#cause = cause;
    this.#resolve(cause);
  }
}

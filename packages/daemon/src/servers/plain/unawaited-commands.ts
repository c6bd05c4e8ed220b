/** Commands whose caller does not wait for them: they are carried out all the same, or not, and nobody is told. */
import { Failure } from '../../errors/failure.ts';
import { nextTurn } from '../../ports/next-turn.ts';

/** Under way at once. */
export const UNAWAITED_COUNT_MAX = 4096;
/** Of the requests that brought them: they are held until they are carried out, though they were answered. */
export const UNAWAITED_SIZE_BYTES_MAX = 67_108_864;

export class UnawaitedCommands {
  readonly #onBug: (error: unknown) => void;
  #count = 0;
  #sizeBytes = 0;

  constructor(onBug: (error: unknown) => void) {
    this.#onBug = onBug;
  }

  /** Resolves once the command is queued. Rejects with why it could not even be that, or with `OVERLOADED`. */
  async start(sizeBytes: number, run: () => Promise<unknown>): Promise<void> {
    if (this.#count >= UNAWAITED_COUNT_MAX || this.#sizeBytes + sizeBytes > UNAWAITED_SIZE_BYTES_MAX) {
      throw new Failure('OVERLOADED', '', 'too many commands that nobody waits for are under way');
    }
    this.#count += 1;
    this.#sizeBytes += sizeBytes;
    const work = run().finally(() => {
      this.#count -= 1;
      this.#sizeBytes -= sizeBytes;
    });
    work.catch((error: unknown) => {
      if (!(error instanceof Failure)) this.#onBug(error);
    });
    // What its arguments are refused for is known by then.
    await Promise.race([work, new Promise<void>((resolve) => nextTurn(resolve))]);
  }
}

/** Notices that a connection has gone silent, on which something ought to arrive every 15 seconds. */
import type { Clock } from './clock.ts';

/** Three beats of the daemon. */
const SILENCE_MS_MAX = 45_000;

export class Watchdog implements Disposable {
  readonly #clock: Clock;
  readonly #end = new AbortController();
  #heardMs: number;

  /** `onSilence` is called once at most, and never after disposal. */
  constructor(clock: Clock, onSilence: () => void) {
    this.#clock = clock;
    this.#heardMs = clock.nowMs();
    void this.#watch(onSilence);
  }

  heard(): void {
    this.#heardMs = this.#clock.nowMs();
  }

  [Symbol.dispose](): void {
    this.#end.abort();
  }

  async #watch(onSilence: () => void): Promise<void> {
    const { signal } = this.#end;
    for (;;) {
      const leftMs = this.#heardMs + SILENCE_MS_MAX - this.#clock.nowMs();
      if (leftMs <= 0) break;
      await this.#clock.sleep(leftMs, signal).catch(() => undefined);
      if (signal.aborted) return;
    }
    onSilence();
  }
}

/**
 * Decides, append by append, whether to wait for the disk on the spot or to let the thread pool wait.
 *
 * On the spot saves the hand-over (some 30 µs, or 100 and more when all cores are busy) but stops readers for as long
 * as the disk takes: right while it acknowledges a small write quickly, and wrong on a slow or busy one.
 * `docs/decisions/log-durability.md` has the measurements behind the constants.
 */

/** `adaptive` in production; the other two pin the choice for tests and simulations. */
export type SyncMode = 'adaptive' | 'inline' | 'async';

/** Larger batches take the disk's bandwidth, not only its latency: never on the spot. */
const INLINE_SIZE_BYTES_MAX = 64 * 1024;
/** Above this average, waiting on the spot stops: what readers may be kept waiting for. */
const INLINE_LATENCY_US_MAX = 400;
/** Longer waits count as this, so that one hiccup ends nothing, and two or three in a row do. */
const INLINE_SAMPLE_US_MAX = 4 * INLINE_LATENCY_US_MAX;
/** Weight of a new sample in the moving average. */
const SAMPLE_WEIGHT = 1 / 8;
/** It starts again when the least of a window of asynchronous writes is at most this, hand-over included. */
const ASYNC_LATENCY_US_MAX = 300;
const ASYNC_WINDOW = 32;

export class SyncPolicy {
  readonly #mode: SyncMode;
  #isInline: boolean;
  /** Moving average while inline. */
  #inlineUs = 0;
  /** Least of the current window while asynchronous: the loop's own delays only ever add. */
  #asyncUsMin = Infinity;
  #asyncCount = 0;

  constructor(mode: SyncMode) {
    this.#mode = mode;
    this.#isInline = mode === 'inline';
  }

  isInline(sizeBytes: number): boolean {
    return this.#isInline && (sizeBytes <= INLINE_SIZE_BYTES_MAX || this.#mode === 'inline');
  }

  /** Takes the latency of an inline write. */
  sampleInline(latencyUs: number): void {
    this.#inlineUs += (Math.min(latencyUs, INLINE_SAMPLE_US_MAX) - this.#inlineUs) * SAMPLE_WEIGHT;
    if (this.#mode !== 'adaptive' || this.#inlineUs <= INLINE_LATENCY_US_MAX) return;
    this.#isInline = false;
    this.#asyncUsMin = Infinity;
    this.#asyncCount = 0;
  }

  /** Takes the latency of an asynchronous write; one of a large batch says nothing about small ones. */
  sampleAsync(latencyUs: number, sizeBytes: number): void {
    if (this.#mode !== 'adaptive' || this.#isInline || sizeBytes > INLINE_SIZE_BYTES_MAX) return;
    this.#asyncUsMin = Math.min(this.#asyncUsMin, latencyUs);
    this.#asyncCount++;
    if (this.#asyncCount < ASYNC_WINDOW) return;
    this.#isInline = this.#asyncUsMin <= ASYNC_LATENCY_US_MAX;
    this.#inlineUs = this.#asyncUsMin;
    this.#asyncUsMin = Infinity;
    this.#asyncCount = 0;
  }
}

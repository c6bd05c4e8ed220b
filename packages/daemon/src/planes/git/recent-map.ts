/** A map that holds the entries put in last, and no more of them than it was told. */

export class RecentMap<Key, Value> {
  readonly #countMax: number;
  /** In order of insertion. */
  readonly #entries = new Map<Key, Value>();

  /** `countMax` is at least 1. The size of an entry is for the caller to bound. */
  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  get(key: Key): Value | undefined {
    return this.#entries.get(key);
  }

  /** Puts an entry in; the oldest goes when there are too many. */
  set(key: Key, value: Value): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#countMax) return;
    for (const oldest of this.#entries.keys()) {
      this.#entries.delete(oldest);
      break;
    }
  }
}

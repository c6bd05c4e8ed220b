/** The bytes that all lines together may hold, from their first byte until they are answered. */
export class LineRoom {
  #free: number;

  constructor(sizeBytes: number) {
    this.#free = sizeBytes;
  }

  get freeSizeBytes(): number {
    return this.#free;
  }

  /** Whether there was room. */
  take(sizeBytes: number): boolean {
    if (sizeBytes > this.#free) return false;
    this.#free -= sizeBytes;
    return true;
  }

  give(sizeBytes: number): void {
    this.#free += sizeBytes;
  }
}

/**
 * A reading position in a stream of bytes that arrives in chunks.
 *
 * Parsers look at what has arrived through distances from the reading position, ask for more when it is not enough, and
 * then skip what they took. Looking is synchronous: a record that has arrived whole costs no promise.
 */

/** Nothing that is looked at in one piece may be longer. */
export const RECORD_SIZE_BYTES_MAX: number = 1 << 24;

const EMPTY = Buffer.alloc(0);

export interface OutputEnds {
  /** What to throw when more output must come and there is none. */
  readonly tooEarly: () => Promise<unknown>;
  /** What to throw when a record is longer than `RECORD_SIZE_BYTES_MAX`. */
  readonly tooLong: () => unknown;
}

export class GitOutput {
  readonly #chunks: AsyncIterator<Buffer, undefined>;
  readonly #ends: OutputEnds;
  /** The newest chunk, with what was left of the one before it. */
  #window: Buffer = EMPTY;
  #offset = 0;

  constructor(chunks: AsyncIterator<Buffer, undefined>, ends: OutputEnds) {
    this.#chunks = chunks;
    this.#ends = ends;
  }

  /** Bytes that have arrived and were not skipped. */
  get arrived(): number {
    return this.#window.length - this.#offset;
  }

  /** The byte at a distance; -1 when it has not arrived. */
  byteAt(distance: number): number {
    return this.#window[this.#offset + distance] ?? -1;
  }

  /** Distance to the first such byte at or after `from`; -1 when none has arrived. */
  indexOf(byte: number, from: number): number {
    const index = this.#window.indexOf(byte, this.#offset + from);
    return index < 0 ? -1 : index - this.#offset;
  }

  /** The bytes between two distances, one a character; they must have arrived. */
  text(from: number, to: number): string {
    return this.#window.toString('latin1', this.#offset + from, this.#offset + to);
  }

  /** The bytes between two distances, without a copy: valid until `more`. */
  bytes(from: number, to: number): Buffer {
    return this.#window.subarray(this.#offset + from, this.#offset + to);
  }

  /** Waits for a chunk; false at the end of the output. */
  async more(): Promise<boolean> {
    const rest = this.#window.subarray(this.#offset);
    if (rest.length > RECORD_SIZE_BYTES_MAX) throw this.#ends.tooLong();
    const { done, value } = await this.#chunks.next();
    if (done === true) return false;
    this.#window = rest.length === 0 ? value : Buffer.concat([rest, value]);
    this.#offset = 0;
    return true;
  }

  /** Waits for a chunk that must come. */
  async mustGetMore(): Promise<void> {
    if (!(await this.more())) throw await this.#ends.tooEarly();
  }

  /** Passes over bytes that have arrived. */
  skip(count: number): void {
    this.#offset += count;
  }

  /** Passes over bytes, however many, as they arrive. */
  async skipLong(count: number): Promise<void> {
    let left = count;
    while (left > this.arrived) {
      left -= this.arrived;
      this.#offset = this.#window.length;
      await this.mustGetMore();
    }
    this.#offset += left;
  }

  /** Takes a record, without the byte that ends it. */
  async takeRecord(endByte: number): Promise<string> {
    let end = this.indexOf(endByte, 0);
    while (end < 0) {
      await this.mustGetMore();
      end = this.indexOf(endByte, 0);
    }
    const record = this.text(0, end);
    this.#offset += end + 1;
    return record;
  }

  /** Passes over all that is still to come. */
  async drain(): Promise<void> {
    do this.#offset = this.#window.length;
    while (await this.more());
  }
}

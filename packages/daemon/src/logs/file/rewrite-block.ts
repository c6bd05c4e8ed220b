/**
 * A block of a run: rewrites of views in the order of (view, rewriteIdx), each as what differs from the one before it.
 *
 *     offset  size
 *          0     4  CRC-32C of the rest, u32le, after a seed that says which block of which run it is
 *          4     2  number of entries, u16le
 *          6        the entries, then zeros
 *
 * An entry's numbers are varints, seven bits a byte, the lowest first. A view's number is its *key* (`viewToKey`), and the
 * *gap* is eventIdx − rewriteIdx, which never falls. An entry of the same view as the one before it is two numbers,
 * another three, of which the last two may be negative and are folded (0, −1, 1, −2 … as 0, 1, 2, 3 …):
 *
 *     2 · (rewriteIdx difference − 1)   gap difference
 *     2 · key difference − 1            rewriteIdx difference, folded   gap difference, folded
 *
 * The first entry of a block follows one of key −1, rewriteIdx 0 and gap 0, so each block is read by itself.
 */
import type { ViewId } from '@jitos/kernel';
import { crc32c } from './crc32c.ts';

export const BLOCK_SIZE_BYTES = 1024;
const COUNT_OFFSET = 4;
const ENTRIES_OFFSET = 6;
/** Three varints of 54 bits. */
const ENTRY_SIZE_BYTES_MAX = 24;

/** Under this key a run lists all of its rewrites, whatever their views. */
export const EVERY_KEY = 0;

export function viewToKey(view: ViewId): number {
  return view === 'system' ? 1 : view + 2;
}

/** Fills one block after another. */
export class BlockEncoder {
  readonly #bytes = Buffer.alloc(BLOCK_SIZE_BYTES);
  #at = ENTRIES_OFFSET;
  #count = 0;
  #key = -1;
  #rewriteIdx = 0;
  #gap = 0;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  get isFull(): boolean {
    return this.#at > BLOCK_SIZE_BYTES - ENTRY_SIZE_BYTES_MAX;
  }

  /** Adds an entry, which must follow the last one in order, to a block that is not full. */
  add(key: number, rewriteIdx: number, eventIdx: number): void {
    const gap = eventIdx - rewriteIdx;
    if (key === this.#key) {
      this.#put(2 * (rewriteIdx - this.#rewriteIdx - 1));
      this.#put(gap - this.#gap);
    } else {
      this.#put(2 * (key - this.#key) - 1);
      this.#put(fold(rewriteIdx - this.#rewriteIdx));
      this.#put(fold(gap - this.#gap));
    }
    this.#key = key;
    this.#rewriteIdx = rewriteIdx;
    this.#gap = gap;
    this.#count += 1;
  }

  /** The finished block, for as long as nothing is added to the next one. */
  finish(seed: number): Buffer {
    const bytes = this.#bytes;
    bytes.fill(0, this.#at);
    bytes.writeUInt16LE(this.#count, COUNT_OFFSET);
    bytes.writeUInt32LE(blockCrc(bytes, seed), 0);
    this.#at = ENTRIES_OFFSET;
    this.#count = this.#rewriteIdx = this.#gap = 0;
    this.#key = -1;
    return bytes;
  }

  #put(value: number): void {
    let rest = value;
    for (; rest > 127; rest = Math.floor(rest / 128)) this.#bytes[this.#at++] = (rest % 128) + 128;
    this.#bytes[this.#at++] = rest;
  }
}

/** Whether the bytes are those that were written as this block. */
export function isWholeBlock(bytes: Buffer, seed: number): boolean {
  return blockCrc(bytes, seed) === bytes.readUInt32LE(0);
}

/** Steps through the entries of a whole block; before the first step it stands on none. */
export class BlockCursor {
  key = -1;
  rewriteIdx = 0;
  eventIdx = 0;
  readonly #bytes: Buffer;
  #at = ENTRIES_OFFSET;
  #left: number;
  #gap = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
    this.#left = bytes.readUInt16LE(COUNT_OFFSET);
  }

  /** False after the last entry. */
  next(): boolean {
    if (this.#left === 0) return false;
    this.#left -= 1;
    const head = this.#take();
    if (head % 2 === 0) {
      this.rewriteIdx += head / 2 + 1;
      this.#gap += this.#take();
    } else {
      this.key += (head + 1) / 2;
      this.rewriteIdx += unfold(this.#take());
      this.#gap += unfold(this.#take());
    }
    this.eventIdx = this.rewriteIdx + this.#gap;
    return true;
  }

  #take(): number {
    let byte = this.#bytes[this.#at++]!;
    let value = byte % 128;
    for (let weight = 128; byte > 127; weight *= 128) {
      byte = this.#bytes[this.#at++]!;
      value += (byte % 128) * weight;
    }
    return value;
  }
}

function fold(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}

function unfold(folded: number): number {
  return folded % 2 === 0 ? folded / 2 : -(folded + 1) / 2;
}

function blockCrc(bytes: Buffer, seed: number): number {
  return crc32c(bytes, COUNT_OFFSET, BLOCK_SIZE_BYTES, seed);
}

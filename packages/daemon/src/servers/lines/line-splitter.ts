/**
 * Bytes as they come in, cut into lines. What is held of a line that has not ended is bounded by its own length and by the room that
 * all lines share; of one that is longer nothing is kept, and it is told of once it ends.
 */
import { Failure } from '../../errors/failure.ts';
import type { LineRoom } from './line-room.ts';

const NEWLINE = 0x0a;

/** A line without its end; or why it was not kept. Who takes a line gives its bytes back to the room. */
export type Line = Buffer | Failure;

export class LineSplitter {
  readonly #room: LineRoom;
  readonly #sizeBytesMax: number;
  #pieces: Buffer[] = [];
  #sizeBytes = 0;
  /** Set while a line is passed over that is not kept. */
  #refusal: Failure | undefined;

  constructor(room: LineRoom, sizeBytesMax: number) {
    this.#room = room;
    this.#sizeBytesMax = sizeBytesMax;
  }

  /** The lines that end in this chunk. */
  push(chunk: Buffer): readonly Line[] {
    const lines: Line[] = [];
    let start = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, start)) {
      this.#hold(chunk.subarray(start, end));
      lines.push(this.#take());
      start = end + 1;
    }
    this.#hold(chunk.subarray(start));
    return lines;
  }

  /** What stands behind the last newline, once nothing follows; undefined if nothing does. */
  end(): Line | undefined {
    return this.#refusal === undefined && this.#sizeBytes === 0 ? undefined : this.#take();
  }

  /** Gives back what is held of a line that will not end. */
  drop(): void {
    this.#room.give(this.#sizeBytes);
    this.#pieces = [];
    this.#sizeBytes = 0;
  }

  #hold(piece: Buffer): void {
    if (this.#refusal !== undefined || piece.length === 0) return;
    if (this.#sizeBytes + piece.length > this.#sizeBytesMax) {
      return this.#refuse(new Failure('REQUEST_TOO_LARGE', '', `a line has at most ${this.#sizeBytesMax} bytes`));
    }
    if (!this.#room.take(piece.length)) {
      return this.#refuse(new Failure('OVERLOADED', '', 'too many long lines are being received'));
    }
    // A copy, because a piece would hold the whole chunk that it came in for as long as its line lasts.
    this.#pieces.push(Buffer.from(piece));
    this.#sizeBytes += piece.length;
  }

  #refuse(failure: Failure): void {
    this.drop();
    this.#refusal = failure;
  }

  #take(): Line {
    const line = this.#refusal ?? (this.#pieces.length === 1 ? this.#pieces[0]! : Buffer.concat(this.#pieces));
    this.#refusal = undefined;
    this.#pieces = [];
    this.#sizeBytes = 0;
    return line;
  }
}

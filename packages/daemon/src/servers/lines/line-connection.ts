/**
 * Requests that come line by line, and the lines that answer them, over any pair of streams.
 *
 * - L1 Lines are begun in their order, so commands are decided in it. Answers leave as they are there, by their `id`.
 * - L2 Every line has one answer, whatever it holds; a bad one ends nothing.
 * - L3 What a client makes grow is bounded: lines, requests that are under way, and what is read while nobody takes the answers.
 */
import type { Readable, Writable } from 'node:stream';
import { Queue } from '../../engine/queue.ts';
import { Failure } from '../../errors/failure.ts';
import { bugFailure, failureBody, type FailureBody, type GoodAnswer } from '../plain/envelope.ts';
import { readLine, type LineId, type LineRequest } from './line-request.ts';
import type { LineRoom } from './line-room.ts';
import { LineSplitter, type Line } from './line-splitter.ts';

/** Of all lines together, as bodies of HTTP have it. */
export const LINES_SIZE_BYTES_MAX = 268_435_456;
/** As a body of HTTP. */
export const LINE_SIZE_BYTES_MAX = 16_777_216;
/** Requests of a connection that are under way at once; more wait, and are not read. */
export const LINES_UNDER_WAY_MAX = 64;

/** Answers a request; rejects with a `Failure`, or with what is a bug. */
export type AnswerLine = (request: LineRequest, signal: AbortSignal) => Promise<GoodAnswer | FailureBody>;

export interface LineConnectionParts {
  readonly input: Readable;
  readonly output: Writable;
  readonly answer: AnswerLine;
  /** Of lines that name none. */
  readonly world: string;
  /** Shared by all connections. */
  readonly room: LineRoom;
  readonly onBug: (error: unknown) => void;
}

export class LineConnection {
  /** Resolves when all that was asked is answered, or nobody is there any more to be told. */
  readonly ended: Promise<void>;
  readonly #parts: LineConnectionParts;
  readonly #splitter: LineSplitter;
  readonly #gone = new AbortController();
  readonly #end = Promise.withResolvers<void>();
  /** Read, and not begun. */
  readonly #waiting = new Queue<Line>();
  #underWay = 0;
  #isInputOver = false;

  constructor(parts: LineConnectionParts) {
    this.#parts = parts;
    this.ended = this.#end.promise;
    const { input, output, room } = parts;
    this.#splitter = new LineSplitter(room, LINE_SIZE_BYTES_MAX);
    input.on('data', (chunk: Buffer) => {
      if (!this.#isInputOver) this.#take(this.#splitter.push(chunk));
    });
    input.once('end', () => this.#endInput());
    input.once('close', () => this.close());
    output.on('drain', () => this.#goOn());
    output.once('close', () => this.#leave());
    for (const stream of new Set([input, output])) stream.on('error', () => this.#leave());
  }

  /** Begins nothing more. What is under way is answered. */
  close(): void {
    if (this.#isInputOver) return;
    // What is not taken off a socket before it is closed resets it.
    this.#parts.input.resume();
    this.#dropWaiting();
    this.#isInputOver = true;
    this.#goOn();
  }

  #endInput(): void {
    if (this.#isInputOver) return;
    this.#isInputOver = true;
    const last = this.#splitter.end();
    this.#take(last === undefined ? [] : [last]);
  }

  #take(lines: readonly Line[]): void {
    for (const line of lines) if (line instanceof Failure || line.length > 0) this.#waiting.push(line);
    this.#goOn();
  }

  #goOn(): void {
    const { input, output } = this.#parts;
    while (this.#waiting.length > 0 && this.#underWay < LINES_UNDER_WAY_MAX && !output.writableNeedDrain) {
      this.#begin(this.#waiting.shift()!); // one waits
    }
    const isDone = this.#waiting.length + this.#underWay === 0;
    if (this.#isInputOver) {
      if (isDone) this.#finish();
    } else if (this.#waiting.length > 0 || output.writableNeedDrain) input.pause();
    else input.resume();
  }

  #begin(line: Line): void {
    if (line instanceof Failure) return this.#write(null, failureBody(line));
    const { id, request } = readLine(line, this.#parts.world);
    if (request instanceof Failure) {
      this.#parts.room.give(line.length);
      return this.#write(id, failureBody(request));
    }
    this.#underWay += 1;
    void this.#carryOut(request).then((answer) => {
      this.#underWay -= 1;
      this.#parts.room.give(line.length);
      this.#write(id, answer);
      this.#goOn();
    });
  }

  async #carryOut(request: LineRequest): Promise<GoodAnswer | FailureBody> {
    const { answer, onBug } = this.#parts;
    try {
      return await answer(request, this.#gone.signal);
    } catch (error) {
      if (error instanceof Failure) return failureBody(error);
      onBug(error);
      return failureBody(bugFailure());
    }
  }

  #write(id: LineId, answer: GoodAnswer | FailureBody): void {
    if (this.#gone.signal.aborted) return;
    this.#parts.output.write(`${JSON.stringify({ id, ...answer })}\n`);
  }

  #finish(): void {
    this.#splitter.drop();
    if (this.#gone.signal.aborted) return this.#end.resolve();
    this.#parts.output.end(() => this.#end.resolve());
  }

  /** Nobody is told any more; what was begun is carried out. */
  #leave(): void {
    if (this.#gone.signal.aborted) return;
    this.#gone.abort();
    this.#dropWaiting();
    this.#isInputOver = true;
    this.#goOn();
    this.#end.resolve();
  }

  #dropWaiting(): void {
    for (const line of this.#waiting.takeAll()) if (!(line instanceof Failure)) this.#parts.room.give(line.length);
  }
}

/**
 * A subscription as `text/event-stream`: GraphQL over SSE in its "distinct connections" mode.
 *
 *     id: <position>          where it begins; no event of its own
 *
 *     id: <position>
 *     event: next
 *     data: {"data": …}
 *
 * `event: complete` ends it for good, `event: error` (with `errors` as answers have them) until the client comes again, as
 * `EventSource` does by itself, with the last id in `Last-Event-ID`.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Failure } from '../../errors/failure.ts';
import type { ErrorAnswer } from '../graphql/graphql-error.ts';
import type { LiveAnswer, LiveSubscription } from '../graphql/live-subscription.ts';
import { resumable, type LiveReader, type LiveReaders, type Stall } from './live-readers.ts';

export interface SseReaderOptions {
  /** Without a head as yet. */
  readonly response: ServerResponse;
  readonly headers: Readonly<Record<string, string>>;
  readonly subscription: LiveSubscription;
  readonly readers: LiveReaders;
  readonly tellFailure: (error: unknown) => ErrorAnswer;
}

/** What was ended is cut off if its client has not read to the end by then. */
const CUT_OFF_MS = 5_000;

export class SseReader implements LiveReader {
  readonly sort = 'subscription';
  readonly #response: ServerResponse;
  /** Without chunks, what is written to it is the body: half the work of going through the answer. */
  readonly #socket: Socket;
  readonly #subscription: LiveSubscription;
  readonly #readers: LiveReaders;
  readonly #tellFailure: SseReaderOptions['tellFailure'];
  #stall: Stall | undefined;
  #isReading = false;
  #isEnded = false;

  private constructor({ response, subscription, readers, tellFailure }: SseReaderOptions) {
    this.#response = response;
    const { socket } = response;
    if (socket === null) throw new Failure('OVERLOADED', '', 'the connection still answers another request');
    this.#socket = socket;
    this.#subscription = subscription;
    this.#readers = readers;
    this.#tellFailure = tellFailure;
  }

  /** Takes over the answer and the subscription. Throws `OVERLOADED` or `SHUTTING_DOWN` before it has written anything. */
  static start(options: SseReaderOptions): void {
    const reader = new SseReader(options);
    const { response, subscription, readers, headers } = options;
    readers.add(reader);
    // The end of the connection is the end of the stream: no chunks, and nothing to take apart.
    response.useChunkedEncodingByDefault = false;
    response.shouldKeepAlive = false;
    response.writeHead(200, { ...headers, 'content-type': 'text/event-stream; charset=utf-8' });
    response.once('close', () => reader.#leave());
    response.on('error', () => reader.#leave());
    reader.#socket.on('drain', () => reader.#drained());
    subscription.onReady = () => reader.#pump();
    response.write(`id: ${subscription.position}\n\n`); // with the head; from now on the socket is written to, past the answer
    reader.#pump();
  }

  get stall(): Stall | undefined {
    return this.#stall;
  }

  get counts(): LiveReader['counts'] {
    return this.#subscription.counts;
  }

  beat(): void {
    if (this.#stall === undefined) this.#socket.write(':\n\n');
  }

  end(failure: Failure): void {
    this.#fail(failure);
  }

  #fail(error: unknown): void {
    const { position } = this.#subscription;
    this.#finish(
      `event: error\ndata: ${JSON.stringify({ errors: [resumable(this.#tellFailure(error), position)] })}\n\n`,
    );
  }

  /** Sends what there is, until there is no more or the socket is full. */
  #pump(): void {
    while (!this.#isReading && this.#stall === undefined && !this.#isEnded) {
      try {
        const answers = this.#subscription.read();
        if (answers instanceof Promise) return this.#sendLater(answers);
        this.#send(answers);
        if (answers.length === 0) return;
        // The others get their turn between two of its reads, unless the next is to find out that this was all.
        if (answers.length > 1) return void setImmediate(() => this.#pump());
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  #sendLater(pending: Promise<readonly LiveAnswer[]>): void {
    this.#isReading = true;
    pending.then(
      (answers) => {
        this.#isReading = false;
        this.#send(answers);
        if (answers.length > 0) setImmediate(() => this.#pump());
      },
      (error: unknown) => this.#fail(error),
    );
  }

  #send(answers: readonly LiveAnswer[]): void {
    if (this.#isEnded) return;
    if (answers.length === 0) {
      if (this.#subscription.isOver) this.#finish('event: complete\ndata: \n\n');
      return;
    }
    const frames = answers.map(frameOf);
    const isTaken = this.#socket.write(frames.length === 1 ? frames[0]! : Buffer.concat(frames));
    if (!isTaken) this.#stall = { sinceMs: performance.now(), counts: this.#subscription.counts };
  }

  #drained(): void {
    this.#stall = undefined;
    this.#pump();
  }

  #finish(frame: string): void {
    if (this.#isEnded) return;
    this.#leave();
    this.#socket.write(frame);
    this.#response.end();
    const cutOff = setTimeout(() => this.#response.destroy(), CUT_OFF_MS);
    this.#response.once('close', () => clearTimeout(cutOff));
  }

  #leave(): void {
    this.#isEnded = true;
    this.#readers.remove(this);
    this.#subscription.close();
  }
}

/** The same for all who get the answer. */
const FRAME_BY_ANSWER = new WeakMap<LiveAnswer, Buffer>();

function frameOf(live: LiveAnswer): Buffer {
  let frame = FRAME_BY_ANSWER.get(live);
  if (frame === undefined) {
    frame = Buffer.from(`id: ${live.position}\nevent: next\ndata: ${JSON.stringify(live.answer)}\n\n`);
    FRAME_BY_ANSWER.set(live, frame);
  }
  return frame;
}

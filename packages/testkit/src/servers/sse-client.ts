/** Reads a stream of server-sent events, one after the other, and no further than it is asked to. */
import { request, type IncomingMessage } from 'node:http';

export interface SseEvent {
  /** Of this event; what it did not say is what was said before. */
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

export interface SseRequest {
  readonly port: number;
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export class SseClient {
  readonly answer: IncomingMessage;
  /** As a browser would send it in `Last-Event-ID`. */
  lastId = '';
  readonly #chunks: AsyncIterator<string>;
  #text = '';

  private constructor(answer: IncomingMessage) {
    this.answer = answer;
    this.#chunks = answer.setEncoding('utf8')[Symbol.asyncIterator]() as AsyncIterator<string>; // it has an encoding
  }

  static open({ port, path, headers = {} }: SseRequest): Promise<SseClient> {
    return new Promise((resolve, reject) => {
      const asked = request({ host: '127.0.0.1', port, path, headers, agent: false }, (answer) => {
        // Cutting the connection off is the end of the stream, as its end is.
        answer.on('error', () => undefined);
        resolve(new SseClient(answer));
      });
      asked.on('error', reject).end();
    });
  }

  get status(): number {
    return this.answer.statusCode ?? 0;
  }

  /** The next event that has data; undefined once the stream has ended. */
  async next(): Promise<SseEvent | undefined> {
    for (;;) {
      const block = await this.#nextBlock();
      if (block === undefined) return undefined;
      const fields = new Map(block.split('\n').map((line): [string, string] => splitLine(line)));
      this.lastId = fields.get('id') ?? this.lastId;
      const data = fields.get('data');
      if (data !== undefined) return { id: this.lastId, event: fields.get('event') ?? 'message', data };
    }
  }

  /** As many events as are asked for, or all that there are until the end. */
  async take(count: number): Promise<readonly SseEvent[]> {
    const events: SseEvent[] = [];
    while (events.length < count) {
      const event = await this.next();
      if (event === undefined) break;
      events.push(event);
    }
    return events;
  }

  /** Waits for the position that the stream begins behind. */
  async begin(): Promise<string> {
    const block = await this.#nextBlock();
    this.lastId = /^id: (.*)$/.exec(block ?? '')?.[1] ?? '';
    return this.lastId;
  }

  cutOff(): void {
    this.answer.destroy();
  }

  async #nextBlock(): Promise<string | undefined> {
    for (;;) {
      const end = this.#text.indexOf('\n\n');
      if (end >= 0) {
        const block = this.#text.slice(0, end);
        this.#text = this.#text.slice(end + 2);
        return block;
      }
      const chunk = await this.#chunks.next().catch(() => ({ done: true, value: '' }));
      if (chunk.done === true) return undefined;
      this.#text += chunk.value;
    }
  }
}

function splitLine(line: string): [string, string] {
  const colon = line.indexOf(': ');
  return colon < 0 ? [line, ''] : [line.slice(0, colon), line.slice(colon + 2)];
}

/** The address of a subscription's stream. */
export function streamPath(query: string, world?: string): string {
  const route = world === undefined ? '/graphql' : `/w/${world}/graphql`;
  return `${route}/stream?query=${encodeURIComponent(query)}`;
}

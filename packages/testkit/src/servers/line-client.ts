/** A client of the line protocol on a Unix socket, that writes any bytes and reads answers as they come. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface, type Interface } from 'node:readline';

export interface LineAnswer {
  readonly id: string | number | null;
  readonly ok: boolean;
  readonly result?: Readonly<Record<string, unknown>>;
  readonly error?: { readonly reason: string; readonly place: string };
}

export class LineClient implements AsyncDisposable {
  readonly socket: Socket;
  readonly #lines: Interface;
  readonly #answers: AsyncIterator<string>;

  private constructor(socket: Socket) {
    this.socket = socket;
    this.#lines = createInterface({ input: socket });
    this.#answers = this.#lines[Symbol.asyncIterator]();
  }

  static async connect(path: string): Promise<LineClient> {
    const socket = connect({ path, allowHalfOpen: true });
    await once(socket, 'connect');
    return new LineClient(socket);
  }

  send(...requests: readonly (object | string)[]): void {
    const lines = requests.map((request) => (typeof request === 'string' ? request : JSON.stringify(request)));
    this.socket.write(lines.map((line) => `${line}\n`).join(''));
  }

  /** The next answer; undefined once there will be no more. */
  async next(): Promise<LineAnswer | undefined> {
    const line = await this.#answers.next();
    return line.done === true ? undefined : (JSON.parse(line.value) as LineAnswer); // docs/spec/commands.md
  }

  /** Answers to come, by their ids. */
  async take(count: number): Promise<ReadonlyMap<LineAnswer['id'], LineAnswer>> {
    const answerById = new Map<LineAnswer['id'], LineAnswer>();
    for (let i = 0; i < count; i++) {
      const answer = await this.next();
      if (answer === undefined) throw new Error(`only ${i} of ${count} answers came`);
      answerById.set(answer.id, answer);
    }
    return answerById;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.socket.closed) return;
    const closed = once(this.socket, 'close');
    this.socket.destroy();
    await closed;
  }
}

/** A connection to a Unix socket that takes requests line by line, one in flight. */
import { connect, type Socket } from 'node:net';

const NEWLINE = 0x0a;

export class LineConnection implements Disposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<string> | undefined;

  constructor(path: string) {
    this.#socket = connect(path);
    this.#socket.on('data', (chunk: Buffer) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  /** Sends a line, its end included, and waits for the line that answers it. */
  exchange(line: Uint8Array): Promise<string> {
    this.#waiting = Promise.withResolvers<string>();
    this.#socket.write(line);
    return this.#waiting.promise;
  }

  [Symbol.dispose](): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    if (this.#received.at(-1) !== NEWLINE) return;
    const answer = this.#received.toString('utf8');
    this.#received = Buffer.alloc(0);
    this.#waiting?.resolve(answer);
  }
}

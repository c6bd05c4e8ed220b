/** A kept HTTP/1.1 connection that writes prepared bytes and looks only for the end of each answer. */
import { connect, type Socket } from 'node:net';

const HEADERS_END = '\r\n\r\n';
const LENGTH = /content-length: (\d+)/i;

export class HttpConnection implements Disposable {
  readonly #socket: Socket;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<number> | undefined;

  constructor(url: URL) {
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  /** Sends a request and waits for the whole answer, which must be a good one. Resolves with the size of its body. */
  exchange(request: Uint8Array): Promise<number> {
    this.#waiting = Promise.withResolvers<number>();
    this.#socket.write(request);
    return this.#waiting.promise;
  }

  [Symbol.dispose](): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headersEnd = this.#received.indexOf(HEADERS_END);
    if (headersEnd < 0) return;
    const head = this.#received.toString('latin1', 0, headersEnd);
    const bodySizeBytes = Number(LENGTH.exec(head)?.[1]);
    if (this.#received.length < headersEnd + HEADERS_END.length + bodySizeBytes) return;
    this.#received = Buffer.alloc(0);
    if (head.startsWith('HTTP/1.1 200 ')) this.#waiting?.resolve(bodySizeBytes);
    else this.#waiting?.reject(new Error(`an unexpected answer: ${head}`));
  }
}

/** The bytes of a POST of JSON. */
export function postRequest(url: URL, body: string): Uint8Array {
  const lines = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    'content-type: application/json',
    'accept: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  return Buffer.from(`${lines.join('\r\n')}${HEADERS_END}${body}`);
}

/**
 * A load generator for one HTTP/1.1 request, sent again and again over kept connections, one in flight on each.
 *
 * It writes prepared bytes and looks only for the end of each answer, so that on a shared machine the server and not
 * the generator is what is measured. Both sides of a ratio are driven by it.
 */
import { connect, type Socket } from 'node:net';
import { cpuMs } from './process-meter.ts';
import type { Sample } from './workload.ts';
import { inFlight } from './workload.ts';

const HEADERS_END = '\r\n\r\n';

/** One kept connection. */
class Connection implements Disposable {
  readonly #socket: Socket;
  readonly #request: Uint8Array;
  readonly #bodySizeBytes: number;
  #received: Buffer = Buffer.alloc(0);
  #waiting: PromiseWithResolvers<void> | undefined;

  constructor(url: URL, request: Uint8Array, bodySizeBytes: number) {
    this.#request = request;
    this.#bodySizeBytes = bodySizeBytes;
    this.#socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    this.#socket.on('data', (chunk) => this.#take(chunk));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the server closed the connection')));
  }

  /** Sends the request and waits for the whole answer, which must be the one expected. */
  exchange(): Promise<void> {
    this.#waiting = Promise.withResolvers<void>();
    this.#socket.write(this.#request);
    return this.#waiting.promise;
  }

  [Symbol.dispose](): void {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    const headersEnd = this.#received.indexOf(HEADERS_END);
    if (headersEnd < 0 || this.#received.length < headersEnd + HEADERS_END.length + this.#bodySizeBytes) return;
    const head = this.#received.toString('latin1', 0, headersEnd);
    this.#received = Buffer.alloc(0);
    if (head.startsWith('HTTP/1.1 200 ') && head.toLowerCase().includes(`content-length: ${this.#bodySizeBytes}`)) {
      this.#waiting?.resolve();
    } else {
      this.#waiting?.reject(new Error(`an unexpected answer: ${head}`));
    }
  }
}

export interface HttpLoad extends Disposable {
  round(budgetMs: number): Promise<Sample>;
}

/** Asks once to learn the answer, then keeps that many connections ready. All answers must have its size. */
export async function openHttpLoad(
  url: URL,
  query: string,
  connectionCount: number,
  serverPid: number,
): Promise<HttpLoad> {
  const body = JSON.stringify({ query });
  const headers = { 'content-type': 'application/json', accept: 'application/json' };
  const first = await fetch(url, { method: 'POST', headers, body });
  const answer = await first.text();
  if (!first.ok || answer.includes('"errors"')) throw new Error(`${url.href} answers ${first.status} ${answer}`);
  const lines = [
    `POST ${url.pathname} HTTP/1.1`,
    `host: ${url.host}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    `content-length: ${Buffer.byteLength(body)}`,
  ];
  const request = Buffer.from(`${lines.join('\r\n')}${HEADERS_END}${body}`);
  const size = Buffer.byteLength(answer);
  const connections = Array.from({ length: connectionCount }, () => new Connection(url, request, size));
  return {
    round: async (budgetMs) => {
      const idle = [...connections];
      const cpuMsBefore = cpuMs(serverPid);
      const sample = await inFlight(budgetMs, connectionCount, async () => {
        const connection = idle.pop();
        if (connection === undefined) throw new Error('more requests in flight than connections');
        await connection.exchange();
        idle.push(connection);
      });
      if (cpuMsBefore === undefined) return sample;
      const usedMs = (cpuMs(serverPid) ?? NaN) - cpuMsBefore;
      return { ...sample, values: { ...sample.values, '/cpu-s': sample.operations / (usedMs / 1000) } };
    },
    [Symbol.dispose]: () => {
      for (const connection of connections) connection[Symbol.dispose]();
    },
  };
}

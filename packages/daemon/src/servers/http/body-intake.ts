/**
 * How bodies come in that are not small. One costs what has arrived of it, and one that hardly moves is given up.
 *
 * - I1 All bodies that are held together, from their first byte until their answer has left, are bounded. Whoever asks
 *      for more than there is room for is refused; what the others hold is theirs.
 * - I2 A body that is not whole yet must keep arriving: a window in which too little came ends it.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure } from '../../errors/failure.ts';

export const BODIES_SIZE_BYTES_MAX = 268_435_456;
/** Slower, the largest body would not be whole when the request's time is up. */
export const BODY_RATE_BYTES_PER_S_MIN = 32_768;

export interface BodyIntakeOptions {
  /** How long a body may take over what the rate asks for. */
  readonly windowMs: number;
}

export interface IncomingBody {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly sizeBytesMax: number;
}

export class BodyIntake {
  readonly #windowMs: number;
  #heldSizeBytes = 0;

  constructor({ windowMs }: BodyIntakeOptions) {
    this.#windowMs = windowMs;
  }

  /** The whole body. Rejects with `REQUEST_TOO_LARGE`, `OVERLOADED`, `REQUEST_TIMED_OUT`, or `BODY_MALFORMED` if it is cut off. */
  receive({ request, response, sizeBytesMax }: IncomingBody): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      // What is declared larger is never read.
      if (Number(request.headers['content-length'] ?? 0) > sizeBytesMax) return reject(tooLarge(sizeBytesMax));
      const chunks: Buffer[] = [];
      let sizeBytes = 0;
      let sizeBytesBefore = 0;
      const leastBytes = (BODY_RATE_BYTES_PER_S_MIN * this.#windowMs) / 1000;
      const settle = (settled: () => void): void => {
        clearInterval(watch);
        request.off('data', take).off('end', end).off('error', cut).off('close', cut);
        settled();
      };
      const give = (failure: Failure): void => settle(() => reject(failure));
      const take = (chunk: Buffer): void => {
        if (sizeBytes + chunk.length > sizeBytesMax) return give(tooLarge(sizeBytesMax));
        if (this.#heldSizeBytes + chunk.length > BODIES_SIZE_BYTES_MAX) {
          return give(new Failure('OVERLOADED', '', 'too many large bodies are being received'));
        }
        this.#heldSizeBytes += chunk.length;
        sizeBytes += chunk.length;
        chunks.push(chunk);
      };
      const end = (): void => settle(() => resolve(Buffer.concat(chunks, sizeBytes)));
      const cut = (): void => give(new Failure('BODY_MALFORMED', 'body', 'the connection ended within the body'));
      const watch = setInterval(() => {
        if (sizeBytes - sizeBytesBefore < leastBytes) {
          give(new Failure('REQUEST_TIMED_OUT', 'body', `fewer than ${leastBytes} bytes came in ${this.#windowMs} ms`));
        }
        sizeBytesBefore = sizeBytes;
      }, this.#windowMs);
      response.once('close', () => (this.#heldSizeBytes -= sizeBytes));
      request.on('data', take).on('end', end).on('error', cut).on('close', cut);
    });
  }
}

function tooLarge(sizeBytesMax: number): Failure {
  return new Failure('REQUEST_TOO_LARGE', 'body', `a body has at most ${sizeBytesMax} bytes here`);
}

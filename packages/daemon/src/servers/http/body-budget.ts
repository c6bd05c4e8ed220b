/** Bounds the memory that bodies being received may take together. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { Failure } from '../../errors/failure.ts';

export const BODIES_SIZE_BYTES_MAX = 268_435_456;
/** Smaller ones are bounded well enough by the number of connections. */
const COUNTED_SIZE_BYTES_MIN = 65_536;

export class BodyBudget {
  #sizeBytes = 0;

  /** Counts a request's body until its answer has left; the failure says that there is no room for it. */
  reserve(request: IncomingMessage, response: ServerResponse, bodyLimitBytes: number): Failure | undefined {
    const declared = request.headers['content-length'];
    const isChunked = request.headers['transfer-encoding'] !== undefined;
    // What is declared larger is refused for its size, and never read.
    const sizeBytes = isChunked ? bodyLimitBytes : Math.min(Number(declared ?? 0), bodyLimitBytes);
    if (sizeBytes < COUNTED_SIZE_BYTES_MIN) return undefined;
    if (this.#sizeBytes + sizeBytes > BODIES_SIZE_BYTES_MAX) {
      return new Failure('OVERLOADED', '', 'too many large bodies are being received');
    }
    this.#sizeBytes += sizeBytes;
    response.once('close', () => (this.#sizeBytes -= sizeBytes));
    return undefined;
  }
}

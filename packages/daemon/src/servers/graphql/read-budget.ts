/**
 * What one request may read, counted while it runs. `query-cost.ts` counts before; this bounds what can't be known
 * then: elements that a filter passes over, and bytes.
 *
 * - B1 Pages end early rather than fail: at `PAGE_SIZE_BYTES_MAX`, and never before their first element.
 * - B2 A request that has read its fill is refused at the next read.
 * - B3 A mutation takes room for the largest answer that it may have before it acts: what is done can always be told.
 */
import { SCAN_MAX } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';

/** Payloads, fields and event bodies in one page. */
export const PAGE_SIZE_BYTES_MAX = 4_194_304;
/** The same in one request. */
export const REQUEST_SIZE_BYTES_MAX = 33_554_432;

export class ReadBudget {
  /** How often the answer repeats each value: aliases may name one many times. */
  readonly #copies: number;
  #scanned = 0;
  #sizeBytes = 0;
  /** The read that runs, or the last that did. */
  #last: Promise<unknown> = Promise.resolve();

  constructor(copies: number) {
    this.#copies = copies;
  }

  /** Whether values are asked for at all. */
  get wantsData(): boolean {
    return this.#copies > 0;
  }

  /** Elements that were looked at so far. */
  get scanned(): number {
    return this.#scanned;
  }

  /** What the next page may hold. Throws `QUERY_TOO_LARGE` when the request has had its fill. */
  beginPage(): number {
    if (this.#scanned >= SCAN_MAX) {
      throw new Failure('QUERY_TOO_LARGE', '', `the query's pages have looked at ${this.#scanned} elements already`);
    }
    if (this.#sizeBytes >= REQUEST_SIZE_BYTES_MAX) {
      throw new Failure('QUERY_TOO_LARGE', '', `the answer holds ${REQUEST_SIZE_BYTES_MAX} bytes already`);
    }
    return PAGE_SIZE_BYTES_MAX / Math.max(1, this.#copies);
  }

  /** Runs reads that wait for the disk one after another, so that each is refused by what those before it took (B2). */
  inTurn<Answer>(read: () => Promise<Answer>): Promise<Answer> {
    const turn = this.#last.then(read);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Takes room for the values of a mutation's answer. Throws `QUERY_TOO_LARGE` at the mutation's place. */
  reserve(place: string, sizeBytes: number): void {
    const wanted = this.#sizeBytes + sizeBytes * this.#copies;
    if (wanted > REQUEST_SIZE_BYTES_MAX) {
      const detail = `the request's answer could hold more than ${REQUEST_SIZE_BYTES_MAX} bytes: nothing was done here`;
      throw new Failure('QUERY_TOO_LARGE', place, detail);
    }
    this.#sizeBytes = wanted;
  }

  endPage(scanned: number, sizeBytes: number): void {
    this.#scanned += scanned;
    this.#sizeBytes += sizeBytes * this.#copies;
  }

  /** As `endPage`, of events: they are read and decoded whole, though none of their values may be asked for. */
  endEvents(count: number, sizeBytes: number): void {
    this.#scanned += count;
    this.#sizeBytes += sizeBytes * Math.max(1, this.#copies);
  }
}

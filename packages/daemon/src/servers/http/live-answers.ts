/** A subscription as an iterator, for who takes one answer after the other and waits in between. */
import type { GraphqlAnswer } from '../graphql/graphql-answer.ts';
import type { LiveSubscription } from '../graphql/live-subscription.ts';

export class LiveAnswers implements AsyncIterableIterator<GraphqlAnswer> {
  readonly #subscription: LiveSubscription;
  readonly #answers: AsyncGenerator<GraphqlAnswer, void>;
  #position: number;
  #isClosed = false;
  #goOn: () => void = () => undefined;

  constructor(subscription: LiveSubscription) {
    this.#subscription = subscription;
    this.#position = subscription.position;
    this.#answers = this.#read();
    subscription.onReady = () => this.#goOn();
  }

  /** Of the last answer that was taken. */
  get position(): number {
    return this.#position;
  }

  get counts(): LiveSubscription['counts'] {
    return this.#subscription.counts;
  }

  next(): Promise<IteratorResult<GraphqlAnswer>> {
    return this.#answers.next();
  }

  /** Ends a `next` that waits, too: a generator by itself would wait for what comes next. */
  return(): Promise<IteratorResult<GraphqlAnswer>> {
    this.close();
    return this.#answers.return();
  }

  /** Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#subscription.close();
    this.#goOn();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async *#read(): AsyncGenerator<GraphqlAnswer, void> {
    while (!this.#isClosed) {
      const answers = await this.#subscription.read();
      for (const { position, answer } of answers) {
        if (this.#isClosed) return;
        this.#position = position;
        yield answer;
      }
      if (answers.length > 0) continue;
      if (this.#subscription.isOver) this.close(); // nobody calls `return` of what has come to its end
      if (this.#isClosed) return;
      await new Promise<void>((resolve) => (this.#goOn = resolve));
    }
  }
}

/**
 * A subscription as an iterator: each event once, in order, without a gap, however often the connection to the daemon ends.
 *
 *     for await (const rewrite of world.followRewrites()) console.log(rewrite.eventIdx);
 */
export interface FollowOptions {
  /** The position to go on behind, `-1` for the first event of all; what is new from now on if it is absent. */
  readonly after?: number;
  /** Ends it: its reason is thrown. */
  readonly signal?: AbortSignal;
}

export class Subscription<Item> implements AsyncIterableIterator<Item, void>, AsyncDisposable {
  readonly #end = new AbortController();
  readonly #items: AsyncGenerator<Item, void>;
  #position: number | undefined;

  /** `listen` is asked for nothing before the first `next`. */
  constructor(
    listen: (signal: AbortSignal) => AsyncGenerator<{ readonly position: string; readonly item: Item }, void>,
    { after, signal }: FollowOptions,
  ) {
    const end = this.#end.signal;
    this.#position = after;
    this.#items = this.#read(listen(signal === undefined ? end : AbortSignal.any([signal, end])));
  }

  /** Of the last event that was taken: another subscription with it as `after` goes on from there. */
  get position(): number | undefined {
    return this.#position;
  }

  next(): Promise<IteratorResult<Item, void>> {
    return this.#items.next();
  }

  /** Ends a `next` that waits, too. */
  return(): Promise<IteratorResult<Item, void>> {
    this.#end.abort();
    return this.#items.return();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  async *#read(
    events: AsyncGenerator<{ readonly position: string; readonly item: Item }, void>,
  ): AsyncGenerator<Item, void> {
    try {
      for await (const { position, item } of events) {
        this.#position = Number(position);
        yield item;
      }
    } catch (error) {
      if (!this.#end.signal.aborted) throw error;
    }
  }
}

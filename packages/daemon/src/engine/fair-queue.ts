/**
 * A queue in which those who wait take turns: each key has a line of its own, first in, first out, and the line that has cost
 * least so far is served next.
 *
 * Costs are told after the fact, because nobody knows them before (start-time fair queueing: Goyal, Vin, Cheng, 1996). A line that
 * comes, or comes again, begins where the one stands that was served last: nobody saves up, and nobody pays for what is over.
 */
import { Queue } from './queue.ts';

interface Line<Item> {
  readonly key: string;
  /** What its items have cost, on a scale that all lines share. */
  cost: number;
  readonly items: Queue<Item>;
}

export class FairQueue<Item> {
  /** Only those in which somebody waits. */
  readonly #lines = new Map<string, Line<Item>>();
  /** Whose first item is next; kept until that is taken. */
  #next: Line<Item> | undefined;
  /** Who was served last, though its line may be empty by now. */
  #served: Pick<Line<Item>, 'cost'> = { cost: 0 };
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** How many wait under a key. */
  lengthOf(key: string): number {
    return this.#lines.get(key)?.items.length ?? 0;
  }

  /** An even part of a whole for everyone who waits, and for the key. */
  shareOf(key: string, whole: number): number {
    return Math.floor(whole / (this.#lines.size + (this.#lines.has(key) ? 0 : 1)));
  }

  push(key: string, item: Item): void {
    let line = this.#lines.get(key);
    if (line === undefined) {
      line = { key, cost: this.#served.cost, items: new Queue() };
      this.#lines.set(key, line);
    }
    line.items.push(item);
    this.#length += 1;
  }

  /** Whose turn it is; the same until it is taken by `shift`. */
  peek(): Item | undefined {
    this.#next ??= this.#cheapest(() => true);
    return this.#next?.items.at(0);
  }

  /** The same, taken at once, among those who may be served. */
  shiftAmong(mayBeServed: (key: string) => boolean): Item | undefined {
    this.#next = this.#cheapest(mayBeServed);
    return this.#next === undefined ? undefined : this.shift();
  }

  shift(): Item | undefined {
    const item = this.peek();
    const line = this.#next;
    if (line === undefined) return undefined;
    line.items.shift();
    this.#length -= 1;
    this.#served = line;
    this.#next = undefined;
    if (line.items.length === 0) this.#lines.delete(line.key);
    return item;
  }

  /** What the item at the head, or the one that was taken last, has cost. */
  charge(cost: number): void {
    (this.#next ?? this.#served).cost += cost;
  }

  takeAll(): Item[] {
    const items = [...this.#lines.values()].flatMap((line) => line.items.takeAll());
    this.#lines.clear();
    this.#next = undefined;
    this.#length = 0;
    return items;
  }

  /** The first of those that have cost the same. */
  #cheapest(mayBeServed: (key: string) => boolean): Line<Item> | undefined {
    let cheapest: Line<Item> | undefined;
    for (const line of this.#lines.values()) {
      if (cheapest !== undefined && line.cost >= cheapest.cost) continue;
      if (mayBeServed(line.key)) cheapest = line;
    }
    return cheapest;
  }
}

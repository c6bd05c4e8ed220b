/**
 * A queue in which those who wait take turns: each key has a line of its own, first in, first out, and the line that has cost
 * least so far is served next.
 *
 * Costs are told after the fact, because nobody knows them before (start-time fair queueing: Goyal, Vin, Cheng, 1996). Time is the cost at
 * which the line stood that was chosen last. A line that comes begins there, so nobody saves up; one that runs empty ahead of
 * it is remembered until time has come so far, so nobody is ahead of others by asking for one thing after another. When
 * nobody waits all of that is over.
 */
import { Queue } from './queue.ts';

interface Line<Item> {
  readonly key: string;
  /** What its items have cost, on a scale that all lines share. */
  cost: number;
  readonly items: Queue<Item>;
}

export class FairQueue<Item> {
  /** Those in which somebody waits, and those that time has not come up with. */
  readonly #lines = new Map<string, Line<Item>>();
  /** Lines in which somebody waits. */
  #waitingCount = 0;
  /** Whose first item is next; kept until that is taken. */
  #next: Line<Item> | undefined;
  /** Who was served last, though its line may be empty by now. */
  #served: Line<Item> | undefined;
  /** What the line had cost that was chosen last. */
  #time = 0;
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
    return Math.floor(whole / (this.#waitingCount + (this.lengthOf(key) > 0 ? 0 : 1)));
  }

  push(key: string, item: Item): void {
    const line = this.#lines.get(key) ?? { key, cost: this.#time, items: new Queue<Item>() };
    if (line.items.length === 0) {
      line.cost = Math.max(line.cost, this.#time);
      this.#lines.set(key, line);
      this.#waitingCount += 1;
    }
    line.items.push(item);
    this.#length += 1;
  }

  /** Whose turn it is; the same until it is taken by `shift`. */
  peek(): Item | undefined {
    if (this.#next === undefined) this.#choose(() => true);
    return this.#next?.items.at(0);
  }

  /** The same, taken at once, among those who may be served. */
  shiftAmong(mayBeServed: (key: string) => boolean): Item | undefined {
    this.#choose(mayBeServed);
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
    if (line.items.length === 0) this.#waitingCount -= 1;
    if (this.#length === 0) this.#forgetAll();
    return item;
  }

  /** What the item at the head, or the one that was taken last, has cost. */
  charge(cost: number): void {
    const line = this.#next ?? this.#served;
    if (line !== undefined) line.cost += cost;
  }

  takeAll(): Item[] {
    const items = [...this.#lines.values()].flatMap((line) => line.items.takeAll());
    this.#forgetAll();
    return items;
  }

  /** The first of those that have cost the same. */
  #choose(mayBeServed: (key: string) => boolean): void {
    let cheapest: Line<Item> | undefined;
    for (const line of this.#lines.values()) {
      if (line.items.length === 0) {
        if (line.cost <= this.#time) this.#lines.delete(line.key);
        continue;
      }
      if (cheapest !== undefined && line.cost >= cheapest.cost) continue;
      if (mayBeServed(line.key)) cheapest = line;
    }
    this.#next = cheapest;
    if (cheapest !== undefined) this.#time = Math.max(this.#time, cheapest.cost);
  }

  /** Nobody waits. */
  #forgetAll(): void {
    this.#lines.clear();
    this.#waitingCount = 0;
    this.#next = undefined;
    this.#length = 0;
  }
}

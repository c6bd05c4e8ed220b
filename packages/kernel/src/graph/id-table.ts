/**
 * Numbers for ids, in the order in which they were added: a hash table that takes an id's first bytes for its hash, for
 * an id is one. With millions of them it takes a tenth of the time of a `Map`, which hashes each string again and keeps
 * its entries far from each other.
 *
 * Whoever grinds out ids that begin alike makes it slower, as many steps as there are such ids, and no more than that.
 */
import type { ElementId } from './element.ts';

const FREE = 0;
const SLOT_COUNT_MIN = 1024;

export class IdTable {
  readonly #ids: ElementId[] = [];
  /** The number of the id that is there, plus one; a power of two of them, at most half of them taken. */
  #slots: Int32Array = new Int32Array(SLOT_COUNT_MIN);

  /** Adds an id, unless it is there, as the next number. */
  add(id: ElementId): void {
    const slot = this.#slotOf(id);
    if (this.#slots[slot] !== FREE) return;
    this.#slots[slot] = this.#ids.push(id);
    if (this.#ids.length * 2 > this.#slots.length) this.#grow();
  }

  /** How many ids came before it; undefined if it is not there. */
  numberOf(id: ElementId): number | undefined {
    const taken = this.#slots[this.#slotOf(id)]!; // a slot is within the table
    return taken === FREE ? undefined : taken - 1;
  }

  /** The string that was added, for whoever has another with the same bytes; that one if there is none. */
  sameId(id: ElementId): ElementId {
    return this.#ids[this.#slots[this.#slotOf(id)]! - 1] ?? id; // a slot is within the table
  }

  /** Where the id is, or would be. */
  #slotOf(id: ElementId): number {
    const mask = this.#slots.length - 1;
    let slot = hashOf(id) & mask;
    for (;;) {
      const taken = this.#slots[slot]!; // the mask keeps it within the table
      if (taken === FREE || this.#ids[taken - 1] === id) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let i = 0; i < this.#ids.length; i++) this.#slots[this.#slotOf(this.#ids[i]!)] = i + 1;
  }
}

function hashOf(id: ElementId): number {
  return (id.charCodeAt(0) << 24) | (id.charCodeAt(1) << 16) | (id.charCodeAt(2) << 8) | id.charCodeAt(3);
}

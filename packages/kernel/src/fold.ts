/**
 * Folding events into one world after the other, of which only the newest is looked at.
 *
 * Then the nodes that one event made may be changed in place by the next, and at 10⁶ nodes a third of the time and most
 * of the garbage is gone. What may share nodes with two views is never changed so: an edit session lasts while events only
 * write to workspaces, and ends with one that forks, collapses or ends one.
 */
import { apply } from './apply.ts';
import type { Sha256 } from './bytes/digest.ts';
import type { EncodedEvent } from './history/event.ts';
import { beginEdits, type EditSession } from './trie/trie.ts';
import type { World } from './world.ts';

export class Fold {
  readonly #sha256: Sha256;
  #world: World | null;
  #session: EditSession = beginEdits();

  /** Begins with `world`, which stays as it is; null before the first event. */
  constructor(world: World | null, sha256: Sha256) {
    this.#world = world;
    this.#sha256 = sha256;
  }

  /** The world after the events so far: good until the next is applied. */
  get world(): World | null {
    return this.#world;
  }

  /**
   * Applies the next event, and with that uses up the graphs of the world before it: its numbers, digests and ids stay
   * good. The world that the fold began with stays as it is.
   */
  apply(encoded: EncodedEvent): World {
    if (encoded.event.kind !== 'REWRITE_APPLIED') this.#session = beginEdits();
    return (this.#world = apply(this.#world, encoded, this.#sha256, this.#session));
  }
}

/**
 * The shelf: snapshots that readers were shown, kept for a while so that a cursor or a `snapshotId` still finds them.
 *
 * Each may pin what its workspace alone held, so the shelf is short, no view has more than its share of it, and a
 * workspace that ends takes its snapshots along.
 */
import type { Digest, Snapshot, ViewId } from '@jitos/kernel';

const SHELF_COUNT_MAX = 256;
const VIEW_COUNT_MAX = 16;

export class SnapshotShelf {
  /** By view, the one used last at the end; and so within a view. A `Map` iterates in order of insertion. */
  readonly #views = new Map<ViewId, Map<Digest, Snapshot>>();
  #count = 0;

  put(view: ViewId, snapshot: Snapshot): void {
    const shelved = this.#views.get(view) ?? new Map<Digest, Snapshot>();
    this.#views.delete(view);
    this.#views.set(view, shelved);
    if (!shelved.delete(snapshot.id)) this.#count += 1;
    shelved.set(snapshot.id, snapshot);
    if (shelved.size > VIEW_COUNT_MAX) this.#dropOldest(view, shelved);
    for (const [oldest, snapshots] of this.#views) {
      if (this.#count <= SHELF_COUNT_MAX) break;
      this.#dropOldest(oldest, snapshots);
    }
  }

  get(view: ViewId, id: Digest): Snapshot | undefined {
    return this.#views.get(view)?.get(id);
  }

  /** Lets go of an ended workspace's snapshots. */
  drop(view: ViewId): void {
    this.#count -= this.#views.get(view)?.size ?? 0;
    this.#views.delete(view);
  }

  #dropOldest(view: ViewId, shelved: Map<Digest, Snapshot>): void {
    for (const id of shelved.keys()) {
      shelved.delete(id);
      this.#count -= 1;
      break;
    }
    if (shelved.size === 0) this.#views.delete(view);
  }
}

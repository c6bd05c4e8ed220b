/**
 * The shelf: snapshots that readers were shown, kept for a while so that a cursor or a `snapshotId` still finds them.
 *
 * A snapshot shares all but its changes with its neighbours, so an old one costs little; the count bounds it anyway.
 */
import type { Digest, Snapshot, ViewId } from '@jitos/kernel';

const SHELF_COUNT_MAX = 1024;

export class SnapshotShelf {
  /** In order of last use: a `Map` iterates in order of insertion. */
  readonly #snapshots = new Map<string, Snapshot>();

  put(view: ViewId, snapshot: Snapshot): void {
    const key = shelfKey(view, snapshot.id);
    this.#snapshots.delete(key);
    this.#snapshots.set(key, snapshot);
    if (this.#snapshots.size <= SHELF_COUNT_MAX) return;
    for (const oldest of this.#snapshots.keys()) {
      this.#snapshots.delete(oldest);
      break;
    }
  }

  get(view: ViewId, id: Digest): Snapshot | undefined {
    return this.#snapshots.get(shelfKey(view, id));
  }
}

/** A workspace that was never written shares System's snapshot, yet is another view. */
function shelfKey(view: ViewId, id: Digest): string {
  return `${view} ${id}`;
}

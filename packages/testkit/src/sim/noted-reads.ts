/**
 * What clients were told of workspaces in one life of the daemon, and the law that a footprint which is gathered holds all
 * of it: what was read of the base before the command came.
 */
import assert from 'node:assert/strict';
import {
  rangeId,
  type Collapse,
  type Digest,
  type Event,
  type Range,
  type Rebase,
  type Workspace,
} from '@jitos/kernel';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';

/** What was known of a workspace's reads when a command about it came for the first time. */
export interface ReadsThen {
  readonly workspace: number;
  /** By base; the ids of ranges. */
  readonly byBase: ReadonlyMap<Digest, ReadonlySet<Digest>>;
  readonly rebaseCount: number;
  /** Events that were durable: what has a lower idx was decided before. */
  readonly historySize: number;
}

interface Noted {
  readonly byBase: Map<Digest, Set<Digest>>;
  rebaseCount: number;
}

export class NotedReads {
  readonly #noted = new Map<number, Noted>();

  note({ number, base }: Workspace, ranges: readonly Range[]): void {
    const { byBase } = this.#of(number);
    const ids = byBase.get(base.id) ?? new Set();
    byBase.set(base.id, ids);
    for (const range of ranges) ids.add(rangeId(range, sha256));
  }

  /** A rebase forgets what it has not looked at, on the same base too. */
  noteEvent(event: Event): void {
    if (event.kind !== 'REBASE') return;
    const noted = this.#of(event.view);
    noted.byBase.clear();
    noted.rebaseCount += 1;
  }

  now(workspace: number, historySize: number): ReadsThen {
    const { byBase, rebaseCount } = this.#of(workspace);
    const copy = new Map([...byBase].map(([base, ids]) => [base, new Set(ids)]));
    return { workspace, byBase: copy, rebaseCount, historySize };
  }

  /** Answers whether there was anything to hold the event to. */
  check(
    { workspace, byBase, rebaseCount, historySize }: ReadsThen,
    { idx, footprint, ...event }: Collapse | Rebase,
  ): boolean {
    const rebasesSince = this.#of(workspace).rebaseCount - (event.kind === 'REBASE' ? 1 : 0);
    if (footprint === null || idx < historySize || rebasesSince !== rebaseCount) return false;
    if (footprint.ranges.some(({ range }) => range === 'view')) return false;
    const told = new Set(footprint.ranges.map((range) => rangeId(range, sha256)));
    const read = [...(byBase.get(footprint.baseSnapshotId) ?? [])];
    assert.ok(
      read.every((id) => told.has(id)),
      `what workspace ${workspace} has read is not in the footprint of event ${idx}`,
    );
    return read.length > 0;
  }

  #of(workspace: number): Noted {
    const noted = this.#noted.get(workspace) ?? { byBase: new Map(), rebaseCount: 0 };
    this.#noted.set(workspace, noted);
    return noted;
  }
}

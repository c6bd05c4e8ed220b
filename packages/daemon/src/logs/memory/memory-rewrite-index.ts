/** A rewrite index in memory: that of the memory log, and the newest part of the file log's. */
import type { ViewId } from '@jitos/kernel';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '../../ports/rewrite-index.ts';
import { mustFollow, mustReach } from '../rewrite-rules.ts';

export class MemoryRewriteIndex implements RewriteIndex {
  #first: RewritePosition;
  #eventIdxEnd: number;
  #positions: RewritePosition[] = [];
  readonly #positionsByView = new Map<ViewId, RewritePosition[]>();

  constructor(first: RewritePosition = { rewriteIdx: 0, eventIdx: 0 }) {
    this.#first = first;
    this.#eventIdxEnd = first.eventIdx;
  }

  /** The rewrite and the event that it begins with. */
  get first(): RewritePosition {
    return this.#first;
  }

  get length(): number {
    return this.#first.rewriteIdx + this.#positions.length;
  }

  get eventIdxEnd(): number {
    return this.#eventIdxEnd;
  }

  /** Where its rewrites stand: all of them, and of each view, ascending. */
  get positions(): readonly RewritePosition[] {
    return this.#positions;
  }

  get positionsByView(): ReadonlyMap<ViewId, readonly RewritePosition[]> {
    return this.#positionsByView;
  }

  append(entries: readonly RewriteEntry[], eventIdxEnd: number): void {
    for (const entry of entries) this.#add(entry);
    mustReach(eventIdxEnd, this);
    this.#eventIdxEnd = eventIdxEnd;
  }

  page(view: ViewId, afterRewriteIdx: number, limit: number): readonly RewritePosition[] {
    const ofView = this.#positionsByView.get(view) ?? [];
    let low = 0;
    for (let high = ofView.length; low < high;) {
      const middle = (low + high) >>> 1;
      if (ofView[middle]!.rewriteIdx <= afterRewriteIdx) low = middle + 1;
      else high = middle;
    }
    return ofView.slice(low, low + Math.max(0, limit));
  }

  lastOf(view: ViewId): RewritePosition | undefined {
    return this.#positionsByView.get(view)?.at(-1);
  }

  last(limit: number): readonly RewritePosition[] {
    return limit <= 0 ? [] : this.#positions.slice(-limit);
  }

  clear(first: RewritePosition): void {
    this.#first = first;
    this.#positions = [];
    this.#positionsByView.clear();
    this.#eventIdxEnd = first.eventIdx;
  }

  async close(): Promise<void> {
    // Nothing is held that the collector doesn't free.
  }

  #add(entry: RewriteEntry): void {
    mustFollow(entry, this);
    const position = { rewriteIdx: entry.rewriteIdx, eventIdx: entry.eventIdx };
    this.#positions.push(position);
    this.#eventIdxEnd = entry.eventIdx + 1;
    for (const view of entry.views) {
      const ofView = this.#positionsByView.get(view);
      if (ofView === undefined) this.#positionsByView.set(view, [position]);
      else ofView.push(position);
    }
  }
}

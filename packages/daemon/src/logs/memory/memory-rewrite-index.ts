/** The rewrite index of the memory log: as short-lived, and as long as the history. */
import type { ViewId } from '@jitos/kernel';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '../../ports/rewrite-index.ts';
import { mustFollow } from '../rewrite-rules.ts';

export class MemoryRewriteIndex implements RewriteIndex {
  readonly #positions: RewritePosition[] = [];
  readonly #positionsByView = new Map<ViewId, RewritePosition[]>();

  get length(): number {
    return this.#positions.length;
  }

  append(entries: readonly RewriteEntry[]): void {
    for (const entry of entries) {
      mustFollow(entry, this.length);
      const position = { rewriteIdx: entry.rewriteIdx, eventIdx: entry.eventIdx };
      this.#positions.push(position);
      for (const view of entry.views) {
        const ofView = this.#positionsByView.get(view);
        if (ofView === undefined) this.#positionsByView.set(view, [position]);
        else ofView.push(position);
      }
    }
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

  close(): void {
    // Nothing is held that the collector doesn't free.
  }
}

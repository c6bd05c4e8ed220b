/** Watches a world for people: how fast its events come, and its last rewrites. */
import { unreachable } from '@jitos/kernel';
import { isRewrite, targetView, type RewriteKind } from '../../engine/event-workspaces.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { Committed } from '../../engine/world-loop.ts';
import { viewText } from '../../engine/view-text.ts';
import { readEventsAt } from '../../engine/read-events-at.ts';
import { worldStatus, type WorldStatus } from './world-status.ts';

/** A rewrite in a line. */
export interface RewriteSummary {
  readonly rewriteIdx: number;
  /** Its event's. */
  readonly idx: number;
  readonly kind: RewriteKind['kind'];
  /** `sws:N`; of a batch what it was collapsed into, which may be `system`. */
  readonly view: string;
  readonly opCount: number;
  /** How many there are of each op. */
  readonly ops: Readonly<Record<string, number>>;
  readonly outcome: 'forward' | 'merged' | 'aborted' | 'rebased' | 'discarded' | null;
}

const REWRITES_KEPT = 20;
const RATE_WINDOW_S = 10;

export class WorldMonitor {
  readonly #open: OpenWorld;
  readonly #nowS: () => number;
  readonly #sinceS: number;
  /** Events by second, of the last `RATE_WINDOW_S`. */
  readonly #countBySecond = new Map<number, number>();
  /** Newest last. */
  #rewrites: RewriteSummary[] = [];
  /** Settles once the rewrites from before this watch began are there, too. */
  readonly ready: Promise<void>;
  readonly #unsubscribe: () => void;

  constructor(open: OpenWorld, nowMs: () => number = () => performance.now()) {
    this.#open = open;
    this.#nowS = () => nowMs() / 1000;
    this.#sinceS = this.#nowS();
    this.#unsubscribe = open.loop.subscribe((committed) => this.#take(committed));
    this.ready = this.#readEarlier();
    // Whoever waits for it hears of a fault; nobody may be waiting.
    this.ready.catch(() => undefined);
  }

  get name(): string {
    return this.#open.name;
  }

  status(): WorldStatus {
    return worldStatus(this.#open, this.#eventsPerSecond());
  }

  /** Newest first. */
  lastRewrites(): readonly RewriteSummary[] {
    return this.#rewrites.toReversed();
  }

  close(): void {
    this.#unsubscribe();
  }

  #take({ events }: Committed): void {
    this.#count(events.length);
    const fresh: RewriteSummary[] = [];
    for (let i = events.length - 1; i >= 0 && fresh.length < REWRITES_KEPT; i--) {
      const { event } = events[i]!;
      if (isRewrite(event)) fresh.push(summarize(event));
    }
    this.#rewrites = [...this.#rewrites, ...fresh.reverse()].slice(-REWRITES_KEPT);
  }

  async #readEarlier(): Promise<void> {
    const { log, rewrites } = this.#open;
    const positions = rewrites.last(REWRITES_KEPT).filter(({ eventIdx }) => eventIdx >= log.firstIdx);
    const earlier: RewriteSummary[] = [];
    const idxs = positions.map(({ eventIdx }) => eventIdx);
    for await (const { event } of readEventsAt(log, idxs)) if (isRewrite(event)) earlier.push(summarize(event));
    this.#rewrites = [...earlier, ...this.#rewrites].slice(-REWRITES_KEPT);
  }

  #count(eventCount: number): void {
    const second = Math.floor(this.#nowS());
    const counted = this.#countBySecond.get(second);
    if (counted === undefined) this.#forgetOldSeconds();
    this.#countBySecond.set(second, (counted ?? 0) + eventCount);
  }

  #forgetOldSeconds(): void {
    const oldest = this.#nowS() - RATE_WINDOW_S;
    for (const second of this.#countBySecond.keys()) if (second < oldest) this.#countBySecond.delete(second);
  }

  #eventsPerSecond(): number {
    this.#forgetOldSeconds();
    let eventCount = 0;
    for (const counted of this.#countBySecond.values()) eventCount += counted;
    return Math.round(eventCount / Math.min(RATE_WINDOW_S, Math.max(1, this.#nowS() - this.#sinceS)));
  }
}

function summarize(event: RewriteKind): RewriteSummary {
  const { rewriteIdx, idx, kind } = event;
  const view = viewText(event.kind === 'COLLAPSE_BATCH' ? targetView(event) : event.view);
  const ops: Record<string, number> = {};
  const given = 'ops' in event ? event.ops : [];
  for (const { op } of given) ops[op] = (ops[op] ?? 0) + 1;
  return { rewriteIdx, idx, kind, view, opCount: given.length, ops, outcome: outcomeOf(event) };
}

function outcomeOf(event: RewriteKind): RewriteSummary['outcome'] {
  switch (event.kind) {
    case 'REWRITE_APPLIED':
      return null;
    case 'COLLAPSE':
      return event.mode ?? 'aborted';
    case 'COLLAPSE_BATCH':
      return event.committedCount > 0 ? 'merged' : 'aborted';
    case 'REBASE':
      return 'rebased';
    case 'DISCARD':
      return 'discarded';
    default:
      return unreachable(event);
  }
}

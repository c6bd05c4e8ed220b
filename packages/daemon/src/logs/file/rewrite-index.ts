/**
 * The rewrite index beside a file log: a log-structured merge tree. (P. O'Neil et al., "The log-structured merge-tree",
 * 1996.) The newest rewrites are in memory; those of older events are in *runs*, `rewrites-<first>-<end>.run`, files that
 * never change. Eight runs of as many events become one.
 *
 * - R1 Derived: the files may be deleted at any time. What is missing or wrong is dropped on opening, with all that comes
 *      after it, and `eventIdxEnd` says from where the owner has to append again.
 * - R2 A run begins and ends at multiples of its number of events, so there are O(log n) of them. Opening reads their
 *      headers, and the owner has less than one merge's events to bring unless one was cut short.
 * - R3 A name is proof of a whole file: a run is a draft until it is synced. The smallest stay drafts until they are merged or
 *      the index is closed, so a sync comes once in tens of thousands of events, and nobody waits for it.
 * - R4 Nothing works in the background but syncs. Each append moves some entries of merges that are due, the smallest
 *      first, in proportion to the events that it brings.
 * - R5 Memory is bounded: the events of one small run, a header and a block a run. On a full disk it grows with what the
 *      log, on the same disk, can still take.
 */
import { join } from 'node:path';
import type { ViewId } from '@jitos/kernel';
import type { Disk } from '../../ports/disk.ts';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '../../ports/rewrite-index.ts';
import { MemoryRewriteIndex } from '../memory/memory-rewrite-index.ts';
import { mustFollow, mustReach } from '../rewrite-rules.ts';
import { diskFaultToFailure, isDiskFull } from './log-failures.ts';
import { EVERY_KEY, viewToKey } from './rewrite-block.ts';
import { RewriteMerge } from './rewrite-merge.ts';
import { readRunHeader, RewriteRun } from './rewrite-run.ts';
import { isRewritesName, parseRunName, runName, type RunName } from './rewrite-run-format.ts';
import { RewriteRunWriter } from './rewrite-run-writer.ts';

/** Events whose rewrites are in memory at most, and in the smallest runs. */
const EVENTS_PER_RUN = 4096;
/** Runs that become one. */
const FAN_IN = 8;
/** Entries that an append moves for each event. An event has three at most, and is moved once for each power of eight. */
const ENTRIES_MOVED_PER_EVENT = 24;

export interface FileRewriteIndexOptions {
  readonly folder: string;
  readonly disk: Disk;
  /** The log that it indexes: runs of events that the log does not hold are dropped. */
  readonly log: { readonly worldId: Uint8Array; readonly firstIdx?: number; readonly length: number };
  /** For tests: events in the smallest runs. */
  readonly eventsPerRun?: number;
}

/** Opens the index beside `log`, dropping what doesn't belong to it. O(log n). Throws a `Failure` when the disk does. */
export function openFileRewriteIndex(options: FileRewriteIndexOptions): RewriteIndex {
  try {
    return new FileRewriteIndex(options, keepRuns(options));
  } catch (fault) {
    throw diskFaultToFailure(fault, options.folder, 'opening the rewrite index');
  }
}

class FileRewriteIndex implements RewriteIndex {
  readonly #options: FileRewriteIndexOptions;
  readonly #eventsPerRun: number;
  /** Without gaps, from the first event to where `#newest` begins; in memory are those that a full disk did not take. */
  #parts: (RewriteRun | MemoryRewriteIndex)[];
  #newest: MemoryRewriteIndex;
  /** The smallest first. */
  #merges: RewriteMerge[] = [];
  /** Of merged runs that are being made to last. */
  readonly #endings = new Set<Promise<void>>();
  /** After a sync that failed nothing is known of what the disk has, and what is damaged can't be moved. */
  #mayMerge = true;
  #isClosed = false;

  constructor(options: FileRewriteIndexOptions, runs: readonly RewriteRun[]) {
    this.#options = options;
    this.#eventsPerRun = options.eventsPerRun ?? EVENTS_PER_RUN;
    this.#parts = [...runs];
    this.#newest = new MemoryRewriteIndex(runs.at(-1)?.header.end);
  }

  get length(): number {
    return this.#newest.length;
  }

  get eventIdxEnd(): number {
    return this.#newest.eventIdxEnd;
  }

  append(entries: readonly RewriteEntry[], eventIdxEnd: number): void {
    const { eventIdxEnd: before } = this;
    for (const entry of entries) {
      mustFollow(entry, this);
      this.#sealBefore(entry.eventIdx);
      this.#newest.append([entry], entry.eventIdx + 1);
    }
    mustReach(eventIdxEnd, this);
    this.#sealBefore(eventIdxEnd);
    this.#newest.append([], eventIdxEnd);
    this.#stepMerges((eventIdxEnd - before) * ENTRIES_MOVED_PER_EVENT);
  }

  page(view: ViewId, afterRewriteIdx: number, limit: number): readonly RewritePosition[] {
    const positions: RewritePosition[] = [];
    for (const part of [...this.#parts, this.#newest]) {
      if (positions.length >= limit) break;
      if (part.length - 1 > afterRewriteIdx)
        positions.push(...part.page(view, afterRewriteIdx, limit - positions.length));
    }
    return positions;
  }

  lastOf(view: ViewId): RewritePosition | undefined {
    let last = this.#newest.lastOf(view);
    for (let i = this.#parts.length - 1; i >= 0 && last === undefined; i--) last = this.#parts[i]?.lastOf(view);
    return last;
  }

  last(limit: number): readonly RewritePosition[] {
    let positions = this.#newest.last(limit);
    for (let i = this.#parts.length - 1; i >= 0 && positions.length < limit; i--) {
      positions = [...(this.#parts[i]?.last(limit - positions.length) ?? []), ...positions];
    }
    return positions;
  }

  clear(first: RewritePosition): void {
    this.#abandonMerges();
    for (const part of this.#parts) if (part instanceof RewriteRun) part.discard();
    this.#parts = [];
    this.#newest = new MemoryRewriteIndex(first);
  }

  /** Merges that are not done begin again another time; runs that were not merged yet are kept. */
  async close(): Promise<void> {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#abandonMerges();
    await Promise.all(this.#endings);
    try {
      for (const part of this.#parts) if (this.#mayMerge && part instanceof RewriteRun) await part.keep();
    } catch {
      // What is not kept is appended again.
    } finally {
      for (const part of this.#parts) void part.close();
    }
  }

  /** Makes a run of the newest rewrites, and another, as long as event `idx` is beyond them. */
  #sealBefore(idx: number): void {
    for (;;) {
      const end = (Math.floor(this.#newest.first.eventIdx / this.#eventsPerRun) + 1) * this.#eventsPerRun;
      if (idx < end) return;
      this.#newest.append([], end);
      this.#parts.push(this.#newest);
      this.#newest = new MemoryRewriteIndex({ rewriteIdx: this.length, eventIdx: end });
      this.#writeParts();
      this.#beginMerges();
    }
  }

  /** Writes what is only in memory; a full disk gets it later. */
  #writeParts(): void {
    for (const [i, part] of this.#parts.entries()) {
      if (part instanceof RewriteRun) continue;
      const run = this.#writeRun(part);
      if (run === undefined) return;
      this.#parts[i] = run;
    }
  }

  #writeRun(part: MemoryRewriteIndex): RewriteRun | undefined {
    const { disk, folder, log } = this.#options;
    const end = { rewriteIdx: part.length, eventIdx: part.eventIdxEnd };
    let writer: RewriteRunWriter | undefined;
    try {
      writer = new RewriteRunWriter(disk, folder, { worldId: log.worldId, first: part.first, end });
      for (const { rewriteIdx, eventIdx } of part.positions) writer.add(EVERY_KEY, rewriteIdx, eventIdx);
      const byKey = [...part.positionsByView].map(([view, positions]) => ({ key: viewToKey(view), positions }));
      for (const { key, positions } of byKey.toSorted((a, b) => a.key - b.key)) {
        for (const { rewriteIdx, eventIdx } of positions) writer.add(key, rewriteIdx, eventIdx);
      }
      return writer.finish();
    } catch (fault) {
      writer?.abandon();
      if (isDiskFull(fault)) return undefined;
      throw diskFaultToFailure(fault, folder, 'writing the rewrite index');
    }
  }

  #beginMerges(): void {
    if (!this.#mayMerge) return;
    const { disk, folder } = this.#options;
    const busy = new Set(this.#merges.flatMap(({ inputs }) => inputs));
    try {
      for (let due = dueRuns(this.#parts, busy); due !== undefined; due = dueRuns(this.#parts, busy)) {
        for (const run of due) busy.add(run);
        this.#merges.push(new RewriteMerge(disk, folder, due));
      }
    } catch (fault) {
      this.#mayMerge &&= isDiskFull(fault);
    }
    this.#merges.sort((a, b) => eventCount(a.inputs[0]!) - eventCount(b.inputs[0]!));
  }

  #stepMerges(entryCount: number): void {
    let left = entryCount;
    while (left > 0) {
      const merge = this.#merges.find(({ isEnding }) => !isEnding);
      if (merge === undefined) return;
      try {
        left = merge.step(left);
        if (left > 0) this.#end(merge);
      } catch (fault) {
        merge.abandon();
        this.#drop(merge, fault);
      }
    }
  }

  /** All but those that are being made to last. */
  #abandonMerges(): void {
    for (const merge of this.#merges) if (!merge.isEnding) merge.abandon();
    this.#merges = [];
  }

  /** The merged run lasts some time later, and takes the place of its inputs then. */
  #end(merge: RewriteMerge): void {
    const ending = merge
      .finish()
      .then((run) => this.#replace(merge, run))
      .catch((fault: unknown) => this.#drop(merge, fault))
      .finally(() => this.#endings.delete(ending));
    this.#endings.add(ending);
  }

  #replace(merge: RewriteMerge, run: RewriteRun): void {
    const at = this.#parts.indexOf(merge.inputs[0]!);
    if (at < 0) return run.discard(); // all was cleared meanwhile
    this.#merges = this.#merges.filter((other) => other !== merge);
    this.#parts.splice(at, merge.inputs.length, run);
    for (const input of merge.inputs) input.discard();
    if (!this.#isClosed) this.#beginMerges();
  }

  /** On a full disk it is tried again; else whatever asks for what is damaged tells of it. */
  #drop(merge: RewriteMerge, fault: unknown): void {
    this.#merges = this.#merges.filter((other) => other !== merge);
    this.#mayMerge &&= isDiskFull(fault);
  }
}

function eventCount({ first, eventIdxEnd }: Pick<RewriteRun, 'first' | 'eventIdxEnd'>): number {
  return eventIdxEnd - first.eventIdx;
}

/** The newest runs of equal length that fill a run of the next length, none of them busy. */
function dueRuns(
  parts: readonly (RewriteRun | MemoryRewriteIndex)[],
  busy: ReadonlySet<RewriteRun>,
): [RewriteRun, ...RewriteRun[]] | undefined {
  for (let i = parts.length - FAN_IN; i >= 0; i--) {
    const [first, ...rest] = parts.slice(i, i + FAN_IN);
    if (!(first instanceof RewriteRun) || busy.has(first)) continue;
    const count = eventCount(first);
    if (first.first.eventIdx % (count * FAN_IN) !== 0) continue;
    const others = rest.filter((part) => part instanceof RewriteRun).filter((run) => eventCount(run) === count);
    if (others.length === rest.length) return [first, ...others];
  }
  return undefined;
}

/** The first to the last, and of those that begin together the longest first. */
function byPlace(a: RunName, b: RunName): number {
  return a.firstEventIdx - b.firstEventIdx || b.eventIdxEnd - a.eventIdxEnd;
}

/** The runs that follow each other from the first event on, or an archived one, each the longest; removes all others. */
function keepRuns({ disk, folder, log }: FileRewriteIndexOptions): readonly RewriteRun[] {
  const names = disk.list(folder).filter(isRewritesName);
  const found = names.flatMap((name) => parseRunName(name) ?? []).toSorted(byPlace);
  const runs: RewriteRun[] = [];
  let next: RewritePosition | undefined;
  for (const name of found) {
    const isDue = next === undefined ? name.firstEventIdx <= (log.firstIdx ?? 0) : name.firstEventIdx === next.eventIdx;
    if (!isDue || name.eventIdxEnd > log.length) continue;
    const header = readRunHeader(disk, folder, name, log.worldId);
    if (header === undefined || header.first.rewriteIdx !== (next ?? header.first).rewriteIdx) continue;
    runs.push(new RewriteRun({ disk, folder, header }));
    next = header.end;
  }
  const kept = new Set(runs.map(({ header }) => runName(header, 'run')));
  const useless = names.filter((name) => !kept.has(name));
  for (const name of useless) disk.remove(join(folder, name));
  // Or a power cut could bring one back that speaks of events which the log lost, and has others for by then.
  if (useless.length > 0) disk.syncFolder(folder);
  return runs;
}

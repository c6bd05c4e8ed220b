/**
 * The rewrite index beside a file log: `rewrites.idx`, and `views.tmp` while it is open.
 *
 * - R1 Derived: both files may be deleted at any time. What is short or wrong is dropped on opening, and `length` says
 *   from where the owner has to append again. A folder that is restored must not bring them along.
 * - R2 A page costs O(limit + log n) at any length, by jump pointers (`skip-list.ts`); a view's last rewrite O(1).
 * - R3 Memory is bounded: one buffer of records, and one of last rewrites by view.
 */
import { join } from 'node:path';
import type { ViewId } from '@jitos/kernel';
import type { Disk } from '../../ports/disk.ts';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '../../ports/rewrite-index.ts';
import { mustFollow } from '../rewrite-rules.ts';
import { diskFaultToFailure } from './log-failures.ts';
import { NumberTable } from './number-table.ts';
import type { Link } from './rewrite-records.ts';
import { RewriteRecords } from './rewrite-records.ts';
import { jumpOrdinal } from './skip-list.ts';

const SYSTEM = -1;

/** A member of a view's list: its rewriteIdx and where it stands. */
interface Member extends Link {
  readonly rewriteIdx: number;
}

export const REWRITES_NAME = 'rewrites.idx';

/** Opens the index beside `log`, dropping what doesn't belong to it. O(its length), some 10 M records a second. */
export function openFileRewriteIndex(options: {
  readonly folder: string;
  readonly disk: Disk;
  /** The log that it indexes: entries of events that the log does not hold are dropped. */
  readonly log: { readonly worldId: Uint8Array; readonly length: number };
}): RewriteIndex {
  const { folder, disk, log } = options;
  const path = join(folder, REWRITES_NAME);
  try {
    const lastByView = new NumberTable(disk, join(folder, 'views.tmp'));
    const onRecord = (rewriteIdx: number, { links }: { readonly links: readonly Link[] }): void => {
      for (const { view } of links) lastByView.set(view + 1, rewriteIdx + 1);
    };
    const records = RewriteRecords.open({ disk, path, worldId: log.worldId, eventIdxEnd: log.length, onRecord });
    return new FileRewriteIndex(records, lastByView);
  } catch (fault) {
    throw diskFaultToFailure(fault, path, 'opening the rewrite index');
  }
}

class FileRewriteIndex implements RewriteIndex {
  readonly #records: RewriteRecords;
  /** rewriteIdx + 1 of the last member, at view + 1. */
  readonly #lastByView: NumberTable;
  #isClosed = false;

  constructor(records: RewriteRecords, lastByView: NumberTable) {
    this.#records = records;
    this.#lastByView = lastByView;
  }

  get length(): number {
    return this.#records.count;
  }

  append(entries: readonly RewriteEntry[]): void {
    for (const entry of entries) {
      mustFollow(entry, this.length);
      const links = entry.views.map((view) => this.#newLink(viewToNumber(view), entry.rewriteIdx));
      this.#records.push({ eventIdx: entry.eventIdx, links });
      for (const { view } of links) this.#lastByView.set(view + 1, entry.rewriteIdx + 1);
    }
  }

  page(view: ViewId, afterRewriteIdx: number, limit: number): readonly RewritePosition[] {
    const last = this.#lastMember(viewToNumber(view));
    if (last === undefined || last.rewriteIdx <= afterRewriteIdx || limit <= 0) return [];
    const first = this.#firstAfter(last, afterRewriteIdx);
    let member = this.#ancestor(last, Math.min(last.ordinal, first.ordinal + limit - 1));
    const positions = [this.#position(member.rewriteIdx)];
    while (member.ordinal > first.ordinal) {
      member = this.#member(member.previous, member.view);
      positions.push(this.#position(member.rewriteIdx));
    }
    return positions.reverse();
  }

  lastOf(view: ViewId): RewritePosition | undefined {
    const last = this.#lastMember(viewToNumber(view));
    return last === undefined ? undefined : this.#position(last.rewriteIdx);
  }

  last(limit: number): readonly RewritePosition[] {
    const first = Math.max(0, this.length - Math.max(0, limit));
    return Array.from({ length: this.length - first }, (_, i) => this.#position(first + i));
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#records.close();
    this.#lastByView.close();
  }

  #newLink(view: number, rewriteIdx: number): Link {
    const previous = this.#lastMember(view);
    if (previous === undefined) return { view, ordinal: 0, previous: rewriteIdx, jump: rewriteIdx };
    const ordinal = previous.ordinal + 1;
    const jumpsToPrevious = jumpOrdinal(ordinal) === previous.ordinal;
    const jump = jumpsToPrevious ? previous.rewriteIdx : this.#member(previous.jump, view).jump;
    return { view, ordinal, previous: previous.rewriteIdx, jump };
  }

  /** The oldest member above `rewriteIdx`, of which `last` is one. */
  #firstAfter(last: Member, rewriteIdx: number): Member {
    let member = last;
    while (member.ordinal > 0 && member.previous > rewriteIdx) {
      member = this.#member(member.jump > rewriteIdx ? member.jump : member.previous, member.view);
    }
    return member;
  }

  #ancestor(from: Member, ordinal: number): Member {
    let member = from;
    while (member.ordinal > ordinal) {
      member = this.#member(jumpOrdinal(member.ordinal) >= ordinal ? member.jump : member.previous, member.view);
    }
    return member;
  }

  #lastMember(view: number): Member | undefined {
    const last = this.#lastByView.get(view + 1);
    return last === 0 ? undefined : this.#member(last - 1, view);
  }

  #member(rewriteIdx: number, view: number): Member {
    const link = this.#records.get(rewriteIdx).links.find((candidate) => candidate.view === view);
    if (link === undefined) throw new Error(`rewrite ${rewriteIdx} is not of view ${view}`);
    return { rewriteIdx, ...link };
  }

  #position(rewriteIdx: number): RewritePosition {
    return { rewriteIdx, eventIdx: this.#records.get(rewriteIdx).eventIdx };
  }
}

function viewToNumber(view: ViewId): number {
  return view === 'system' ? SYSTEM : view;
}

/** Connections in Relay's form: reading their arguments, and answering with a page. */
import { digestToHex, type Digest } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { FIRST_MAX } from '../graphql/view-input.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { SignedCursors, type Bound, type Cursor } from './signed-cursors.ts';

export interface PageArgs {
  readonly first?: number | null;
  readonly after?: string | null;
  readonly last?: number | null;
  readonly before?: string | null;
}

/** A page as it is asked for: so many between two places, from one end. */
export interface PageWanted {
  readonly count: number;
  readonly from: 'start' | 'end';
  readonly after: Cursor | null;
  readonly before: Cursor | null;
}

/** What a page holds where nobody says how much. */
export const PAGE_DEFAULT = 100;

/** The cursors of a list, for whoever asks: those of others are of no use to him. */
export function cursorsOf({ open, principal }: RequestContext, list: readonly unknown[]): SignedCursors {
  return new SignedCursors(open.keys.signer, [principal, ...list]);
}

/** Throws `PAGE_INVALID`, or `CURSOR_INVALID` for cursors of another list, or of two states of this one. */
export function readPageArgs({ first, after, last, before }: PageArgs, cursors: SignedCursors): PageWanted {
  const isBack = last !== null && last !== undefined;
  if (isBack && first !== null && first !== undefined) {
    throw new Failure('PAGE_INVALID', 'last', 'ask for the first or for the last, not for both');
  }
  const count = (isBack ? last : first) ?? PAGE_DEFAULT;
  if (count < 1 || count > FIRST_MAX) {
    throw new Failure('PAGE_INVALID', isBack ? 'last' : 'first', `${count} is not from 1 to ${FIRST_MAX}`);
  }
  const read = (text: string | null | undefined, place: string): Cursor | null => {
    if (text === null || text === undefined) return null;
    const cursor = cursors.decode(text);
    if (cursor !== undefined) return cursor;
    throw new Failure('CURSOR_INVALID', place, 'not a cursor that this list was answered with');
  };
  const wanted = { count, after: read(after, 'after'), before: read(before, 'before') };
  if (wanted.after !== null && wanted.before !== null && wanted.after.snapshotId !== wanted.before.snapshotId) {
    throw new Failure('CURSOR_INVALID', 'before', 'the two cursors are of different snapshots');
  }
  return { ...wanted, from: isBack ? 'end' : 'start' };
}

/** What was read of a list. */
export interface ReadItems<Item> {
  /** In the list's order, whichever end they were read from. */
  readonly items: readonly Item[];
  /** Whether there is more where the reading ended. */
  readonly hasMore: boolean;
  /** Where that was; null if nothing was read. */
  readonly end: Digest | null;
}

interface PageParts<Item> {
  readonly wanted: PageWanted;
  readonly bound: Bound;
  readonly cursors: SignedCursors;
  readonly read: ReadItems<Item>;
  readonly positionOf: (item: Item) => Digest;
}

interface Ends {
  readonly start: string | null;
  readonly end: string | null;
}

/**
 * A page of a connection, and its `PageInfo`. Cursors are made when they are asked for, those of all edges at once; that takes
 * classes, for a closure an edge would cost more than what it saves.
 */
export class ConnectionPage<Item extends object> {
  readonly #parts: PageParts<Item>;
  #cursors: readonly string[] | undefined;
  #ends: Ends | undefined;

  constructor(parts: PageParts<Item>) {
    this.#parts = parts;
  }

  get edges(): readonly PageEdge<Item>[] {
    return this.#parts.read.items.map((item, i) => new PageEdge(this, item, i));
  }

  get pageInfo(): this {
    return this;
  }

  get snapshotId(): string {
    return digestToHex(this.#parts.bound.snapshotId);
  }

  get hasNextPage(): boolean {
    const { wanted, read } = this.#parts;
    return wanted.from === 'start' ? read.hasMore : wanted.before !== null;
  }

  get hasPreviousPage(): boolean {
    const { wanted, read } = this.#parts;
    return wanted.from === 'end' ? read.hasMore : wanted.after !== null;
  }

  get startCursor(): string | null {
    return this.#endsOf().start;
  }

  get endCursor(): string | null {
    return this.#endsOf().end;
  }

  cursorOf(i: number): string {
    const { cursors, bound, read, positionOf } = this.#parts;
    this.#cursors ??= cursors.encode(bound, read.items.map(positionOf));
    return this.#cursors[i]!; // one for each item
  }

  /** Those of its edges, but where it ended early: a page that has looked at all that it might goes on behind that. */
  #endsOf(): Ends {
    this.#ends ??= this.#makeEnds();
    return this.#ends;
  }

  #makeEnds(): Ends {
    const { wanted, read, positionOf } = this.#parts;
    const [first, last] = [read.items.at(0), read.items.at(-1)];
    const isUp = wanted.from === 'start';
    const far = read.hasMore ? read.end : null;
    const start = (isUp ? null : far) ?? (first === undefined ? null : positionOf(first));
    const end = (isUp ? far : null) ?? (last === undefined ? null : positionOf(last));
    const known = this.#cursors;
    const isAtItems = known !== undefined && first !== undefined && last !== undefined;
    if (isAtItems && start === positionOf(first) && end === positionOf(last)) {
      return { start: known[0]!, end: known.at(-1)! }; // there are some
    }
    const positions = [start, end].filter((each) => each !== null);
    const [one = null, other = one] =
      positions.length === 0 ? [] : this.#parts.cursors.encode(this.#parts.bound, positions);
    return { start: start === null ? null : one, end: end === null ? null : other };
  }
}

class PageEdge<Item extends object> {
  readonly #page: ConnectionPage<Item>;
  readonly #i: number;
  readonly node: Item;

  constructor(page: ConnectionPage<Item>, node: Item, i: number) {
    this.#page = page;
    this.node = node;
    this.#i = i;
  }

  get cursor(): string {
    return this.#page.cursorOf(this.#i);
  }
}

/** The contract of the rewrite index port: one suite, which every adapter passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { isDeepStrictEqual } from 'node:util';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '@jitos/daemon/ports/rewrite-index.ts';
import type { ViewId } from '@jitos/kernel';
import * as fc from 'fast-check';

/** Declares the suite for one adapter. `makeIndex` makes an empty index; the suite closes it. */
export function rewriteIndexContract(name: string, makeIndex: () => RewriteIndex): void {
  describe(`${name} keeps the rewrite index contract`, () => {
    test('an empty index has no pages', async () => {
      const index = makeIndex();
      assert.deepEqual([index.length, index.eventIdxEnd], [0, 0]);
      assert.deepEqual(index.page('system', -1, 10), []);
      assert.deepEqual(index.page(7, -1, 10), []);
      assert.deepEqual(index.last(20), []);
      assert.equal(index.lastOf('system'), undefined);
      assert.equal(index.lastOf(7), undefined);
      await index.close();
    });

    test('a committed collapse is on the pages of all of its views', async () => {
      const index = makeIndex();
      const entries: RewriteEntry[] = [
        { rewriteIdx: 0, eventIdx: 2, views: [0] },
        { rewriteIdx: 1, eventIdx: 3, views: [1] },
        { rewriteIdx: 2, eventIdx: 5, views: [0, 1, 'system'] },
      ];
      index.append(entries, 9);
      const at = (rewriteIdx: number, eventIdx: number): RewritePosition => ({ rewriteIdx, eventIdx });
      assert.deepEqual([index.length, index.eventIdxEnd], [3, 9]);
      assert.deepEqual(index.page(0, -1, 10), [at(0, 2), at(2, 5)]);
      assert.deepEqual(index.page('system', -1, 10), [at(2, 5)]);
      assert.deepEqual(index.page(1, 0, 10), [at(1, 3), at(2, 5)]);
      assert.deepEqual(index.page(1, 2, 10), []);
      assert.deepEqual(index.last(2), [at(1, 3), at(2, 5)]);
      assert.deepEqual(index.last(0), []);
      assert.deepEqual([index.lastOf(0), index.lastOf(1), index.lastOf('system')], [at(2, 5), at(2, 5), at(2, 5)]);
      assert.equal(index.lastOf(2), undefined);
      await index.close();
      await index.close();
    });

    test('an entry out of order, or of no view or one twice, is a bug and changes nothing', async () => {
      const index = makeIndex();
      index.append([{ rewriteIdx: 0, eventIdx: 1, views: [0] }], 2);
      const bad: RewriteEntry[] = [
        { rewriteIdx: 0, eventIdx: 2, views: [0] },
        { rewriteIdx: 2, eventIdx: 2, views: [0] },
        { rewriteIdx: 1, eventIdx: 1, views: [0] },
        { rewriteIdx: 1, eventIdx: 2, views: [] },
        { rewriteIdx: 1, eventIdx: 2, views: [0, 0] },
        { rewriteIdx: 1, eventIdx: 2, views: [0, 1, 'system', 0] },
      ];
      for (const entry of bad) assert.throws(() => index.append([entry], 3), Error);
      assert.throws(() => index.append([], 1), Error);
      assert.deepEqual([index.length, index.eventIdxEnd], [1, 2]);
      assert.deepEqual(index.page(0, -1, 10), [{ rewriteIdx: 0, eventIdx: 1 }]);
      await index.close();
    });

    test('what was cleared begins again with the first event', async () => {
      const index = makeIndex();
      index.append(alternating(0, 100), 300);
      index.clear({ rewriteIdx: 0, eventIdx: 0 });
      assert.deepEqual([index.length, index.eventIdxEnd, index.last(5)], [0, 0, []]);
      assert.deepEqual(index.page(0, -1, 10), []);
      index.append(alternating(0, 50), 150);
      assert.deepEqual(index.page('system', -1, 200), plainPage(alternating(0, 50), 'system', -1, 200));
      index.clear({ rewriteIdx: 30, eventIdx: 90 });
      assert.deepEqual([index.length, index.eventIdxEnd], [30, 90]);
      index.append(alternating(30, 90), 270);
      assert.deepEqual(index.page('system', -1, 200), plainPage(alternating(30, 90), 'system', -1, 200));
      assert.deepEqual(index.last(100), alternating(30, 90).map(toPosition));
      await index.close();
    });

    test('every page and the last of every view equal those of a plain list', async () => {
      await fc.assert(
        fc.asyncProperty(appendices, fc.array(pageRequest, { maxLength: 20 }), async (all, pages) => {
          const index = makeIndex();
          const entries: RewriteEntry[] = [];
          for (const appendix of all) {
            const { fresh, eventIdxEnd } = entriesOf(appendix, index);
            index.append(fresh, eventIdxEnd);
            entries.push(...fresh);
            assert.deepEqual([index.length, index.eventIdxEnd], [entries.length, eventIdxEnd]);
          }
          for (const request of pages) assertSamePage(index, entries, request);
          await index.close();
        }),
        { numRuns: 200 },
      );
    });

    test('a long view is paged from anywhere', async () => {
      const index = makeIndex();
      const count = 5000;
      const entries = alternating(0, count);
      index.append(entries, 3 * count);
      for (let after = -1; after < count + 1; after += 611) {
        assert.deepEqual(index.page('system', after, 13), plainPage(entries, 'system', after, 13));
      }
      // What differs would take minutes to be shown.
      const whole = plainPage(entries, 'system', -1, count);
      assert.ok(isDeepStrictEqual(index.page('system', -1, count), whole), 'the whole view is another');
      assert.ok(isDeepStrictEqual(index.last(count), entries.map(toPosition)), 'the whole list is another');
      assert.deepEqual(index.page(4998, -1, 5), [{ rewriteIdx: 4998, eventIdx: 14_995 }]);
      assert.deepEqual(index.lastOf(4998), { rewriteIdx: 4998, eventIdx: 14_995 });
      assert.deepEqual(index.lastOf(0), { rewriteIdx: 4999, eventIdx: 14_998 });
      await index.close();
    });
  });
}

/** Of every two rewrites one of a workspace of its own and System, one of workspace 0; two events stand between. */
function alternating(from: number, to: number): RewriteEntry[] {
  return Array.from({ length: to - from }, (_, i) => {
    const rewriteIdx = from + i;
    const views: ViewId[] = rewriteIdx % 2 === 0 ? [rewriteIdx, 'system'] : [0];
    return { rewriteIdx, eventIdx: 3 * rewriteIdx + 1, views };
  });
}

/** What one append brings: events, of which those with views are rewrites. */
export type Appendix = readonly (readonly ViewId[])[];

const view: fc.Arbitrary<ViewId> = fc.oneof(fc.constant('system' as const), fc.integer({ min: 0, max: 4 }));
/** None for an event that is no rewrite. */
const viewsOfEvent: fc.Arbitrary<ViewId[]> = fc.uniqueArray(view, { maxLength: 2 });
export const appendices: fc.Arbitrary<Appendix[]> = fc.array(fc.array(viewsOfEvent, { maxLength: 30 }), {
  maxLength: 12,
});

export interface PageRequest {
  readonly view: ViewId;
  readonly after: number;
  readonly limit: number;
}

export const pageRequest: fc.Arbitrary<PageRequest> = fc.record({
  view,
  after: fc.integer({ min: -1, max: 250 }),
  limit: fc.integer({ min: 0, max: 60 }),
});

/** The entries of an appendix to an index of this extent. */
export function entriesOf(
  appendix: Appendix,
  { length, eventIdxEnd }: Pick<RewriteIndex, 'length' | 'eventIdxEnd'>,
): { readonly fresh: readonly RewriteEntry[]; readonly eventIdxEnd: number } {
  const fresh: RewriteEntry[] = [];
  for (const [i, views] of appendix.entries()) {
    if (views.length > 0) fresh.push({ rewriteIdx: length + fresh.length, eventIdx: eventIdxEnd + i, views });
  }
  return { fresh, eventIdxEnd: eventIdxEnd + appendix.length };
}

/** The page, the last of its view and the last of all are those of the plain list. */
export function assertSamePage(index: RewriteIndex, entries: readonly RewriteEntry[], request: PageRequest): void {
  const { view: of, after, limit } = request;
  assert.deepEqual(index.page(of, after, limit), plainPage(entries, of, after, limit));
  assert.deepEqual(index.lastOf(of), plainPage(entries, of, -1, Infinity).at(-1));
  assert.deepEqual(index.last(limit), limit === 0 ? [] : entries.slice(-limit).map(toPosition));
}

function plainPage(entries: readonly RewriteEntry[], of: ViewId, after: number, limit: number): RewritePosition[] {
  return entries
    .filter(({ rewriteIdx, views }) => rewriteIdx > after && views.includes(of))
    .slice(0, limit)
    .map(toPosition);
}

function toPosition({ rewriteIdx, eventIdx }: RewriteEntry): RewritePosition {
  return { rewriteIdx, eventIdx };
}

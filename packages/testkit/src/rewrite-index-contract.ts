/** The contract of the rewrite index port: one suite, which every adapter passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '@jitos/daemon/ports/rewrite-index.ts';
import type { ViewId } from '@jitos/kernel';
import * as fc from 'fast-check';

/** Declares the suite for one adapter. `makeIndex` makes an empty index; the suite closes it. */
export function rewriteIndexContract(name: string, makeIndex: () => RewriteIndex): void {
  describe(`${name} keeps the rewrite index contract`, () => {
    test('an empty index has no pages', () => {
      const index = makeIndex();
      assert.equal(index.length, 0);
      assert.deepEqual(index.page('system', -1, 10), []);
      assert.deepEqual(index.page(7, -1, 10), []);
      assert.deepEqual(index.last(20), []);
      assert.equal(index.lastOf('system'), undefined);
      assert.equal(index.lastOf(7), undefined);
      index.close();
    });

    test('a committed collapse is on the pages of both of its views', () => {
      const index = makeIndex();
      index.append([
        { rewriteIdx: 0, eventIdx: 2, views: [0] },
        { rewriteIdx: 1, eventIdx: 3, views: [1] },
        { rewriteIdx: 2, eventIdx: 5, views: [0, 'system'] },
      ]);
      const at = (rewriteIdx: number, eventIdx: number): RewritePosition => ({ rewriteIdx, eventIdx });
      assert.equal(index.length, 3);
      assert.deepEqual(index.page(0, -1, 10), [at(0, 2), at(2, 5)]);
      assert.deepEqual(index.page('system', -1, 10), [at(2, 5)]);
      assert.deepEqual(index.page(1, 0, 10), [at(1, 3)]);
      assert.deepEqual(index.page(1, 1, 10), []);
      assert.deepEqual(index.last(2), [at(1, 3), at(2, 5)]);
      assert.deepEqual(index.last(0), []);
      assert.deepEqual([index.lastOf(0), index.lastOf(1), index.lastOf('system')], [at(2, 5), at(1, 3), at(2, 5)]);
      assert.equal(index.lastOf(2), undefined);
      index.close();
      index.close();
    });

    test('an entry out of order, or of no view or three, is a bug and changes nothing', () => {
      const index = makeIndex();
      index.append([{ rewriteIdx: 0, eventIdx: 1, views: [0] }]);
      const bad: RewriteEntry[] = [
        { rewriteIdx: 0, eventIdx: 2, views: [0] },
        { rewriteIdx: 2, eventIdx: 2, views: [0] },
        { rewriteIdx: 1, eventIdx: 2, views: [] },
        { rewriteIdx: 1, eventIdx: 2, views: [0, 0] },
        { rewriteIdx: 1, eventIdx: 2, views: [0, 1, 'system'] },
      ];
      for (const entry of bad) assert.throws(() => index.append([entry]), Error);
      assert.equal(index.length, 1);
      assert.deepEqual(index.page(0, -1, 10), [{ rewriteIdx: 0, eventIdx: 1 }]);
      index.close();
    });

    test('every page and the last of every view equal those of a plain list', () => {
      fc.assert(
        fc.property(
          fc.array(viewsOfEntry, { maxLength: 120 }),
          fc.array(pageRequest, { maxLength: 20 }),
          (all, pages) => {
            const index = makeIndex();
            const entries = all.map((views, i): RewriteEntry => ({ rewriteIdx: i, eventIdx: i * 2 + 1, views }));
            for (let i = 0; i < entries.length; i += 7) index.append(entries.slice(i, i + 7));
            for (const { view, after, limit } of pages) {
              assert.deepEqual(index.page(view, after, limit), plainPage(entries, view, after, limit));
              assert.deepEqual(index.lastOf(view), plainPage(entries, view, -1, Infinity).at(-1));
              assert.deepEqual(index.last(limit), entries.slice(Math.max(0, all.length - limit)).map(toPosition));
            }
            index.close();
          },
        ),
        { numRuns: 200 },
      );
    });

    test('a long view is paged from anywhere', () => {
      const index = makeIndex();
      const count = 5000;
      const entries = Array.from({ length: count }, (_, i): RewriteEntry => {
        return { rewriteIdx: i, eventIdx: i + 10, views: i % 3 === 0 ? [i, 'system'] : ['system'] };
      });
      index.append(entries);
      for (let after = -1; after < count + 1; after += 611) {
        assert.deepEqual(index.page('system', after, 13), plainPage(entries, 'system', after, 13));
      }
      assert.deepEqual(index.page('system', -1, count), entries.map(toPosition));
      assert.deepEqual(index.page(4998, -1, 5), [{ rewriteIdx: 4998, eventIdx: 5008 }]);
      assert.deepEqual(index.lastOf(4998), { rewriteIdx: 4998, eventIdx: 5008 });
      assert.deepEqual(index.lastOf('system'), { rewriteIdx: 4999, eventIdx: 5009 });
      index.close();
    });
  });
}

const view: fc.Arbitrary<ViewId> = fc.oneof(fc.constant('system' as const), fc.integer({ min: 0, max: 4 }));
const viewsOfEntry: fc.Arbitrary<ViewId[]> = fc.uniqueArray(view, { minLength: 1, maxLength: 2 });
const pageRequest = fc.record({
  view,
  after: fc.integer({ min: -1, max: 125 }),
  limit: fc.integer({ min: 0, max: 30 }),
});

function plainPage(entries: readonly RewriteEntry[], of: ViewId, after: number, limit: number): RewritePosition[] {
  return entries
    .filter(({ rewriteIdx, views }) => rewriteIdx > after && views.includes(of))
    .slice(0, limit)
    .map(toPosition);
}

function toPosition({ rewriteIdx, eventIdx }: RewriteEntry): RewritePosition {
  return { rewriteIdx, eventIdx };
}

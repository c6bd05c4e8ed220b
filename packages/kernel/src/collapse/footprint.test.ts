import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { keyedId } from '@jitos/testkit/world/make-ops.ts';
import { ZERO_DIGEST, type Digest } from '../bytes/digest.ts';
import { FOOTPRINT_RANGES_MAX, footprintProblem, rangeId, sortRanges, type Range } from './footprint.ts';

function problemOf(ranges: readonly Range[]): string | undefined {
  return footprintProblem({ baseSnapshotId: ZERO_DIGEST, ranges });
}

const A = keyedId('file', 'a');
const RANGES: readonly Range[] = [
  { range: 'view' },
  { range: 'slot', slot: A },
  { range: 'in', node: A, kind: null },
  { range: 'out', node: A, kind: 'owns' },
  { range: 'out', node: A, kind: null },
  { range: 'edges', kind: 'owns' },
  { range: 'nodes', kind: 'file' },
  { range: 'edge', id: A },
  { range: 'node', id: A },
];

test('ranges are sorted by their bytes, each one once', () => {
  const sorted = sortRanges([...RANGES, ...RANGES]);
  assert.equal(sorted.length, RANGES.length);
  assert.equal(problemOf(sorted), undefined);
  assert.match(problemOf(RANGES) ?? '', /out of order/);
  assert.match(problemOf([{ range: 'view' }, { range: 'view' }]) ?? '', /named twice/);
});

test('each range has an id of its own', () => {
  assert.equal(new Set(RANGES.map((range) => rangeId(range, sha256))).size, RANGES.length);
});

test('a footprint has no more ranges than its bound', () => {
  const ranges = sortRanges(
    Array.from({ length: FOOTPRINT_RANGES_MAX + 1 }, (_, i): Range => ({ range: 'nodes', kind: `k${i}` })),
  );
  assert.match(problemOf(ranges) ?? '', /at most 10000 ranges, not 10001/);
  assert.equal(problemOf(ranges.slice(1)), undefined);
});

test('what is no id or no kind is refused before it is encoded', () => {
  const short = 'short' as Digest; // it is not, which is the point
  const ranges: readonly Range[] = [
    { range: 'node', id: short },
    { range: 'slot', slot: short },
    { range: 'out', node: short, kind: null },
    { range: 'in', node: A, kind: 'no kind' },
    { range: 'edges', kind: '' },
  ];
  for (const range of ranges) assert.match(problemOf([range]) ?? '', /32 bytes, or what is no kind/);
  assert.match(footprintProblem({ baseSnapshotId: short, ranges: [] }) ?? '', /snapshot id/);
});

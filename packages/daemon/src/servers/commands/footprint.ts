/** What a workspace has read, as the client declares it. */
import { FOOTPRINT_RANGES_MAX, sortRanges, type Footprint, type Range } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { readHash } from '../graphql/op-json.ts';

interface RangeInput {
  readonly range: 'NODE' | 'EDGE' | 'NODES' | 'EDGES' | 'OUT' | 'IN' | 'SLOT' | 'VIEW';
  readonly id?: string | null;
  readonly kind?: string | null;
}

export interface FootprintInput {
  readonly baseSnapshotId: string;
  readonly ranges: readonly RangeInput[];
}

export function readFootprint({ baseSnapshotId, ranges }: FootprintInput, place: string): Footprint {
  if (ranges.length > FOOTPRINT_RANGES_MAX) {
    throw new Failure('FOOTPRINT_INVALID', `${place}.ranges`, `more than ${FOOTPRINT_RANGES_MAX} ranges`);
  }
  return {
    baseSnapshotId: readHash(baseSnapshotId, `${place}.baseSnapshotId`),
    ranges: sortRanges(ranges.map((range, i) => readRange(range, `${place}.ranges[${i}]`))),
  };
}

/** Whether `id` and `kind` stand in a range: always, never, or as one likes. */
const RANGE_PARTS: { readonly [R in RangeInput['range']]: { readonly id: boolean; readonly kind: boolean | 'maybe' } } =
  {
    NODE: { id: true, kind: false },
    EDGE: { id: true, kind: false },
    NODES: { id: false, kind: true },
    EDGES: { id: false, kind: true },
    OUT: { id: true, kind: 'maybe' },
    IN: { id: true, kind: 'maybe' },
    SLOT: { id: true, kind: false },
    VIEW: { id: false, kind: false },
  };

function readRange({ range, id = null, kind = null }: RangeInput, place: string): Range {
  const parts = RANGE_PARTS[range];
  if ((id !== null) !== parts.id) throw rangeInvalid(`${place}.id`, range, parts.id ? 'needs an id' : 'takes no id');
  if (parts.kind !== 'maybe' && (kind !== null) !== parts.kind) {
    throw rangeInvalid(`${place}.kind`, range, parts.kind ? 'needs a kind' : 'takes no kind');
  }
  const digest = (): ReturnType<typeof readHash> => readHash(id, `${place}.id`);
  switch (range) {
    case 'NODE':
      return { range: 'node', id: digest() };
    case 'EDGE':
      return { range: 'edge', id: digest() };
    case 'NODES':
      return { range: 'nodes', kind: kind! }; // it needs one
    case 'EDGES':
      return { range: 'edges', kind: kind! }; // it needs one
    case 'OUT':
      return { range: 'out', node: digest(), kind };
    case 'IN':
      return { range: 'in', node: digest(), kind };
    case 'SLOT':
      return { range: 'slot', slot: digest() };
    case 'VIEW':
      return { range: 'view' };
  }
}

function rangeInvalid(place: string, range: string, what: string): Failure {
  return new Failure('FOOTPRINT_INVALID', place, `the range ${range} ${what}`);
}

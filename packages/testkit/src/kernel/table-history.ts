/**
 * Random histories of a table: versions that each follow from an earlier one by a run of edits, kept side by side in a
 * trie and in a plain Map.
 */
import * as fc from 'fast-check';
import {
  beginEdits,
  emptyTrie,
  trieDigest,
  triePut,
  trieRemove,
  type Bytes,
  type Trie,
  type ValueDigest,
} from '@jitos/kernel';
import { keySpace } from './keys.ts';
import { nodeSha256 } from './node-sha256.ts';

/** The tables of the tests hold small numbers. */
export type TestTrie = Trie<number>;

export const testValueDigest: ValueDigest<number> = (value, sha256) => sha256(`value ${value}` as Bytes); // ASCII

export function testRoot(trie: TestTrie): string {
  return trieDigest(trie, testValueDigest, nodeSha256);
}

export interface Version {
  readonly trie: TestTrie;
  readonly map: ReadonlyMap<Bytes, number>;
}

interface Edit {
  readonly key: number;
  readonly value: number;
  /** 0 … 99: below the step's share it removes. */
  readonly roll: number;
}

interface Step {
  /** Which earlier version it starts from, counted modulo how many there are; usually the newest. */
  readonly base: number | null;
  readonly inSession: boolean;
  readonly removeShare: number;
  readonly edits: readonly Edit[];
}

export interface TableHistory {
  readonly keys: readonly Bytes[];
  readonly steps: readonly Step[];
}

const edit: fc.Arbitrary<Edit> = fc.record({ key: fc.nat(), value: fc.nat({ max: 3 }), roll: fc.nat({ max: 99 }) });

const step: fc.Arbitrary<Step> = fc.record({
  base: fc.option(fc.nat(), { freq: 2 }),
  inSession: fc.boolean(),
  removeShare: fc.constantFrom(0, 0, 20, 60, 100),
  edits: fc.array(edit, { maxLength: 80, size: 'max' }),
});

/** Histories over keys of 8, 16 or 32 bytes. */
export const anyTableHistory: fc.Arbitrary<TableHistory> = fc.record({
  keys: fc.constantFrom(8, 16, 32).chain(keySpace),
  steps: fc.array(step, { minLength: 1, maxLength: 10, size: 'max' }),
});

/** Plays a history: every version it has, the empty one first. Digests are taken here and there on the way. */
export function playHistory({ keys, steps }: TableHistory): Version[] {
  const versions: Version[] = [{ trie: emptyTrie(), map: new Map() }];
  for (const each of steps) {
    const base = versions[each.base === null ? versions.length - 1 : each.base % versions.length]!;
    versions.push(playStep(base, each, keys));
  }
  return versions;
}

function playStep(base: Version, { inSession, removeShare, edits }: Step, keys: readonly Bytes[]): Version {
  const session = inSession ? beginEdits() : null;
  const map = new Map(base.map);
  let trie = base.trie;
  for (const { key: index, value, roll } of edits) {
    const key = keys[index % keys.length]!;
    if (roll < removeShare) {
      trie = trieRemove(trie, key, session);
      map.delete(key);
    } else {
      trie = triePut(trie, key, value, session);
      map.set(key, value);
    }
    if (roll % 10 === 0) testRoot(trie);
  }
  return { trie, map };
}

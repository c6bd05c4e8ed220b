import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import { anyValue } from '@jitos/testkit/kernel/values.ts';
import { naiveField } from '@jitos/testkit/world/naive-merge.ts';
import * as fc from 'fast-check';
import { decodeValue, encodeValue, type EncodedValue, type Value } from '../bytes/value.ts';
import { MERGE_RULES, type MergeRule } from '../graph/rules/rule-pack.ts';
import { mergeByRule } from './merge-rules.ts';

type Encoded = EncodedValue | undefined;

const scalars: fc.Arbitrary<Value> = fc.oneof(
  fc.integer({ min: -3, max: 3 }),
  fc.constantFrom<Value[]>(0.5, -0.5, 'x', '', true, 2n ** 64n - 1n, -(2n ** 63n), 2n ** 53n),
);
const encoded: fc.Arbitrary<Encoded> = fc.option(
  fc.oneof(scalars, fc.array(scalars, { maxLength: 4 }), anyValue({ nullAllowed: false })).map(encodeValue),
  { nil: undefined },
);
const sides = fc.record({ base: encoded, ours: encoded, theirs: encoded });
const rules = fc.constantFrom(...MERGE_RULES);

/** What a field comes to by its rule; the word where it is a conflict. */
function merge(rule: MergeRule, base: Encoded, ours: Encoded, theirs: Encoded): Encoded | 'conflict' {
  const merged = mergeByRule(rule, { base, ours, theirs });
  return merged.ok ? merged.value : 'conflict';
}

law('a rule makes of three values what arithmetic on decoded ones does, and never throws', {
  inputs: fc.record({ rule: rules, sides }),
  runs: 2000,
  holds: ({ rule, sides: { base, ours, theirs } }) => {
    if (ours === base || theirs === base) return;
    assert.equal(merge(rule, base, ours, theirs), naiveField(rule, base, ours, theirs));
  },
});

law('every rule but last-collapse gives the same whichever side is ours', {
  inputs: fc.record({ rule: rules.filter((rule) => rule !== 'last-collapse'), sides }),
  runs: 1000,
  holds: ({ rule, sides: { base, ours, theirs } }) => {
    assert.equal(merge(rule, base, ours, theirs), merge(rule, base, theirs, ours));
  },
});

law('min, max and the sets agree with what both sides agree on; a counter adds both', {
  inputs: fc.record({ rule: rules, sides }),
  runs: 1000,
  holds: ({ rule, sides: { base, ours } }) => {
    const merged = merge(rule, base, ours, ours);
    if (rule === 'min' || rule === 'max' || rule === 'last-collapse') assert.equal(merged, ours);
    if (rule === 'grow-set' && merged !== 'conflict') assert.equal(merge(rule, base, merged, merged), merged);
  },
});

law('three that collapse one after another come to one value, in any order', {
  inputs: fc.record({
    rule: fc.constantFrom<MergeRule[]>('counter', 'max', 'min', 'set', 'grow-set'),
    base: fc.array(fc.integer({ min: -9, max: 9 }), { maxLength: 3 }),
    sides: fc.array(fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 3 }), {
      minLength: 3,
      maxLength: 3,
    }),
    order: fc.shuffledSubarray([0, 1, 2], { minLength: 3 }),
  }),
  runs: 500,
  holds: ({ rule, base, sides: writers, order }) => {
    const isSet = rule === 'set' || rule === 'grow-set';
    const valueOf = (items: readonly number[]): EncodedValue => encodeValue(isSet ? sorted(items) : (items[0] ?? 0));
    const from = valueOf(base);
    // A set that only grows is one that nobody takes from.
    const ours = writers.map((items) => valueOf(rule === 'grow-set' ? [...base, ...items] : items));
    const all = (indexes: readonly number[]): Encoded | 'conflict' =>
      indexes.reduce<Encoded>((theirs, i) => {
        const written = ours[i];
        const field = theirs === from ? written : written === from ? theirs : merge(rule, from, written, theirs);
        assert.notEqual(field, 'conflict');
        return field as EncodedValue; // the line above has looked
      }, from);
    const isExtreme = rule === 'min' || rule === 'max';
    // A base that is the extreme holds until somebody moves away from it, and is then out of the race.
    if (isExtreme && ours.some((value) => value === from)) return;
    if (isExtreme && ours.some((_, i) => all([i]) === from)) return;
    assert.equal(all(order), all([0, 1, 2]));
  },
});

function sorted(items: readonly number[]): readonly Value[] {
  const bytes = [...new Set(items)].map((item) => encodeValue(item)).sort();
  return bytes.map((item) => decodeValue(item, { nullAllowed: false }));
}

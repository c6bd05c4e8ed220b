/**
 * Key spaces: small sets of distinct keys of one width in which random edits meet often, shaped to hurt a radix trie.
 */
import * as fc from 'fast-check';
import { numberToKey, type Bytes } from '@jitos/kernel';
import { anyBytes } from './bytes.ts';

/** Bytes whose nibbles are at either end. */
const EDGE_BYTES = ['\u0000', '\u0001', '\u000f', '\u0010', '\u00f0', '\u00ff'];

/** 20 to 150 distinct keys, each `width` bytes, in no order. */
export function keySpace(width: number): fc.Arbitrary<readonly Bytes[]> {
  return fc.oneof(spread(width), tails(width), branchingOff(width), counting(width)).map((keys) => [...new Set(keys)]);
}

const COUNTS = { minLength: 20, maxLength: 150, size: 'max' } as const;

/** Anywhere: shallow and bushy. */
function spread(width: number): fc.Arbitrary<Bytes[]> {
  return fc.array(anyBytes({ minLength: width, maxLength: width }), COUNTS);
}

/** One long common prefix and a short tail of few letters: long skips, then dense branches. */
function tails(width: number): fc.Arbitrary<Bytes[]> {
  return fc.integer({ min: 3, max: 4 }).chain((tailSize) => {
    const head = anyBytes({ minLength: width - tailSize, maxLength: width - tailSize });
    const tail = fc.string({ unit: fc.constantFrom(...EDGE_BYTES), minLength: tailSize, maxLength: tailSize });
    return fc.tuple(head, fc.array(tail, COUNTS)).map(([prefix, rest]) => rest.map((each) => concat(prefix, each)));
  });
}

/** A few stems that the keys leave at any depth: skips that split in the middle. */
function branchingOff(width: number): fc.Arbitrary<Bytes[]> {
  const whole = anyBytes({ minLength: width, maxLength: width });
  return fc.array(whole, { minLength: 1, maxLength: 3 }).chain((stems) => {
    const key = fc
      .tuple(fc.constantFrom(...stems), fc.integer({ min: 0, max: width }), whole)
      .map(([stem, shared, other]) => concat(stem.slice(0, shared), other.slice(shared)));
    return fc.array(key, COUNTS);
  });
}

/** Consecutive numbers, as tables of numbered things have them, often across a carry. */
function counting(width: number): fc.Arbitrary<Bytes[]> {
  const first = fc.oneof(fc.constantFrom(0, 2 ** 32 - 60), fc.nat({ max: 2 ** 40 }));
  return fc
    .tuple(first, fc.integer({ min: 20, max: 150 }))
    .map(([from, count]) =>
      Array.from({ length: count }, (_, i) => concat('\0'.repeat(width - 8), numberToKey(from + i))),
    );
}

function concat(a: string, b: string): Bytes {
  return (a + b) as Bytes; // every caller passes bytes
}

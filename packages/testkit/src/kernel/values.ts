/** Random canonical values (what `encodeValue` accepts), and the form in which decoding gives them back. */
import * as fc from 'fast-check';
import { bytesToArray, isBoxedBytes, type Value, type ValueRules } from '@jitos/kernel';
import { anyBytes } from './bytes.ts';

const CHILD_COUNT_MAX = 6;
const SAFE_MAX = BigInt(Number.MAX_SAFE_INTEGER);

/** Well-formed text of any planes, often from the places where UTF-8 and UTF-16 order differently. */
export const anyText: fc.Arbitrary<string> = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 24 }),
  fc.string({
    unit: fc.constantFrom('a', 'é', '\u07ff', '\u0800', '\ud7ff', '\ue000', '\uffff', '\u{10000}', '\u{10ffff}'),
  }),
  fc.string({ maxLength: 300 }),
);

const anyFloat: fc.Arbitrary<number> = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isInteger(value));

const anyInteger: fc.Arbitrary<number | bigint> = fc.oneof(
  fc.integer(),
  fc.maxSafeInteger(),
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 64n - 1n }),
  fc.constantFrom(-0, 23, 24, 255, 256, 65_535, 65_536, 2 ** 32 - 1, 2 ** 32, 2 ** 53 - 1, 2n ** 53n, -(2n ** 53n), 5n),
);

/** Values that obey the rules: with null or without. */
export function anyValue({ nullAllowed }: ValueRules): fc.Arbitrary<Value> {
  const scalars: fc.Arbitrary<Value>[] = [
    anyInteger,
    anyFloat,
    anyText,
    fc.boolean(),
    anyBytes({ minLength: 0, maxLength: 300 }).map(($bytes) => ({ $bytes })),
  ];
  if (nullAllowed) scalars.push(fc.constant(null));
  return fc.letrec<{ value: Value }>((tie) => ({
    value: fc.oneof(
      { depthSize: 'small' },
      ...scalars,
      fc.array(tie('value'), { maxLength: CHILD_COUNT_MAX }),
      fc.array(fc.tuple(anyText, tie('value')), { maxLength: CHILD_COUNT_MAX }).map((entries) => new Map(entries)),
    ),
  })).value;
}

/** The value as decoding returns it: no −0, no bigint that a number could hold. Map order is left as it is. */
export function settleValue(value: Value): Value {
  if (typeof value === 'number') return value === 0 ? 0 : value;
  if (typeof value === 'bigint') return value >= -SAFE_MAX && value <= SAFE_MAX ? Number(value) : value;
  if (value === null || typeof value !== 'object' || isBoxedBytes(value)) return value;
  return mapItems(value, settleValue);
}

type Container = readonly Value[] | ReadonlyMap<string, Value>;

/** The container with each item changed, in the order that it has. */
export function mapItems<T>(container: Container, change: (item: Value) => T): T[] | Map<string, T> {
  if (isArray(container)) return container.map(change);
  return new Map([...container].map(([key, item]) => [key, change(item)]));
}

function isArray(container: Container): container is readonly Value[] {
  return Array.isArray(container);
}

/** The value as other encoders take it: byte strings are arrays. */
export function valueToPlain(value: Value): unknown {
  if (value === null || typeof value !== 'object') return value;
  if (isBoxedBytes(value)) return bytesToArray(value.$bytes);
  return mapItems(value, valueToPlain);
}

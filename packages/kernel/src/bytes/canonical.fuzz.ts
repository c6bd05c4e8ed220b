/** Laws of canonical bytes: one value, one encoding; whatever is read is written back as it was; the rest is refused. */
import assert from 'node:assert/strict';
import { encode as encodeByCborg } from 'cborg';
import * as fc from 'fast-check';
import { anyBytes } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { anyValue, mapItems, settleValue, valueToPlain } from '@jitos/testkit/kernel/values.ts';
import { bytesFrom, bytesToArray, type Bytes } from './byte-string.ts';
import { CanonicalError } from './canonical-reader.ts';
import { decodeValue, encodeValue, isBoxedBytes, valueProblem, type Value } from './value.ts';

const ANY = { nullAllowed: true };
const NO_NULL = { nullAllowed: false };

/** Asserts that bytes are either refused, at an offset inside them, or are what their value encodes to. */
function assertCanonicalOrRefused(bytes: Bytes): void {
  let value: Value;
  try {
    value = decodeValue(bytes, ANY);
  } catch (error) {
    assert.ok(error instanceof CanonicalError, String(error));
    assert.notEqual(error.class, 'wrong-type', 'a free-form value has no type to miss');
    assert.ok(error.offset >= 0 && error.offset <= bytes.length, `offset ${error.offset} of ${bytes.length}`);
    return;
  }
  assert.equal(valueProblem(value, ANY), undefined);
  assert.equal(encodeValue(value), bytes);
}

/** Maps anew, with their entries turned round. */
function reorder(value: Value): Value {
  if (value === null || typeof value !== 'object' || isBoxedBytes(value)) return value;
  const reordered = mapItems(value, reorder);
  return reordered instanceof Map ? new Map([...reordered].toReversed()) : reordered;
}

for (const rules of [ANY, NO_NULL]) {
  law(`a value comes back from its bytes, null ${rules.nullAllowed ? 'allowed' : 'refused'}`, {
    inputs: anyValue(rules),
    runs: 400,
    holds: (value) => {
      assert.equal(valueProblem(value, rules), undefined);
      assert.deepEqual(decodeValue(encodeValue(value), rules), settleValue(value));
    },
  });
}

law('the order of a map’s entries does not matter', {
  inputs: anyValue(ANY),
  runs: 200,
  holds: (value) => assert.equal(encodeValue(reorder(value)), encodeValue(value)),
});

law('cborg writes the same bytes', {
  inputs: anyValue(ANY),
  runs: 300,
  holds: (value) => {
    const theirs = encodeByCborg(valueToPlain(settleValue(value)), { float64: true });
    assert.equal(encodeValue(value), Buffer.from(theirs).toString('latin1'));
  },
});

/** Canonical bytes with one to three bytes changed, added or taken away. */
const damagedBytes = fc
  .tuple(
    anyValue(ANY),
    fc.array(
      fc.record({
        at: fc.nat(),
        kind: fc.constantFrom('change', 'add', 'remove'),
        byte: fc.integer({ min: 0, max: 255 }),
      }),
      { minLength: 1, maxLength: 3 },
    ),
  )
  .map(([value, damages]) => {
    const bytes = [...bytesToArray(encodeValue(value))];
    for (const { at, kind, byte } of damages) {
      const index = at % (bytes.length + 1);
      if (kind === 'add') bytes.splice(index, 0, byte);
      else if (kind === 'remove') bytes.splice(index, 1);
      else bytes[index] = byte;
    }
    return bytesFrom(Uint8Array.from(bytes));
  });

law('damaged bytes are refused, or canonical bytes of another value', {
  inputs: damagedBytes,
  runs: 3000,
  holds: assertCanonicalOrRefused,
});

law('random bytes are refused, or canonical', {
  inputs: anyBytes({ minLength: 0, maxLength: 12 }),
  runs: 3000,
  holds: assertCanonicalOrRefused,
});

law('every prefix of canonical bytes is refused as truncated', {
  inputs: fc.tuple(anyValue(ANY), fc.nat()),
  runs: 500,
  holds: ([value, cut]) => {
    const bytes = encodeValue(value);
    const prefix = bytes.slice(0, cut % bytes.length) as Bytes; // a part of bytes
    assert.throws(() => decodeValue(prefix, ANY), { name: 'CanonicalError', class: 'truncated' });
  },
});

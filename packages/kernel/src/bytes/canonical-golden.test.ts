/**
 * The golden vectors of canonical bytes, tried on our codec and on two that others wrote: `cborg` writes the same bytes,
 * `cbor2` reads the same values and refuses the same bytes but where a vector says why it doesn't.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode as decodeByCbor2 } from 'cbor2';
import { encode as encodeByCborg } from 'cborg';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import {
  CANONICAL_GOLDEN_FOLDER,
  jsonToValue,
  readAcceptedVectors,
  readRefusedVectors,
  readRfcVectors,
} from '@jitos/testkit/kernel/canonical-golden.ts';
import { askStranger } from '@jitos/testkit/kernel/stranger.ts';
import { settleValue, valueToPlain } from '@jitos/testkit/kernel/values.ts';
import { bytesFrom, bytesToHex, bytesToArray } from './byte-string.ts';
import { CanonicalError, type CanonicalErrorClass } from './canonical-reader.ts';
import { decodeValue, encodeValue, type Value } from './value.ts';

const ANY = { nullAllowed: true };
/** What the value decoder can answer; `wrong-type` belongs to fixed schemas. */
const CLASSES: readonly CanonicalErrorClass[] = [
  'truncated',
  'trailing',
  'tag',
  'indefinite',
  'long-integer',
  'integer-range',
  'key-order',
  'duplicate-key',
  'bad-utf8',
  'bad-float',
  'bad-simple',
  'bad-key',
  'reserved',
  'too-deep',
];

const hexToArray = (hex: string): Uint8Array => bytesToArray(mustGetBytes(hex));

const DCBOR = { dcbor: true, convertUnsafeIntsToFloat: false, preferMap: true };
/** dCBOR has the shortest floats, we have the longest; it wants text normalised, we leave text alone. */
const DCBOR_AS_OURS = { ...DCBOR, rejectLongFloats: false, rejectStringsNotNormalizedAs: null };

/** What a foreign decoder returns, in our form: its byte strings are arrays. */
function asOurs(value: unknown): Value {
  if (Number.isInteger(value) && !Number.isSafeInteger(value)) return BigInt(value as number); // isInteger has looked
  if (value instanceof Uint8Array) return { $bytes: bytesFrom(value) };
  if (Array.isArray(value)) return value.map(asOurs);
  if (value instanceof Map) return new Map([...value].map(([key, item]) => [String(key), asOurs(item)]));
  return value as Value; // a scalar; deepEqual has the last word
}

function refusalOf(hex: string, nullAllowed: boolean): { class: CanonicalErrorClass; offset: number } {
  try {
    decodeValue(mustGetBytes(hex), { nullAllowed });
  } catch (error) {
    assert.ok(error instanceof CanonicalError, String(error));
    return { class: error.class, offset: error.offset };
  }
  return assert.fail(`${hex} was read`);
}

test('every accepted vector is read as its value and written as its bytes', () => {
  const vectors = readAcceptedVectors();
  assert.ok(vectors.length >= 90, `only ${vectors.length} vectors`);
  for (const { hex, value, note } of vectors) {
    const expected = jsonToValue(value);
    assert.deepEqual(decodeValue(mustGetBytes(hex), ANY), expected, note);
    assert.equal(bytesToHex(encodeValue(expected)), hex, note);
  }
});

test('cborg writes the accepted vectors as we do', () => {
  for (const { hex, value, note } of readAcceptedVectors()) {
    assert.equal(
      Buffer.from(encodeByCborg(valueToPlain(jsonToValue(value)), { float64: true })).toString('hex'),
      hex,
      note,
    );
  }
});

test('cbor2 reads the accepted vectors as we do', () => {
  for (const { hex, value, note } of readAcceptedVectors()) {
    const theirs = settleValue(asOurs(decodeByCbor2(hexToArray(hex), DCBOR_AS_OURS)));
    assert.deepEqual(theirs, jsonToValue(value), note);
  }
});

test('every refused vector is refused with its class and offset', () => {
  const vectors = readRefusedVectors();
  assert.ok(vectors.length >= 180, `only ${vectors.length} vectors`);
  for (const { hex, class: expected, offset, note, nullAllowed } of vectors) {
    assert.deepEqual(refusalOf(hex, nullAllowed ?? true), { class: expected, offset }, `${hex}: ${note}`);
  }
});

test('every class of refusal has at least three vectors', () => {
  const countByClass = new Map<string, number>();
  for (const vector of readRefusedVectors()) countByClass.set(vector.class, (countByClass.get(vector.class) ?? 0) + 1);
  assert.deepEqual([...countByClass.keys()].toSorted(), CLASSES.toSorted());
  for (const [name, count] of countByClass) assert.ok(count >= 3, `${name} has ${count}`);
});

test('cbor2 refuses the refused vectors too, but those that say why not', () => {
  for (const { hex, oracleReads, note } of readRefusedVectors()) {
    const read = (): unknown => decodeByCbor2(hexToArray(hex), DCBOR);
    if (oracleReads === undefined) assert.throws(read, `cbor2 reads ${hex}: ${note}`);
    else assert.doesNotThrow(read, `cbor2 refuses ${hex}: ${note}`);
  }
});

test('where the refused vectors forbid null alone, the same bytes are canonical with it', () => {
  const vectors = readRefusedVectors().filter((vector) => vector.nullAllowed === false);
  assert.ok(vectors.length > 0);
  for (const { hex } of vectors) assert.equal(bytesToHex(encodeValue(decodeValue(mustGetBytes(hex), ANY))), hex);
});

test('every example of RFC 8949, Appendix A is accepted or refused as the table says', () => {
  const vectors = readRfcVectors();
  assert.equal(vectors.length, 81);
  for (const vector of vectors) {
    if ('value' in vector) {
      const value = jsonToValue(vector.value);
      assert.deepEqual(decodeValue(mustGetBytes(vector.hex), ANY), value, vector.diagnostic);
      assert.equal(bytesToHex(encodeValue(value)), vector.hex, vector.diagnostic);
    } else {
      const { hex, refused, offset, diagnostic } = vector;
      assert.deepEqual(refusalOf(hex, true), { class: refused, offset }, diagnostic);
    }
  }
});

test('a stranger’s program reads and refuses every vector as the files say, from the specification alone', () => {
  const verdict = askStranger('canonical_golden.py', CANONICAL_GOLDEN_FOLDER);
  assert.deepEqual(verdict, { status: 0, text: 'checked 363 vectors\n' });
});

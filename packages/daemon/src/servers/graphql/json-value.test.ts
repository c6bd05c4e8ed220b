import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFrom, bytesToHex } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { bytesFromBase64, bytesToBase64, checkSize, encodedFromJson, encodedToJson, readObject } from './json-value.ts';

function refusal(run: () => unknown): [reason: string, place: string] {
  try {
    run();
  } catch (error) {
    if (error instanceof Failure) return [error.reason, error.place];
    throw error;
  }
  throw new Error('nothing was refused');
}

test('JSON comes back from canonical bytes as it went in', () => {
  const json = {
    text: 'grüß dich',
    short: 'a',
    empty: '',
    yes: true,
    no: false,
    none: null,
    numbers: [0, 23, 24, 255, 65_536, -1, -24, -25, 1.5, -0.25, 9_007_199_254_740_991],
    large: { $int: '18446744073709551615' },
    small: { $int: '-9223372036854775808' },
    bytes: { $bytes: 'AP8=' },
    noBytes: { $bytes: '' },
    nested: [[], {}, [{ a: [1] }]],
  };
  assert.deepEqual(encodedToJson(encodedFromJson(json, '')), json);
});

test('a property called __proto__ is a property like any other', () => {
  const json: unknown = JSON.parse('{"__proto__": {"a": 1}, "constructor": 2}');
  const back = encodedToJson(encodedFromJson(json, ''));
  assert.equal(JSON.stringify(back), '{"__proto__":{"a":1},"constructor":2}');
  assert.equal(Object.getPrototypeOf(back), Object.prototype);
});

test('an integer that a number can hold has one form, however it is written', () => {
  assert.equal(encodedFromJson({ $int: '5' }, ''), encodedFromJson(5, ''));
  assert.equal(encodedToJson(encodedFromJson({ $int: '-5' }, '')), -5);
  assert.equal(encodedFromJson(-0, ''), encodedFromJson(0, ''));
});

test('what can not be kept without loss is refused, with its place', () => {
  const cases: [json: unknown, reason: string, place: string][] = [
    [{ a: [1, 2 ** 53] }, 'FORMAT_INVALID', 'meta.a[1]'],
    [{ a: 1e300 }, 'FORMAT_INVALID', 'meta.a'],
    [Infinity, 'FORMAT_INVALID', 'meta'],
    ['\ud800', 'FORMAT_INVALID', 'meta'],
    [{ '\udfff': 1 }, 'FORMAT_INVALID', 'meta.\udfff'],
    [{ a: { $int: '05' } }, 'FORMAT_INVALID', 'meta.a.$int'],
    [{ a: { $int: '-0' } }, 'FORMAT_INVALID', 'meta.a.$int'],
    [{ a: { $int: '18446744073709551616' } }, 'FORMAT_INVALID', 'meta.a.$int'],
    [{ a: { $int: 5 } }, 'FORMAT_INVALID', 'meta.a.$int'],
    [{ a: { $int: '5', b: 1 } }, 'FORMAT_INVALID', 'meta.a'],
    [{ a: { $bytes: 'AA==', b: 1 } }, 'FORMAT_INVALID', 'meta.a'],
    [{ a: { $bytes: 'AA' } }, 'BASE64_INVALID', 'meta.a.$bytes'],
    [{ a: undefined }, 'FORMAT_INVALID', 'meta.a'],
  ];
  for (const [json, reason, place] of cases) {
    assert.deepEqual(
      refusal(() => encodedFromJson(json, 'meta')),
      [reason, place],
      JSON.stringify(json),
    );
  }
});

test('null is refused where it would mean removal', () => {
  assert.deepEqual(
    refusal(() => encodedFromJson([null], 'set.a', { nullAllowed: false })),
    ['FORMAT_INVALID', 'set.a[0]'],
  );
});

test('nesting is bounded before the stack is', () => {
  const nested = (depth: number): unknown => JSON.parse('['.repeat(depth) + ']'.repeat(depth));
  assert.deepEqual(encodedToJson(encodedFromJson(nested(65), '')), nested(65));
  assert.equal(refusal(() => encodedFromJson(nested(66), ''))[0], 'FORMAT_INVALID');
  assert.equal(refusal(() => encodedFromJson(nested(1_000_000), ''))[0], 'FORMAT_INVALID');
});

test('base64 is standard, padded and whole', () => {
  for (const bytes of [[], [0], [255, 254], [1, 2, 3]]) {
    const text = Buffer.from(bytes).toString('base64');
    assert.equal(bytesToHex(bytesFromBase64(text, '')), Buffer.from(bytes).toString('hex'));
    assert.equal(bytesToBase64(bytesFrom(Uint8Array.from(bytes))), text);
  }
  for (const text of ['A', 'AA', 'AAA', 'AA=', 'AA==\n', ' AA==', 'AB==', '-_8=', '====', 'AAAA=', 'é', 'AA==AA==']) {
    assert.deepEqual(
      refusal(() => bytesFromBase64(text, 'p')),
      ['BASE64_INVALID', 'p'],
      JSON.stringify(text),
    );
  }
  assert.deepEqual(
    refusal(() => bytesFromBase64(5, 'p')),
    ['FORMAT_INVALID', 'p'],
  );
});

test('an object has the fields that it may have, and those that it must', () => {
  const names = { required: ['a'], optional: ['b'] } as const;
  assert.deepEqual(readObject({ a: 1, b: 2 }, 'x', names), { a: 1, b: 2 });
  assert.deepEqual(
    refusal(() => readObject({ a: 1, c: 2 }, 'x', names)),
    ['FIELD_UNKNOWN', 'x.c'],
  );
  assert.deepEqual(
    refusal(() => readObject(JSON.parse('{"a":1,"__proto__":{"b":1}}'), '', names)),
    ['FIELD_UNKNOWN', '__proto__'],
  );
  assert.deepEqual(
    refusal(() => readObject({ b: 1 }, 'x', names)),
    ['FORMAT_INVALID', 'x.a'],
  );
  for (const json of [null, [], 'a', 1, undefined]) {
    assert.deepEqual(
      refusal(() => readObject(json, 'x', names)),
      ['FORMAT_INVALID', 'x'],
    );
  }
});

test('what is too large is refused at the bound, and nothing behind it is looked at', () => {
  const bound = { sizeBytesMax: 1000, reason: 'META_INVALID' } as const;
  const check = (json: unknown): unknown => refusal(() => checkSize(json, 'meta', bound));
  const behind = (): never => {
    throw new Error('looked at');
  };
  const list = Array.from({ length: 2000 }, () => 0);
  Object.defineProperty(list, 1500, { get: behind });
  const object = Object.fromEntries(list.slice(0, 1000).map((_, i): [string, unknown] => [`n${i}`, 0]));
  Object.defineProperty(object, 'n900', { get: behind, enumerable: true });
  for (const json of [list, object, { a: [list] }, 'x'.repeat(1001), { ['x'.repeat(1001)]: 0 }]) {
    assert.deepEqual(check(json), ['META_INVALID', 'meta']);
  }
  assert.deepEqual(check({ $bytes: 'AAAA'.repeat(335) }), ['META_INVALID', 'meta']);
  // Each is smaller in canonical bytes than it is written.
  const fitting = [
    list.slice(0, 999),
    { $bytes: 'AAAA'.repeat(333) },
    Array.from({ length: 999 }, () => ({ $int: '5' })),
    'x'.repeat(997),
  ];
  for (const json of fitting) checkSize(json, 'meta', bound);
});

test('what nests without end is left to the reader, which refuses it', () => {
  const nested: unknown = JSON.parse('['.repeat(100_000) + ']'.repeat(100_000));
  checkSize(nested, 'meta', { sizeBytesMax: 65_536, reason: 'META_INVALID' });
  assert.equal(refusal(() => encodedFromJson(nested, 'meta'))[0], 'FORMAT_INVALID');
});

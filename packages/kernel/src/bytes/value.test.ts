import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { bytesToHex, type Bytes } from './byte-string.ts';
import {
  compareKeys,
  decodeValue,
  encodeValue,
  isBoxedBytes,
  valueProblem,
  VALUE_DEPTH_MAX,
  type Value,
} from './value.ts';

const ANY = { nullAllowed: true };
const NO_NULL = { nullAllowed: false };
const boxed = (bytes: string): Value => ({ $bytes: bytes as Bytes }); // the callers pass ASCII

/** `leaf` inside `depth` arrays. */
function nested(depth: number, leaf: Value): Value {
  let value = leaf;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

test('a map is written in key order, whatever the order of its entries', () => {
  const forward = new Map<string, Value>([
    ['b', 1],
    ['aa', 2],
    ['', 3],
  ]);
  const hex = 'a3600361620162616102';
  assert.equal(bytesToHex(encodeValue(forward)), hex);
  assert.equal(bytesToHex(encodeValue(new Map([...forward].toReversed()))), hex);
});

test('keys order by their length in UTF-8, then by code point', () => {
  const sorted = ['', 'a', 'b', 'aa', 'é', 'aaa', '\u{ffff}', '\u{e000}a', '\u{ffff}a', '\u{10000}', '\u{10ffff}'];
  assert.deepEqual(sorted.toReversed().toSorted(compareKeys), sorted);
  assert.equal(compareKeys('é', 'é'), 0);
  assert.ok(compareKeys('\u{10000}', '\u{10001}') < 0, 'two pairs with one high surrogate');
  assert.ok(compareKeys('\u{10400}', '\u{103ff}') > 0, 'two pairs with two high surrogates');
});

test('−0 is 0, and a bigint that a number can hold is that number', () => {
  assert.equal(bytesToHex(encodeValue(-0)), '00');
  assert.equal(encodeValue(5n), encodeValue(5));
  assert.equal(encodeValue(-(2n ** 53n) + 1n), encodeValue(Number.MIN_SAFE_INTEGER));
});

test('what can be encoded has no problem', () => {
  const good: readonly Value[] = [
    true,
    0,
    -1.5,
    Number.MAX_SAFE_INTEGER,
    2n ** 64n - 1n,
    -(2n ** 63n),
    'text \u{1f600}',
    boxed('bytes'),
    [],
    [[1], 'a'],
    new Map<string, Value>([['a', new Map([['b', boxed('')]])]]),
    nested(VALUE_DEPTH_MAX, 1),
  ];
  for (const value of good) assert.equal(valueProblem(value, NO_NULL), undefined);
});

test('what can not be encoded has a problem, wherever it stands', () => {
  const cases: readonly (readonly [Value, RegExp])[] = [
    [null, /null/],
    [NaN, /finite/],
    [Infinity, /finite/],
    [2 ** 53, /bigint/],
    [1e300, /bigint/],
    [2n ** 64n, /outside/],
    [-(2n ** 63n) - 1n, /outside/],
    ['\ud800', /surrogate/],
    [nested(VALUE_DEPTH_MAX + 1, 1), /deeper/],
  ];
  for (const [value, problem] of cases) {
    assert.match(valueProblem(value, NO_NULL) ?? '', problem);
    assert.match(valueProblem([0, value], NO_NULL) ?? '', problem);
    assert.match(valueProblem(new Map([['a', value]]), NO_NULL) ?? '', problem);
  }
  assert.match(valueProblem(new Map([['\udc00', 1]]), ANY) ?? '', /surrogate/);
});

test('null is a value where it is allowed, at any depth', () => {
  assert.equal(valueProblem([null, new Map([['a', null]])], ANY), undefined);
  assert.equal(bytesToHex(encodeValue([null])), '81f6');
  assert.deepEqual(decodeValue(mustGetBytes('81f6'), ANY), [null]);
  assert.throws(() => decodeValue(mustGetBytes('81f6'), NO_NULL), { class: 'bad-simple', offset: 1 });
});

test('a value may be nested as deep as the bound, and is read as deep', () => {
  const deepest = nested(VALUE_DEPTH_MAX, 'leaf');
  assert.deepEqual(decodeValue(encodeValue(deepest), NO_NULL), deepest);
  const tooDeep = encodeValue(nested(VALUE_DEPTH_MAX + 1, 'leaf'));
  assert.throws(() => decodeValue(tooDeep, NO_NULL), { class: 'too-deep', offset: VALUE_DEPTH_MAX + 1 });
});

test('writing what has a problem is a bug, not another encoding', () => {
  for (const value of [NaN, 2 ** 53, 2n ** 64n, '\ud800']) {
    assert.throws(() => encodeValue(value), { name: 'Bug' });
  }
  assert.equal(bytesToHex(encodeValue(1)), '01', 'and the next value is written afresh');
});

test('only boxed bytes are bytes', () => {
  assert.equal(isBoxedBytes(boxed('')), true);
  for (const value of ['', [], new Map(), null, 1] satisfies Value[]) assert.equal(isBoxedBytes(value), false);
});

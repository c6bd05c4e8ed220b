import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import { CanonicalReader, type CanonicalErrorClass } from './canonical-reader.ts';

const readerOf = (hex: string): CanonicalReader => new CanonicalReader(mustGetBytes(hex));

/** Asserts that `read` refuses the bytes. */
function assertRefused(
  hex: string,
  read: (reader: CanonicalReader) => unknown,
  expected: { class: CanonicalErrorClass; offset: number },
): void {
  assert.throws(() => read(readerOf(hex)), { name: 'CanonicalError', ...expected }, hex);
}

test('a record is read item by item, to its end', () => {
  const reader = readerOf('88 19012c 62c3a9 f6 6161 4200ff f6 40 f4');
  assert.equal(reader.array(), 8);
  assert.equal(reader.integer(), 300);
  assert.equal(reader.text(), 'é');
  assert.equal(reader.textOrNull(), null);
  assert.equal(reader.textOrNull(), 'a');
  assert.equal(reader.bytes(), '\u0000\u00ff');
  assert.equal(reader.bytesOrNull(), null);
  assert.equal(reader.bytesOrNull(), '');
  assert.equal(reader.boolean(), false);
  reader.end();
  assert.equal(reader.offset, 16);
});

test('nothing is read past the end', () => {
  const reader = readerOf('19012c');
  assert.equal(reader.integer(), 300);
  reader.end();
  assert.throws(() => reader.integer(), { class: 'truncated', offset: 3 });
});

test('an integer is a number where a number can hold it', () => {
  assert.equal(readerOf('1b001fffffffffffff').integer(), Number.MAX_SAFE_INTEGER);
  assert.equal(readerOf('1b0020000000000000').integer(), 2n ** 53n);
  assert.equal(readerOf('3b001ffffffffffffe').integer(), Number.MIN_SAFE_INTEGER);
  assert.equal(readerOf('3b001fffffffffffff').integer(), -(2n ** 53n));
});

test('a safe integer is no bigint, and a count is not negative', () => {
  assert.equal(readerOf('20').safeInteger(), -1);
  assert.equal(readerOf('05').count(), 5);
  assertRefused('1b0020000000000000', (reader) => reader.safeInteger(), { class: 'integer-range', offset: 0 });
  assertRefused('20', (reader) => reader.count(), { class: 'integer-range', offset: 0 });
  assertRefused('1b0020000000000000', (reader) => reader.count(), { class: 'integer-range', offset: 0 });
});

test('an array of a fixed count is of that count', () => {
  const reader = readerOf('820001');
  reader.arrayOf(2);
  assert.equal(reader.integer(), 0);
  assertRefused('820001', (wrong) => wrong.arrayOf(1), { class: 'wrong-type', offset: 0 });
  assertRefused('820001', (wrong) => wrong.arrayOf(3), { class: 'wrong-type', offset: 0 });
});

test('an item of another type is refused where it starts', () => {
  const reads: readonly ((reader: CanonicalReader) => unknown)[] = [
    (reader) => reader.integer(),
    (reader) => reader.bytes(),
    (reader) => reader.text(),
    (reader) => reader.array(),
    (reader) => reader.map(),
    (reader) => reader.boolean(),
    (reader) => reader.null(),
    (reader) => reader.float(),
  ];
  const items = ['00', '40', '60', '80', 'a0', 'f4', 'f6', 'fb3ff199999999999a'];
  for (const [i, read] of reads.entries()) {
    for (const [k, item] of items.entries()) {
      const afterZero = (reader: CanonicalReader): unknown => (reader.integer(), read(reader));
      if (i === k) assert.doesNotThrow(() => afterZero(readerOf(`00${item}`)));
      else assertRefused(`00${item}`, afterZero, { class: 'wrong-type', offset: 1 });
    }
  }
});

test('what no type may be is refused by its own class, whatever was asked for', () => {
  for (const read of [(reader: CanonicalReader) => reader.integer(), (reader: CanonicalReader) => reader.null()]) {
    assertRefused('c000', read, { class: 'tag', offset: 0 });
    assertRefused('ff', read, { class: 'indefinite', offset: 0 });
    assertRefused('9fff', read, { class: 'indefinite', offset: 0 });
    assertRefused('fc', read, { class: 'reserved', offset: 0 });
    assertRefused('f7', read, { class: 'bad-simple', offset: 0 });
    assertRefused('f93e00', read, { class: 'bad-float', offset: 0 });
  }
});

test('looking ahead reads nothing', () => {
  const reader = readerOf('f6 fb3ff199999999999a 6161');
  assert.equal(reader.peekMajor(), 7);
  assert.equal(reader.isNull(), true);
  assert.equal(reader.isFloat(), false);
  reader.null();
  assert.equal(reader.isNull(), false);
  assert.equal(reader.isFloat(), true);
  assert.equal(reader.float(), 1.1);
  assert.equal(reader.peekMajor(), 3);
  assert.equal(reader.text(), 'a');
  assert.throws(() => reader.peekMajor(), { class: 'truncated', offset: 12 });
});

test('the bytes of an item just read can be had', () => {
  const reader = readerOf('00 820102 03');
  reader.integer();
  const start = reader.offset;
  reader.arrayOf(2);
  reader.integer();
  reader.integer();
  assert.equal(reader.rawSince(start), '\u0082\u0001\u0002');
});

test('bytes after the last item are refused at their offset', () => {
  const reader = readerOf('0000');
  reader.integer();
  assert.throws(() => reader.end(), { class: 'trailing', offset: 1, message: 'trailing at byte 1' });
});

test('a length that the bytes can not have is refused before anything is allocated', () => {
  const reads: readonly (readonly [string, (reader: CanonicalReader) => unknown])[] = [
    ['5bffffffffffffffff', (reader) => reader.bytes()],
    ['7b001fffffffffffff', (reader) => reader.text()],
    ['9a7fffffff', (reader) => reader.array()],
    ['ba7fffffff', (reader) => reader.map()],
    ['a100', (reader) => reader.map()],
  ];
  for (const [hex, read] of reads) assertRefused(hex, read, { class: 'truncated', offset: 0 });
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToHex, type Bytes } from './byte-string.ts';
import { CanonicalWriter } from './canonical-writer.ts';

/** What `write` writes, in hex. */
function written(write: (writer: CanonicalWriter) => void): string {
  const writer = new CanonicalWriter();
  write(writer);
  return bytesToHex(writer.toBytes());
}

test('a record is written item by item', () => {
  const hex = written((writer) => {
    writer.array(9);
    writer.integer(300);
    writer.text('é');
    writer.textOrNull(null);
    writer.textOrNull('a');
    writer.bytes('\u0000\u00ff' as Bytes); // two bytes
    writer.bytesOrNull(null);
    writer.bytesOrNull('' as Bytes); // none
    writer.boolean(false);
    writer.map(1);
    writer.text('k');
    writer.float(-1.5);
  });
  assert.equal(hex, '89 19012c 62c3a9 f6 6161 4200ff f6 40 f4 a1 616b fbbff8000000000000'.replaceAll(' ', ''));
});

test('integers take the shortest head at every border', () => {
  const hexByInteger: readonly (readonly [number | bigint, string])[] = [
    [-0, '00'],
    [23, '17'],
    [24, '1818'],
    [255, '18ff'],
    [256, '190100'],
    [65_535, '19ffff'],
    [65_536, '1a00010000'],
    [2 ** 32 - 1, '1affffffff'],
    [2 ** 32, '1b0000000100000000'],
    [2n ** 53n, '1b0020000000000000'],
    [2n ** 64n - 1n, '1bffffffffffffffff'],
    [-24, '37'],
    [-25, '3818'],
    [-(2 ** 32), '3affffffff'],
    [-(2n ** 53n), '3b001fffffffffffff'],
    [-(2n ** 63n), '3b7fffffffffffffff'],
  ];
  for (const [integer, hex] of hexByInteger)
    assert.equal(
      written((writer) => writer.integer(integer)),
      hex,
    );
});

test('what has no canonical form is a bug', () => {
  const wrong: readonly ((writer: CanonicalWriter) => void)[] = [
    (writer) => writer.integer(1.5),
    (writer) => writer.integer(2 ** 53),
    (writer) => writer.integer(2n ** 64n),
    (writer) => writer.integer(-(2n ** 63n) - 1n),
    (writer) => writer.float(1),
    (writer) => writer.float(-0),
    (writer) => writer.float(NaN),
    (writer) => writer.float(-Infinity),
    (writer) => writer.text('\udc00'),
  ];
  for (const write of wrong) assert.throws(() => written(write), { name: 'Bug' }, String(write));
});

test('raw bytes are copied as they stand', () => {
  assert.equal(
    written((writer) => writer.raw('\u0081\u0000' as Bytes)),
    '8100',
  ); // two bytes
});

test('a writer counts what it has written and begins anew after a reset', () => {
  const writer = new CanonicalWriter();
  writer.text('abc');
  const before = writer.toBytes();
  assert.equal(writer.size, 4);
  writer.reset();
  assert.equal(writer.size, 0);
  writer.null();
  assert.deepEqual(writer.toArray(), Uint8Array.of(0xf6));
  assert.equal(bytesToHex(before), '63616263', 'bytes handed out stay');
});

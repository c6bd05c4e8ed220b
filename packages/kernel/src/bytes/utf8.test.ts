import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesFrom, bytesToArray } from './byte-string.ts';
import { readUtf8, utf8Bytes, utf8Size } from './utf8.ts';

/** The text, and its UTF-8 as RFC 3629 has it. */
const EXAMPLES: readonly (readonly [string, readonly number[]])[] = [
  ['', []],
  ['\u0000', [0x00]],
  ['\u007f', [0x7f]],
  ['\u0080', [0xc2, 0x80]],
  ['\u07ff', [0xdf, 0xbf]],
  ['\u0800', [0xe0, 0xa0, 0x80]],
  ['\ud7ff', [0xed, 0x9f, 0xbf]],
  ['\ue000', [0xee, 0x80, 0x80]],
  ['\ufeff', [0xef, 0xbb, 0xbf]],
  ['\uffff', [0xef, 0xbf, 0xbf]],
  ['\u{10000}', [0xf0, 0x90, 0x80, 0x80]],
  ['\u{10ffff}', [0xf4, 0x8f, 0xbf, 0xbf]],
  ['aé水𐅑z', [0x61, 0xc3, 0xa9, 0xe6, 0xb0, 0xb4, 0xf0, 0x90, 0x85, 0x91, 0x7a]],
];

const WRONG_SEQUENCES: readonly (readonly number[])[] = [
  [0x80],
  [0xbf],
  [0xc0, 0x80],
  [0xc1, 0xbf],
  [0xc3],
  [0xc3, 0x28],
  [0xe0, 0x9f, 0xbf],
  [0xe2, 0x82],
  [0xe2, 0x28, 0xa1],
  [0xe2, 0x82, 0x28],
  [0xed, 0xa0, 0x80],
  [0xed, 0xbf, 0xbf],
  [0xf0, 0x8f, 0xbf, 0xbf],
  [0xf0, 0x90, 0x80],
  [0xf0, 0x90, 0x80, 0x28],
  [0xf4, 0x90, 0x80, 0x80],
  [0xf5, 0x80, 0x80, 0x80],
  [0xff],
];

test('text is measured, written and read at the borders of each length', () => {
  for (const [text, bytes] of EXAMPLES) {
    assert.equal(utf8Size(text), bytes.length, JSON.stringify(text));
    const written = utf8Bytes(text);
    assert.ok(written !== undefined);
    assert.deepEqual([...bytesToArray(written)], bytes);
    assert.equal(readUtf8(bytesFrom(Uint8Array.from([0xee, ...bytes, 0xee])), 1, bytes.length + 1), text);
  }
});

test('a lone surrogate has neither size nor bytes', () => {
  for (const text of ['\ud800', '\udfff', 'a\ud800', '\ud800a', '\udc00\ud800', '\ud800\ud800\udc00', '\udbff\ue000']) {
    assert.equal(utf8Size(text), -1, JSON.stringify(text));
    assert.equal(utf8Bytes(text), undefined, JSON.stringify(text));
  }
});

test('a wrong sequence is reported by the offset of its first byte', () => {
  for (const sequence of WRONG_SEQUENCES) {
    const source = bytesFrom(Uint8Array.from([0x61, 0xc3, 0xa9, ...sequence]));
    assert.equal(readUtf8(source, 0, source.length), 3, sequence.map((byte) => byte.toString(16)).join(' '));
  }
});

test('a sequence that goes on past the end of the text is wrong, whatever follows there', () => {
  const source = bytesFrom(Uint8Array.of(0xc3, 0xa9));
  assert.equal(readUtf8(source, 0, 1), 0);
  assert.equal(readUtf8(source, 0, 2), 'é');
});

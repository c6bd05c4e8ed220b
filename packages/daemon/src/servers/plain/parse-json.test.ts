import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseJson } from './parse-json.ts';

const parse = (text: string): unknown => parseJson(Buffer.from(text), 'it');
/** Long enough to be looked at. */
const long = (text: string): string => `${text}${' '.repeat(70_000)}`;
const lists = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth);
const malformed = (message: RegExp): object => ({ reason: 'BODY_MALFORMED', message });

test('what nests deep is refused before it is parsed, and what is text or closed again does not count', () => {
  for (const text of [lists(513), `{"a":[${'{"b":'.repeat(512)}1${'}'.repeat(512)}]}`, '['.repeat(1_000_000)]) {
    assert.throws(() => parse(long(text)), malformed(/^it nests deeper than 512 levels$/));
  }
  assert.deepEqual(parse(long(lists(512))), JSON.parse(lists(512)));
  const texts = ['['.repeat(600), '"['.repeat(600), '\\', '\\"', '{', '\\\\"[', 'ä['.repeat(600)];
  for (const value of [texts, { [texts[1]!]: texts }, Array.from({ length: 2000 }, () => [[{}]])]) {
    assert.deepEqual(parse(long(JSON.stringify(value))), value);
  }
});

test('what is no JSON in UTF-8 is refused', () => {
  for (const text of ['', '{', '[1,]', '"\\x"', '{"a":1}}', 'undefined', '\ufeff{}', long('['), long('"[[')]) {
    assert.throws(() => parse(text), malformed(/^it is not JSON$/), text.slice(0, 20));
  }
  assert.throws(() => parseJson(Buffer.from('"\xff"', 'latin1'), 'it'), malformed(/^it is not UTF-8$/));
  assert.throws(() => parseJson(Buffer.from('"\xed\xa0\x80"', 'latin1'), 'it'), malformed(/^it is not UTF-8$/));
});

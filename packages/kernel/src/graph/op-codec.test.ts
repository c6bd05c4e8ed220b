import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mustGetBytes } from '@jitos/testkit/kernel/bytes.ts';
import {
  addEdge,
  addNode,
  deleteEdge,
  deleteNode,
  keyedId,
  putNode,
  setEdge,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalError, CanonicalReader, type CanonicalErrorClass } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { readOp, writeOp } from './op-codec.ts';
import type { Op } from './op.ts';

const A = keyedId('file', 'a');
const B = keyedId('file', 'b');

const OPS: readonly Op[] = [
  addNode('note'),
  addNode('note', utf8(''), 'absent'),
  putNode('file', 'a', { size: 1, gone: null, nested: new Map([['k', [1, 'x']]]) }, A),
  putNode('file', 'a'),
  deleteNode(A),
  deleteNode(A, B),
  addEdge(A, B, 'owns'),
  addEdge(A, B, 'owns', { key: 'k', payload: utf8('p'), expect: 'absent' }),
  setEdge(A, utf8('p'), B),
  setEdge(A, null),
  deleteEdge(A, B),
];

function encode(op: Op): Bytes {
  const writer = new CanonicalWriter();
  writeOp(writer, op);
  return writer.toBytes();
}

function decode(bytes: Bytes): Op {
  const reader = new CanonicalReader(bytes);
  const op = readOp(reader);
  reader.end();
  return op;
}

function refusedAs(errorClass: CanonicalErrorClass, hex: string): void {
  const bytes = mustGetBytes(hex.replaceAll(' ', ''));
  assert.throws(
    () => decode(bytes),
    (error) => error instanceof CanonicalError && error.class === errorClass,
  );
}

test('every op reads back as it was written', () => {
  for (const op of OPS) assert.deepEqual(decode(encode(op)), op);
});

test('an op of unknown number or wrong length is refused', () => {
  refusedAs('wrong-type', '8400 616b f6f6'); // [0, "k", null, null]
  refusedAs('wrong-type', '8407 616b f6f6'); // [7, "k", null, null]
  refusedAs('wrong-type', '8501 616b f6f6f6'); // AddNode of five items
  refusedAs('truncated', '80');
});

test('an expectation is null, false or 32 bytes', () => {
  refusedAs('wrong-type', '8401 616b f6f5'); // true
  refusedAs('wrong-type', '8401 616b f64100'); // one byte
  refusedAs('wrong-type', '8401 616b f600'); // a number
});

test('an id has 32 bytes', () => {
  refusedAs('wrong-type', `8303 581f ${'00'.repeat(31)} f6`);
  refusedAs('wrong-type', `8303 5821 ${'00'.repeat(33)} f6`);
});

test('patches are in order, distinct, and hold no null but the removal itself', () => {
  refusedAs('key-order', '8502 616b 4161 a2 616201 616101 f6');
  refusedAs('duplicate-key', '8502 616b 4161 a2 616101 616101 f6');
  refusedAs('bad-simple', '8502 616b 4161 a1 6161 81f6 f6');
});

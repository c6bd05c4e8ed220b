import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  addEdge,
  addNode,
  deleteEdge,
  deleteNode,
  keyedId,
  patchesOf,
  putNode,
  setEdge,
  utf8,
} from '@jitos/testkit/world/make-ops.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import { encodeValue, type Value } from '../bytes/value.ts';
import type { RefusalReason } from '../refusal.ts';
import { FIELD_COUNT_MAX, FIELD_SIZE_MAX, KEY_SIZE_MAX, PAYLOAD_SIZE_MAX } from './element.ts';
import { OP_COUNT_MAX, opsProblem, sortPatches, type FieldPatch, type Op } from './op.ts';

const A = keyedId('file', 'a');
const B = keyedId('file', 'b');
const SHORT = A.slice(1) as Digest; // on purpose not one

function bytesOf(size: number): Bytes {
  return 'x'.repeat(size) as Bytes; // ASCII
}

/** Text whose canonical bytes are about 64 KiB, as many as asked for with the three of its head. */
function valueOf(size: number): string {
  return 'x'.repeat(size - 3);
}

function put(patches: readonly FieldPatch[]): Op {
  return { op: 'PutNode', kind: 'file', key: utf8('a'), patches, expect: null };
}

function refusedAs(reason: RefusalReason, place: string, ...ops: Op[]): void {
  const problem = opsProblem(ops);
  assert.deepEqual([problem?.reason, problem?.place], [reason, place]);
}

function fits(...ops: Op[]): void {
  assert.equal(opsProblem(ops), undefined);
}

test('a rewrite has 1–10,000 ops', () => {
  const op = addNode('note');
  refusedAs('OPS_EMPTY', 'ops');
  fits(...Array<Op>(OP_COUNT_MAX).fill(op));
  refusedAs('OPS_TOO_MANY', 'ops', ...Array<Op>(OP_COUNT_MAX + 1).fill(op));
});

test('the place names the op and its part', () => {
  refusedAs('KIND_INVALID', 'ops[2].kind', addNode('note'), addNode('note'), addNode('no te'));
  refusedAs('KIND_INVALID', 'ops[0].kind', putNode('', 'a'));
  refusedAs('KIND_INVALID', 'ops[0].kind', addEdge(A, B, 'k'.repeat(129)));
});

test('a payload has at most 1 MiB, in all three ops that carry one', () => {
  const largest = bytesOf(PAYLOAD_SIZE_MAX);
  const larger = bytesOf(PAYLOAD_SIZE_MAX + 1);
  fits(addNode('note', largest), addEdge(A, B, 'owns', { payload: largest }), setEdge(A, largest));
  refusedAs('PAYLOAD_TOO_LARGE', 'ops[0].payload', addNode('note', larger));
  refusedAs('PAYLOAD_TOO_LARGE', 'ops[0].payload', addEdge(A, B, 'owns', { payload: larger }));
  refusedAs('PAYLOAD_TOO_LARGE', 'ops[0].payload', setEdge(A, larger));
});

test('a key has 1–1,024 bytes; only an edge may go without', () => {
  fits(putNode('file', 'k'.repeat(KEY_SIZE_MAX)), addEdge(A, B, 'owns', { key: 'k'.repeat(KEY_SIZE_MAX) }));
  fits(addEdge(A, B, 'owns'));
  refusedAs('KEY_INVALID', 'ops[0].key', putNode('file', ''));
  refusedAs('KEY_INVALID', 'ops[0].key', putNode('file', 'k'.repeat(KEY_SIZE_MAX + 1)));
  refusedAs('KEY_INVALID', 'ops[0].key', addEdge(A, B, 'owns', { key: '' }));
  refusedAs('KEY_INVALID', 'ops[0].key', addEdge(A, B, 'owns', { key: 'k'.repeat(KEY_SIZE_MAX + 1) }));
});

test('an id and an expected digest have 32 bytes', () => {
  refusedAs('ID_INVALID', 'ops[0].id', deleteNode(SHORT));
  refusedAs('ID_INVALID', 'ops[0].id', deleteEdge(SHORT));
  refusedAs('ID_INVALID', 'ops[0].id', setEdge(SHORT, null));
  refusedAs('ID_INVALID', 'ops[0].from', addEdge(SHORT, B, 'owns'));
  refusedAs('ID_INVALID', 'ops[0].to', addEdge(A, SHORT, 'owns'));
  refusedAs('ID_INVALID', 'ops[0].expect', addNode('note', null, SHORT));
  fits(deleteNode(A, 'absent'), deleteNode(A, B));
});

test('a put names at most 256 fields, each of 1–128 bytes, once and in order', () => {
  const many = (count: number): FieldPatch[] =>
    sortPatches(Array.from({ length: count }, (_, i) => ({ name: `f${i}`, value: encodeValue(i) })));
  fits(put(many(FIELD_COUNT_MAX)));
  refusedAs('FIELD_INVALID', 'ops[0]', put(many(FIELD_COUNT_MAX + 1)));
  const one = encodeValue(1);
  fits(put([{ name: 'é'.repeat(64), value: one }]));
  refusedAs('FIELD_INVALID', `ops[0].fields.${'é'.repeat(65)}`, put([{ name: 'é'.repeat(65), value: one }]));
  refusedAs('FIELD_INVALID', 'ops[0].fields.', put([{ name: '', value: one }]));
  refusedAs('FIELD_INVALID', 'ops[0].fields.\ud800', put([{ name: '\ud800', value: one }]));
  const [a, b] = patchesOf({ a: 1, b: 2 }) as [FieldPatch, FieldPatch]; // one for each name
  refusedAs('FIELD_INVALID', 'ops[0].fields.a', put([b, a]));
  refusedAs('FIELD_INVALID', 'ops[0].fields.a', put([a, a]));
});

test('patches are in order of their canonical bytes: shorter names first', () => {
  assert.deepEqual(
    patchesOf({ aa: 1, b: 1, é: 1, '\u{10000}': 1, '\uffff': 1 }).map((patch) => patch.name),
    ['b', 'aa', 'é', '\uffff', '\u{10000}'],
  );
});

test("a field's value has at most 64 KiB of canonical bytes", () => {
  fits(putNode('file', 'a', { f: valueOf(FIELD_SIZE_MAX) }));
  refusedAs('FIELD_INVALID', 'ops[0].fields.f', putNode('file', 'a', { f: valueOf(FIELD_SIZE_MAX + 1) }));
});

test("a field's value holds no null, at any depth; bytes that look like one may stand", () => {
  const withNull: Value[] = [[null], new Map([['k', [1, null]]])];
  for (const value of withNull) refusedAs('FIELD_INVALID', 'ops[0].fields.f', putNode('file', 'a', { f: value }));
  refusedAs('FIELD_INVALID', 'ops[0].fields.f', put([{ name: 'f', value: encodeValue(null) }]));
  fits(putNode('file', 'a', { f: { $bytes: '\u00f6' as Bytes }, g: 0xf6, h: '\u{80000}' })); // one byte below U+0100
});

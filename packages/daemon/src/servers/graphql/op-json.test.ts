import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Op } from '@jitos/kernel';
import * as make from '@jitos/testkit/world/make-ops.ts';
import { Failure } from '../../errors/failure.ts';
import { opPlaceToJson, opsFromJson, opToJson } from './op-json.ts';

const ID = 'ab'.repeat(32);
const DIGEST = 'cd'.repeat(32);
const NODE = make.keyedId('k', 'a');

function refusal(json: unknown): [reason: string, place: string] {
  try {
    opsFromJson([{ op: 'AddNode', data: { kind: 'k' } }, json], 'rewrite.ops');
  } catch (error) {
    if (error instanceof Failure) return [error.reason, error.place];
    throw error;
  }
  throw new Error(`${JSON.stringify(json)} was not refused`);
}

test('each op goes both ways', () => {
  const cases: [json: object, op: Op][] = [
    [{ op: 'AddNode', data: { kind: 'demo' } }, make.addNode('demo')],
    [{ op: 'AddNode', data: { kind: 'demo', payload_b64: '' } }, make.addNode('demo', make.utf8(''))],
    [
      { op: 'AddNode', data: { kind: 'demo', payload_b64: 'aGVsbG8=', expect: { absent: true } } },
      make.addNode('demo', make.utf8('hello'), 'absent'),
    ],
    [{ op: 'PutNode', data: { kind: 'k', key: 'grün' } }, make.putNode('k', 'grün')],
    [
      { op: 'PutNode', data: { kind: 'k', key: 'a', set: { b: 2, aa: 'x' } } },
      make.putNode('k', 'a', { b: 2, aa: 'x' }),
    ],
    [
      { op: 'PutNode', data: { kind: 'k', key_b64: '/w==', unset: ['b', 'aa'] } },
      { ...make.putNode('k', 'a', { aa: null, b: null }), key: '\u00ff' } as Op,
    ],
    [{ op: 'DeleteNode', data: { id: Buffer.from(NODE, 'latin1').toString('hex') } }, make.deleteNode(NODE)],
    [{ op: 'AddEdge', data: { from: ID, to: DIGEST, kind: 'e' } }, make.addEdge(hash(ID), hash(DIGEST), 'e')],
    [{ op: 'SetEdge', data: { id: ID, payload_b64: null } }, make.setEdge(hash(ID), null)],
    [{ op: 'SetEdge', data: { id: ID, payload_b64: 'AA==' } }, make.setEdge(hash(ID), make.utf8('\0'))],
    [{ op: 'DeleteEdge', data: { id: ID, expect: { digest: DIGEST } } }, make.deleteEdge(hash(ID), hash(DIGEST))],
  ];
  for (const [json, op] of cases) {
    assert.deepEqual(opsFromJson([json], 'ops'), [op]);
    assert.deepEqual(opToJson(op), json);
  }
});

test('an edge has a key as text or in base64, and a payload', () => {
  const data = { from: ID, to: DIGEST, kind: 'e', payload_b64: 'AQ==' };
  assert.deepEqual(
    opsFromJson([{ op: 'AddEdge', data: { ...data, key: 'a' } }], 'ops'),
    opsFromJson([{ op: 'AddEdge', data: { ...data, key_b64: 'YQ==' } }], 'ops'),
  );
});

test('the same fields give the same op, in whatever order they are named', () => {
  const op = (set: object): readonly Op[] =>
    opsFromJson([{ op: 'PutNode', data: { kind: 'k', key: 'a', set } }], 'ops');
  assert.deepEqual(op({ a: 1, bb: 2, c: 3 }), op({ c: 3, bb: 2, a: 1 }));
});

test('a fault has its reason and its place', () => {
  const put = { kind: 'k', key: 'a' };
  const edge = { from: ID, to: ID, kind: 'e' };
  const cases: [json: unknown, reason: string, place: string][] = [
    [null, 'FORMAT_INVALID', ''],
    ['AddNode', 'FORMAT_INVALID', ''],
    [{}, 'FORMAT_INVALID', '.op'],
    [{ op: 'AddNode' }, 'FORMAT_INVALID', '.data'],
    [{ op: 'AddNode', data: null }, 'FORMAT_INVALID', '.data'],
    [{ op: 'AddNode', data: [] }, 'FORMAT_INVALID', '.data'],
    [{ op: 5, data: {} }, 'FORMAT_INVALID', '.op'],
    [{ op: 'addNode', data: {} }, 'OP_UNKNOWN', '.op'],
    [{ op: 'toString', data: {} }, 'OP_UNKNOWN', '.op'],
    [{ op: '__proto__', data: {} }, 'OP_UNKNOWN', '.op'],
    [{ op: 'AddNode', data: { kind: 'k' }, extra: 1 }, 'FIELD_UNKNOWN', '.extra'],
    [{ op: 'AddNode', data: { kind: 'k', payload: 'x' } }, 'FIELD_UNKNOWN', '.data.payload'],
    [JSON.parse('{"op":"AddNode","data":{"kind":"k","__proto__":{}}}'), 'FIELD_UNKNOWN', '.data.__proto__'],
    [{ op: 'AddNode', data: { kind: 'k', key: 'a' } }, 'FIELD_UNKNOWN', '.data.key'],
    [{ op: 'AddNode', data: {} }, 'FORMAT_INVALID', '.data.kind'],
    [{ op: 'AddNode', data: { kind: 5 } }, 'FORMAT_INVALID', '.data.kind'],
    [{ op: 'AddNode', data: { kind: 'k', payload_b64: 'aGVsbG8' } }, 'BASE64_INVALID', '.data.payload_b64'],
    [{ op: 'AddNode', data: { kind: 'k', payload_b64: { $bytes: '' } } }, 'FORMAT_INVALID', '.data.payload_b64'],
    [{ op: 'PutNode', data: { kind: 'k' } }, 'FORMAT_INVALID', '.data.key'],
    [{ op: 'PutNode', data: { ...put, key_b64: 'AA==' } }, 'FORMAT_INVALID', '.data.key_b64'],
    [{ op: 'PutNode', data: { ...put, key: '\ud800' } }, 'FORMAT_INVALID', '.data.key'],
    [{ op: 'PutNode', data: { ...put, set: [] } }, 'FORMAT_INVALID', '.data.set'],
    [{ op: 'PutNode', data: { ...put, set: { a: null } } }, 'FIELD_INVALID', '.data.set.a'],
    [{ op: 'PutNode', data: { ...put, set: { a: [null] } } }, 'FORMAT_INVALID', '.data.set.a[0]'],
    [{ op: 'PutNode', data: { ...put, set: { a: 2 ** 53 } } }, 'FORMAT_INVALID', '.data.set.a'],
    [{ op: 'PutNode', data: { ...put, set: { a: 1 }, unset: ['b', 'a'] } }, 'FIELD_INVALID', '.data.unset[1]'],
    [{ op: 'PutNode', data: { ...put, unset: 'a' } }, 'FORMAT_INVALID', '.data.unset'],
    [{ op: 'PutNode', data: { ...put, unset: [1] } }, 'FORMAT_INVALID', '.data.unset[0]'],
    [{ op: 'DeleteNode', data: { id: ID.toUpperCase() } }, 'ID_INVALID', '.data.id'],
    [{ op: 'DeleteNode', data: { id: ID.slice(1) } }, 'ID_INVALID', '.data.id'],
    [{ op: 'DeleteNode', data: {} }, 'FORMAT_INVALID', '.data.id'],
    [{ op: 'AddEdge', data: { ...edge, to: 5 } }, 'FORMAT_INVALID', '.data.to'],
    [{ op: 'AddEdge', data: { ...edge, from: 'x' } }, 'ID_INVALID', '.data.from'],
    [{ op: 'SetEdge', data: { id: ID } }, 'FORMAT_INVALID', '.data.payload_b64'],
    [{ op: 'DeleteEdge', data: { id: ID, expect: {} } }, 'FORMAT_INVALID', '.data.expect'],
    [{ op: 'DeleteEdge', data: { id: ID, expect: { absent: false } } }, 'FORMAT_INVALID', '.data.expect'],
    [{ op: 'DeleteEdge', data: { id: ID, expect: { absent: true, digest: ID } } }, 'FORMAT_INVALID', '.data.expect'],
    [{ op: 'DeleteEdge', data: { id: ID, expect: { digest: 'x' } } }, 'ID_INVALID', '.data.expect.digest'],
    [{ op: 'DeleteEdge', data: { id: ID, expect: { value: 1 } } }, 'FIELD_UNKNOWN', '.data.expect.value'],
  ];
  for (const [json, reason, place] of cases) {
    assert.deepEqual(refusal(json), [reason, `rewrite.ops[1]${place}`], JSON.stringify(json));
  }
});

test('a list that is too long is refused before it is read', () => {
  const ops: unknown[] = Array.from({ length: 10_001 }, () => null);
  assert.throws(() => opsFromJson(ops, 'rewrite.ops'), { reason: 'OPS_TOO_MANY', place: 'rewrite.ops' });
});

test('places of the kernel are told as the caller wrote them', () => {
  const ops = [
    { op: 'PutNode', data: { kind: 'k', key: 'a', set: { 'odd.name': 1 }, unset: ['b'] } },
    { op: 'PutNode', data: { kind: 'k', key_b64: 'YQ==' } },
  ];
  const place = (kernelPlace: string): string => opPlaceToJson(kernelPlace, ops, 'rewrite.ops');
  assert.equal(place('ops'), 'rewrite.ops');
  assert.equal(place('ops[0]'), 'rewrite.ops[0].data');
  assert.equal(place('ops[0].kind'), 'rewrite.ops[0].data.kind');
  assert.equal(place('ops[0].payload'), 'rewrite.ops[0].data.payload_b64');
  assert.equal(place('ops[0].expect'), 'rewrite.ops[0].data.expect');
  assert.equal(place('ops[0].key'), 'rewrite.ops[0].data.key');
  assert.equal(place('ops[1].key'), 'rewrite.ops[1].data.key_b64');
  assert.equal(place('ops[0].fields.odd.name'), 'rewrite.ops[0].data.set.odd.name');
  assert.equal(place('ops[0].fields.b'), 'rewrite.ops[0].data.unset');
});

function hash(hex: string): typeof NODE {
  return Buffer.from(hex, 'hex').toString('latin1') as typeof NODE;
}

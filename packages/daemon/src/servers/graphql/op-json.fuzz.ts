import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import type { Digest, Op } from '@jitos/kernel';
import { anyBytes } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { anyText, anyValue } from '@jitos/testkit/kernel/values.ts';
import { addEdge, addNode, deleteEdge, deleteNode, patchesOf, setEdge } from '@jitos/testkit/world/make-ops.ts';
import { Failure } from '../../errors/failure.ts';
import { opsFromJson, opToJson } from './op-json.ts';

const anyId = anyBytes({ minLength: 32, maxLength: 32 }).map((bytes) => bytes as Digest);
const anyPayload = fc.option(anyBytes({ minLength: 0, maxLength: 40 }));
const anyExpect = fc.option(fc.oneof(anyId, fc.constant('absent' as const)));
const anyKey = anyBytes({ minLength: 1, maxLength: 40 });
/** Values without what `json-value.ts` can't tell from bytes and integers. */
const anyField = anyValue({ nullAllowed: false }).filter(
  (value) => !/\$(?:bytes|int)/.test(JSON.stringify(plain(value))),
);
const anyPatches = fc
  .dictionary(anyText, fc.option(anyField), { maxKeys: 5 })
  .map((fields) => patchesOf(Object.fromEntries(Object.entries(fields))));

const anyOp: fc.Arbitrary<Op> = fc.oneof(
  fc.tuple(fc.string(), anyPayload, anyExpect).map((parts) => addNode(...parts)),
  fc
    .tuple(fc.string(), anyKey, anyPatches, anyExpect)
    .map(([kind, key, patches, expect]): Op => ({ op: 'PutNode', kind, key, patches, expect })),
  fc.tuple(anyId, anyExpect).map((parts) => deleteNode(...parts)),
  fc
    .tuple(anyId, anyId, fc.string(), fc.option(anyKey), anyPayload, anyExpect)
    .map(([from, to, kind, key, payload, expect]): Op => {
      return { ...addEdge(from, to, kind), key, payload, expect } as Op;
    }),
  fc.tuple(anyId, anyPayload, anyExpect).map((parts) => setEdge(...parts)),
  fc.tuple(anyId, anyExpect).map((parts) => deleteEdge(...parts)),
);

law('every op comes back from JSON text', {
  inputs: fc.array(anyOp, { maxLength: 5 }),
  runs: 1000,
  holds: (ops) => {
    const json = JSON.parse(JSON.stringify(ops.map(opToJson))) as unknown[];
    assert.deepEqual(opsFromJson(json, 'ops'), ops);
  },
});

const anyName = fc.constantFrom(
  'kind',
  'key',
  'key_b64',
  'payload_b64',
  'set',
  'unset',
  'id',
  'from',
  'to',
  'expect',
  'x',
  '__proto__',
);
const anyJsonish = fc.oneof(
  fc.jsonValue(),
  fc.constant('aGVsbG8='),
  fc.constant('ab'.repeat(32)),
  fc.constant({ absent: true }),
);
const opNames = ['AddNode', 'PutNode', 'DeleteNode', 'AddEdge', 'SetEdge', 'DeleteEdge', 'Other'];

law('anything else is refused with a place inside it, and never breaks the reader', {
  inputs: fc.record({
    op: fc.constantFrom(...opNames),
    data: fc.oneof(fc.jsonValue(), fc.dictionary(anyName, anyJsonish)),
  }),
  runs: 2000,
  holds: (json) => {
    try {
      const ops = opsFromJson([json], 'rewrite.ops');
      assert.deepEqual(opsFromJson(ops.map(opToJson), 'again'), ops);
    } catch (error) {
      if (!(error instanceof Failure)) throw error;
      assert.match(error.place, /^rewrite\.ops\[0\]/);
    }
  },
});

function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  if (value instanceof Map)
    return [...(value as ReadonlyMap<string, unknown>)].map(([key, item]) => [key, plain(item)]);
  if (Array.isArray(value)) return value.map(plain);
  return typeof value === 'object' && value !== null ? 'bytes' : value;
}

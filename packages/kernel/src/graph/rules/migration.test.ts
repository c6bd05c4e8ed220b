import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { keyedId, patchesOf, utf8, type Fields } from '@jitos/testkit/world/make-ops.ts';
import { decodeValue, encodeValue } from '../../bytes/value.ts';
import { contentNode, FIELD_COUNT_MAX, keyedNode, type GraphNode } from '../element.ts';
import { migrateNode, type Migration } from './migration.ts';

function task(fields: Fields): GraphNode {
  const values = patchesOf(fields).flatMap(({ name, value }) => (value === null ? [] : [{ name, value }]));
  return keyedNode(keyedId('task', 'a'), 'task', utf8('a'), values, sha256);
}

function migrated(fields: Fields, ...steps: Migration): Record<string, unknown> {
  const node = migrateNode(task(fields), steps, sha256);
  assert.ok(node.type === 'keyed');
  return Object.fromEntries(node.fields.map(({ name, value }) => [name, decodeValue(value, { nullAllowed: false })]));
}

const RENAME = { step: 'rename', kind: 'task', field: 'name', newName: 'title' } as const;
const FILL = { step: 'fill', kind: 'task', field: 'title', value: encodeValue('none') } as const;
const DROP = { step: 'drop', kind: 'task', field: 'name' } as const;

test('a step does its work where there is something to do, and nothing elsewhere', () => {
  assert.deepEqual(migrated({ name: 'A' }, RENAME), { title: 'A' });
  assert.deepEqual(migrated({ name: 'A', title: 'B' }, RENAME), { name: 'A', title: 'B' });
  assert.deepEqual(migrated({}, FILL), { title: 'none' });
  assert.deepEqual(migrated({ title: 'B' }, FILL), { title: 'B' });
  assert.deepEqual(migrated({ name: 'A', title: 'B' }, DROP), { title: 'B' });
});

test('steps run in their order, each on what the one before left', () => {
  assert.deepEqual(migrated({ name: 'A' }, FILL, RENAME), { name: 'A', title: 'none' });
  assert.deepEqual(migrated({ name: 'A' }, RENAME, FILL), { title: 'A' });
  assert.deepEqual(migrated({ name: 'A' }, DROP, RENAME, FILL), { title: 'none' });
});

test('fields are in canonical order again, whatever steps moved them', () => {
  const steps = [
    { step: 'rename', kind: 'task', field: 'b', newName: 'zz' },
    { step: 'fill', kind: 'task', field: 'a', value: encodeValue(0) },
    { step: 'rename', kind: 'task', field: 'c', newName: 'b' },
  ] as const;
  const node = migrateNode(task({ b: 1, c: 2, ccc: 3 }), steps, sha256);
  assert.ok(node.type === 'keyed');
  assert.deepEqual(
    node.fields.map(({ name }) => name),
    ['a', 'b', 'zz', 'ccc'],
  );
});

test('what no step is about stays the very same', () => {
  const node = task({ title: 'B' });
  assert.equal(migrateNode(node, [RENAME, FILL, DROP], sha256), node);
  assert.equal(migrateNode(node, [{ ...DROP, kind: 'file', field: 'title' }], sha256), node);
  const content = contentNode('task', null, sha256);
  assert.equal(migrateNode(content, [FILL], sha256), content);
});

test('a node that has as many fields as a node may have gets no other', () => {
  const full = task(Object.fromEntries(Array.from({ length: FIELD_COUNT_MAX }, (_, i) => [`f${i}`, i])));
  assert.equal(migrateNode(full, [FILL], sha256), full);
});

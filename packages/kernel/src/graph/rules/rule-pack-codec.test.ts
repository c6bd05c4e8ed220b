import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { jsonValue } from '@jitos/testkit/kernel/json-value.ts';
import { bytesToHex, type Bytes } from '../../bytes/byte-string.ts';
import { encodeValue } from '../../bytes/value.ts';
import { decodeRulePack, RULE_PACK_SIZE_MAX } from './rule-pack-codec.ts';
import { defaultRulePack, deletionRuleOf, mergeRuleOf, type RulePack } from './rule-pack.ts';

function packOf(document: unknown): RulePack {
  const decoded = decodeRulePack(encodeValue(jsonValue(document)), sha256);
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.rules;
}

function refused(document: unknown): string {
  const decoded = decodeRulePack(encodeValue(jsonValue(document)), sha256);
  assert.ok(!decoded.ok, 'the pack was taken');
  return `${decoded.reason} ${decoded.place}`;
}

test('the empty map is the default pack', () => {
  const rules = packOf({});
  assert.equal(bytesToHex(rules.bytes), 'a0');
  assert.deepEqual(rules, defaultRulePack(sha256));
});

test('what is declared is looked up by kind, and nothing is where nothing is declared', () => {
  const task = { key: 'id', fields: { votes: { type: 'integer', merge: 'counter' } }, delete: 'change-wins' };
  const rules = packOf({ nodes: { task }, edges: { next: { from: ['task'], needed: true, delete: 'delete-wins' } } });
  assert.equal(mergeRuleOf(rules, 'task', 'votes'), 'counter');
  assert.equal(mergeRuleOf(rules, 'task', 'title'), null);
  assert.equal(mergeRuleOf(rules, 'file', 'votes'), null);
  assert.equal(deletionRuleOf(rules, 'node', 'task'), 'change-wins');
  assert.equal(deletionRuleOf(rules, 'edge', 'next'), 'delete-wins');
  assert.equal(deletionRuleOf(rules, 'edge', 'task'), null);
  assert.deepEqual(rules.neededEdges.get('task'), ['next']);
});

test('a document that is malformed is refused with the place of what is wrong', () => {
  const places = [
    [[], 'rules'],
    [{ colour: 'red' }, 'rules.colour'],
    [{ unknown: 'allowed' }, 'unknown'],
    [{ nodes: [] }, 'nodes'],
    [{ nodes: { 'a kind': {} } }, 'nodes.a kind'],
    [{ nodes: { task: { type: 'keyed' } } }, 'nodes.task.type'],
    [{ nodes: { task: { key: '1' } } }, 'nodes.task.key'],
    [{ nodes: { task: { key: 'id', open: false } } }, 'nodes.task.open'],
    [{ nodes: { task: { key: 'id', fields: { __a: {} } } } }, 'nodes.task.fields.__a'],
    [{ nodes: { task: { key: 'id', fields: { a: { type: 'date' } } } } }, 'nodes.task.fields.a.type'],
    [{ nodes: { task: { key: 'id', fields: { a: { type: 'list', items: 'map' } } } } }, 'nodes.task.fields.a.items'],
    [{ nodes: { task: { key: 'id', fields: { a: { merge: 'sum' } } } } }, 'nodes.task.fields.a.merge'],
    [{ nodes: { task: { key: 'id', unique: [[]] } } }, 'nodes.task.unique[0]'],
    [{ nodes: { task: { key: 'id', unique: [[1]] } } }, 'nodes.task.unique[0][0]'],
    [{ nodes: { task: { key: 'id', delete: 'never' } } }, 'nodes.task.delete'],
    [{ edges: { next: { outMax: 0 } } }, 'edges.next.outMax'],
    [{ edges: { next: { inMax: 1.5 } } }, 'edges.next.inMax'],
    [{ edges: { next: { key: 'allowed' } } }, 'edges.next.key'],
    [{ edges: { next: { from: 'task' } } }, 'edges.next.from'],
    [{ nodes: { task: { key: 'id', fields: { a: { type: 'any' } } } } }, 'rules'],
    [{ nodes: { a: {}, b: {} }, edges: { next: { to: ['b', 'a'] } } }, 'rules'],
  ] as const;
  assert.deepEqual(
    places.map(([document]) => refused(document)),
    places.map(([, place]) => `RULES_INVALID ${place}`),
  );
});

test('declarations that do not go together are refused', () => {
  const fields = { a: { type: 'text' } };
  const places = [
    [{ nodes: { task: { fields } } }, 'nodes.task'],
    [{ nodes: { task: { key: 'a', fields } } }, 'nodes.task.key'],
    [
      { nodes: { task: { key: 'id', fields: { a: { type: 'text', merge: 'counter' } } } } },
      'nodes.task.fields.a.merge',
    ],
    [{ nodes: { task: { key: 'id', fields: { a: { type: 'text', items: 'text' } } } } }, 'nodes.task.fields.a.items'],
    [{ nodes: { task: { key: 'id', fields, unique: [['b']] } } }, 'nodes.task.unique'],
    [{ nodes: { task: { key: 'id', fields, unique: [['a', 'a']] } } }, 'nodes.task.unique'],
    [{ nodes: { task: { key: 'id', fields, unique: [['a'], ['a']] } } }, 'nodes.task.unique'],
    [{ edges: { next: { from: ['task'] } } }, 'edges.next.from'],
    [{ edges: { next: { to: [] } } }, 'edges.next.to'],
    [{ edges: { next: { needed: true } } }, 'edges.next.needed'],
    [{ nodes: { next: {} }, edges: { next: {} } }, 'edges.next'],
    [{ nodes: { 'git.file': {} } }, 'nodes.git.file'],
    [{ nodes: { Int: {} } }, 'nodes.Int'],
    [{ nodes: { task: { name: 'task' } } }, 'nodes.task.name'],
  ] as const;
  assert.deepEqual(
    places.map(([document]) => refused(document)),
    places.map(([, place]) => `RULES_CONTRADICTORY ${place}`),
  );
});

test('a document past its bounds is refused before it is read', () => {
  const decoded = decodeRulePack('\0'.repeat(RULE_PACK_SIZE_MAX + 1) as Bytes, sha256); // zeros are bytes
  assert.ok(!decoded.ok);
  assert.match(decoded.detail, /at most 262144 bytes/);
  assert.equal(
    refused({ nodes: Object.fromEntries(Array.from({ length: 1025 }, (_, i) => [`k${i}`, {}])) }),
    'RULES_INVALID rules',
  );
});

test('bytes that are not canonical are refused with the place in the bytes', () => {
  const decoded = decodeRulePack('\u00bf\u00ff' as Bytes, sha256); // an indefinite map
  assert.deepEqual(decoded, {
    ok: false,
    reason: 'RULES_INVALID',
    place: 'rules',
    detail: 'not canonical: indefinite at byte 0',
  });
});

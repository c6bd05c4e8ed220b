/** The language of rule packs: what it says, what it refuses and where, and that a printed pack reads back as it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { jsonValue } from '@jitos/testkit/kernel/json-value.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { generateRules } from '@jitos/testkit/world/generate-rules.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { bytesToHex, decodeRulePack, encodeValue, type RulePack } from '@jitos/kernel';
import * as fc from 'fast-check';
import { sha256 } from '../../engine/sha256.ts';
import { Failure } from '../../errors/failure.ts';
import { printRules } from './print-rules.ts';
import { readRules } from './read-rules.ts';

const TASKS = `
  # Comments and order make no other pack.
  extend schema @rules(unknown: REFUSED)
  type Follows @edge(kind: "follows", from: [Task], to: [Task, Note], needed: true, outMax: 2, inMax: 1, key: REFUSED, payload: REQUIRED, delete: DELETE_WINS)
  type Note @node(kind: "note")
  "Work."
  type Task @node(kind: "task", key: "id", open: true, delete: CHANGE_WINS) @unique(fields: ["title", "list"]) {
    id: ID!
    votes: Int @merge(rule: COUNTER)
    title: String! @unique
    list: [String!] @merge(rule: GROW_SET)
    any: Any
  }
`;

function packOf(sdl: string): RulePack {
  const decoded = decodeRulePack(readRules(sdl, 'sdl').rules, sha256);
  assert.ok(decoded.ok, JSON.stringify(decoded));
  return decoded.rules;
}

test('every word of the language stands for a part of the document', () => {
  const document = {
    unknown: 'refused',
    nodes: {
      note: { name: 'Note' },
      task: {
        name: 'Task',
        key: 'id',
        fields: {
          votes: { type: 'integer', merge: 'counter' },
          title: { type: 'text', required: true },
          list: { type: 'list', items: 'text', merge: 'grow-set' },
          any: {},
        },
        open: true,
        unique: [['list', 'title'], ['title']],
        delete: 'change-wins',
      },
    },
    edges: {
      follows: {
        name: 'Follows',
        from: ['task'],
        to: ['note', 'task'],
        needed: true,
        outMax: 2,
        inMax: 1,
        key: 'refused',
        payload: 'required',
        delete: 'delete-wins',
      },
    },
  };
  assert.equal(bytesToHex(packOf(TASKS).bytes), bytesToHex(encodeValue(jsonValue(document))));
});

test('steps of a migration are read in the order in which they stand', () => {
  const { migration } = readRules(
    `type Task @node(kind: "task", key: "id") { id: ID!, title: String }
     extend type Task @rename(field: "old name", to: "title") @fill(field: "title", value: [1, 9223372036854775808, "x", {a: true}])
     extend type Task @drop(field: "ü")`,
    'sdl',
  );
  const value = encodeValue([1, 2n ** 63n, 'x', new Map([['a', true]])]);
  assert.deepEqual(migration, [
    { step: 'rename', kind: 'task', field: 'old name', newName: 'title' },
    { step: 'fill', kind: 'task', field: 'title', value },
    { step: 'drop', kind: 'task', field: 'ü' },
  ]);
});

test('what has no meaning is refused where it stands', () => {
  const places = [
    ['type Task', 'sdl:1:1'],
    ['type Task @node(key: "id", colour: "red") { id: ID! }', 'sdl:1:28'],
    ['type Task @node(key: "id") { title: String }', 'sdl:1:11'],
    ['type Task @node(key: "id") { id: ID }', 'sdl:1:34'],
    ['type Task @node(key: "id") { id: ID!, a: Date }', 'sdl:1:42'],
    ['type Task @node(key: "id") { id: ID!, a: [String] }', 'sdl:1:43'],
    ['type Task @node(key: "id") { id: ID!, a: Int @merge(rule: SUM) }', 'sdl:1:59'],
    ['type Task @node(key: "id") { id: ID!, a: Int @deprecated }', 'sdl:1:46'],
    ['type Task @node(key: "id") { id: ID!, a(b: Int): Int }', 'sdl:1:41'],
    ['type Task @node(key: "id") @key { id: ID! }', 'sdl:1:28'],
    ['type E @edge(from: [Task])', 'sdl:1:21'],
    ['type E @edge(outMax: 99999999999999999999)', 'sdl:1:22'],
    ['type E @edge { a: Int }', 'sdl:1:1'],
    ['type A @node type A @node', 'sdl:1:19'],
    ['type A @node(kind: "k") type B @node(kind: "k")', 'sdl:1:25'],
    ['extend type A @drop(field: "a")', 'sdl:1:13'],
    ['type A @node extend type A @fill(field: "a", value: null)', 'sdl:1:53'],
    ['type A @node extend type A @fill(field: "a")', 'sdl:1:28'],
    ['scalar Date', 'sdl:1:1'],
    ['type', 'sdl:1:5'],
    ['[', 'sdl:1:1'],
    ['type A @node extend type A @fill(field: "a", value: {b: 1, b: 2})', 'sdl:1:60'],
    [`type A @node extend type A @fill(field: "a", value: ${'['.repeat(70)}${']'.repeat(70)})`, 'sdl:1:117'],
    [`# ${']'.repeat(50_000)}\ntype A @node extend type A @fill(field: "a", value: ${'['.repeat(50_000)})`, 'sdl'],
  ] as const;
  const placeOf = (sdl: string): string => {
    try {
      readRules(sdl, 'sdl');
      return 'taken';
    } catch (error) {
      assert.ok(error instanceof Failure && error.reason === 'RULES_INVALID', sdl);
      return error.place;
    }
  };
  assert.deepEqual(
    places.map(([sdl]) => placeOf(sdl)),
    places.map(([, place]) => place),
  );
});

test('brackets in a description or a comment nest nothing', () => {
  const brackets = '['.repeat(100);
  assert.equal(packOf(`# ${brackets}\n"${brackets}" type A @node`).id, packOf('type A @node').id);
});

test('the default pack is an empty text', () => {
  assert.equal(printRules(NO_RULES), '');
  assert.equal(packOf('').id, NO_RULES.id);
});

law('a pack that is printed reads back as it, and prints the same again', {
  inputs: fc.array(fc.nat(10_000), { minLength: 20, maxLength: 200 }),
  runs: 200,
  holds: (tape) => {
    const rules = generateRules(tapeDice(tape));
    const again = packOf(printRules(rules));
    assert.equal(bytesToHex(again.bytes), bytesToHex(rules.bytes));
    assert.equal(printRules(again), printRules(rules));
  },
});

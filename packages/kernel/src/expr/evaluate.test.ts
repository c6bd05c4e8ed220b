import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { addEdge, addNode, contentId, edgeIdOf, keyedId, putNode, utf8 } from '@jitos/testkit/world/make-ops.ts';
import { NO_RULES } from '@jitos/testkit/world/no-rules.ts';
import { digestToHex } from '../bytes/digest.ts';
import type { Value } from '../bytes/value.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import { runRewrite } from '../graph/rewrite.ts';
import type { Refusal } from '../refusal.ts';
import { evaluate, holds } from './evaluate.ts';
import { parseExpr } from './parse.ts';

const NOTE = contentId('note', utf8('hello'));
const K1 = keyedId('task', 'k1');
const GRAPH = makeGraph();

function makeGraph(): Graph {
  const fields = { n: 7, big: 2n ** 63n, done: false, text: 'é', list: [1, [2, 3]], map: new Map([['a b', 'deep']]) };
  const made = runRewrite(
    EMPTY_GRAPH,
    [
      putNode('task', 'k1', fields),
      putNode('task', 'k2', { n: 1.5, big: 'x'.repeat(60_000) }),
      addNode('note', utf8('hello')),
      addEdge(K1, NOTE, 'about', { key: 'e', payload: utf8('\u0000ÿ') }),
    ],
    NO_RULES,
    sha256,
  );
  assert.ok(made.ok);
  return made.graph;
}

function evaluated(source: string): { readonly ok: true; readonly value: Value } | Refusal {
  const parsed = parseExpr(source);
  assert.ok(parsed.ok);
  return evaluate(parsed.expr, GRAPH, sha256);
}

const VALUES: readonly (readonly [source: string, value: Value])[] = [
  ['count(nodes)', 3],
  ['count(nodes, "task")', 2],
  ['count(nodes, "nothing")', 0],
  ['count(edges)', 1],
  ['count(edges, "about")', 1],
  ['count(edges, "task")', 0],
  ['node("task", "k1").n', 7],
  ['node("task", "k1").list[1][0]', 2],
  ['node("task", "k1").map["a b"]', 'deep'],
  // E1: what is not there is null.
  ['node("task", "k1").nothing', null],
  ['node("task", "k9").n.m[3]', null],
  ['node("task", "k1").list[2]', null],
  ['node("task", "k1").n[0].m', null],
  ['node("task", "k1")[0]', null],
  ['node("task", "k1").text@kind', null],
  ['node("task", "k1")@payload', null],
  ['exists(node("task", "k1"))', true],
  ['exists(node("task", "k9"))', false],
  ['exists(node("task", "k1").done)', true],
  ['exists(node("task", "k1").nothing)', false],
  [`node(#${digestToHex(NOTE)})@payload == b"hello"`, true],
  [`node(#${digestToHex(NOTE)})@key`, null],
  [`node(#${digestToHex(K1)})@kind`, 'task'],
  ['node("task", b"k1")@key == b"k1"', true],
  [`edge(#${digestToHex(edgeIdOf(K1, NOTE, 'about', 'e'))})@payload == b"\\u0000ÿ"`, true],
  [`exists(edge(#${digestToHex(K1)}))`, false],
  // E2: equality is of all values, order of some.
  ['1 == "1"', false],
  ['null == null', true],
  ['node("task", "k1").list == node("task", "k1").list', true],
  ['node("task", "k1").list != node("task", "k1").map', true],
  ['node("task", "k1").big == 9223372036854775808', true],
  ['node("task", "k1").big > 9223372036854775807', true],
  ['node("task", "k2").n < 2', true],
  ['node("task", "k2").n <= 1.5', true],
  ['1 >= 2', false],
  ['"\uffff" < "😀"', true],
  ['b"a" < b"b"', true],
  // E3: no further than needed.
  ['false and 1', false],
  ['true or 1', true],
  ['not false and not (true and false)', true],
];

for (const [source, value] of VALUES) {
  test(`${source} is ${inspect(value)}`, () => assert.deepEqual(evaluated(source), { ok: true, value }));
}

const MISMATCHES: readonly (readonly [source: string, column: number, detail: RegExp])[] = [
  ['true and 1', 10, /true or false is due here, not a number/],
  ['1 or true', 1, /not a number/],
  ['not "x"', 5, /not a text/],
  ['1 < "2"', 3, /between a number and a text/],
  ['"b" < b"b"', 5, /between a text and bytes/],
  ['node("task", "k9").n < 1', 22, /between null and a number/],
  ['node("task", "k1").list > node("task", "k1").map', 25, /a list and a map/],
  ['node("task", "k1") == 1', 1, /an element is no value/],
  ['true and (1 < null or true)', 13, /a number and null/],
];

for (const [source, column, detail] of MISMATCHES) {
  test(`${source} is refused at column ${column}`, () => {
    const found = evaluated(source);
    assert.ok(!found.ok);
    assert.deepEqual([found.reason, found.place], ['EXPR_TYPE_MISMATCH', `column ${column}`]);
    assert.match(found.detail, detail);
  });
}

test('reading large fields again and again comes to an end', () => {
  const once = 'exists(node("task", "k2").big)';
  assert.equal(evaluated(once).ok, true);
  const found = evaluated(Array.from({ length: 100 }, () => once).join(' and '));
  assert.ok(!found.ok && found.reason === 'EXPR_TOO_LARGE');
});

test('a predicate is true or false', () => {
  const parsed = parseExpr('count(nodes)');
  assert.ok(parsed.ok);
  const found = holds(parsed.expr, GRAPH, sha256);
  assert.ok(!found.ok && found.reason === 'EXPR_TYPE_MISMATCH');
});

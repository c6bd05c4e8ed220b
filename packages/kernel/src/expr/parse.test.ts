import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EXPR_DEPTH_MAX, EXPR_LENGTH_MAX, type Expr } from './expr.ts';
import { parseExpr } from './parse.ts';

function mustParse(source: string): Expr {
  const parsed = parseExpr(source);
  assert.ok(parsed.ok);
  return parsed.expr;
}

/** The expression in brackets, operators first. */
function shape(expr: Expr): string {
  switch (expr.type) {
    case 'literal':
      return typeof expr.value === 'bigint' ? `${expr.value}n` : JSON.stringify(expr.value);
    case 'element':
      return `${expr.ref.element}${expr.path.map((step) => JSON.stringify(Object.values(step).at(-1))).join('')}`;
    case 'count':
      return `count-${expr.table}${expr.kind === null ? '' : `-${expr.kind}`}`;
    case 'exists':
    case 'not':
      return `(${expr.type} ${shape(expr.operand)})`;
    case 'and':
    case 'or':
      return `(${expr.type} ${expr.operands.map(shape).join(' ')})`;
    case 'compare':
      return `(${expr.comparison} ${shape(expr.left)} ${shape(expr.right)})`;
  }
}

const SHAPES: readonly (readonly [source: string, shape: string])[] = [
  ['true or false and not null == 1', '(or true (and false (not (== null 1))))'],
  ['(true or false) and true', '(and (or true false) true)'],
  ['true and true and true', '(and true true true)'],
  [' count ( nodes , "task" )\n>= 3 ', '(>= count-nodes-task 3)'],
  ['count(edges)', 'count-edges'],
  ['exists(node("task", "k1").a.b[0]["c d"])', '(exists node"a""b"0"c d")'],
  [`edge(#${'0f'.repeat(32)})@payload != b"x"`, '(!= edge"payload" {"$bytes":"x"})'],
  [`exists(node(#${'0f'.repeat(32)}))`, '(exists node)'],
  ['node("t", b"k")@kind', 'node"kind"'],
  ['-7 < 1.5e3', '(< -7 1500)'],
  ['18446744073709551615 > -0', '(> 18446744073709551615n 0)'],
  [String.raw`"\u00e9\n"`, String.raw`"é\n"`],
];

for (const [source, expected] of SHAPES) {
  test(`${JSON.stringify(source)} is ${expected}`, () => assert.equal(shape(mustParse(source)), expected));
}

const FAULTS: readonly (readonly [source: string, column: number, detail: RegExp])[] = [
  ['', 1, /is due here, at the end/],
  ['true and', 9, /a value, an element.* at the end/],
  ['true true', 6, /an operator or the end/],
  ['1 < 2 < 3', 7, /an operator or the end/],
  ['count(node)', 7, /`nodes` or `edges`/],
  ['count(nodes, "a b")', 14, /a kind is/],
  ['node("t")', 9, /`,` is due/],
  ['edge("t")', 6, /an id/],
  ['node("t", "k").1', 16, /nothing|a name/],
  ['node("t", "k")[-1]', 16, /name in quotes/],
  ['node("t", "k")@id', 16, /`kind`, `key` or `payload`/],
  ['#0f', 1, /nothing of an expression/],
  ['"open', 1, /no end/],
  [String.raw`"\ud800"`, 1, /lone surrogate/],
  ['1 == $', 6, /nothing of an expression/],
  ['18446744073709551616', 1, /from −2⁶³ to 2⁶⁴−1/],
  ['1e400', 1, /too large/],
  ['(1', 3, /`\)` is due/],
  ['nodes', 1, /a value/],
];

for (const [source, column, detail] of FAULTS) {
  test(`${JSON.stringify(source)} is refused at column ${column}`, () => {
    const parsed = parseExpr(source);
    assert.ok(!parsed.ok);
    assert.deepEqual([parsed.reason, parsed.place], ['EXPR_INVALID', `column ${column}`]);
    assert.match(parsed.detail, detail);
  });
}

test('what is too deep or too long is refused before it costs anything', () => {
  const nested = (depth: number): string => `${'('.repeat(depth)}true${')'.repeat(depth)}`;
  mustParse(nested(EXPR_DEPTH_MAX));
  for (const source of [nested(EXPR_DEPTH_MAX + 1), `${'not '.repeat(EXPR_DEPTH_MAX + 1)}true`]) {
    const deep = parseExpr(source);
    assert.ok(!deep.ok && deep.reason === 'EXPR_TOO_LARGE');
  }
  mustParse('1'.padEnd(EXPR_LENGTH_MAX));
  const long = parseExpr('1'.padEnd(EXPR_LENGTH_MAX + 1));
  assert.ok(!long.ok && long.reason === 'EXPR_TOO_LARGE');
});

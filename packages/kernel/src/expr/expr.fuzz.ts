/** Laws of expressions: whatever is written ends in a value or a refusal, and operators mean what logic has them mean. */
import assert from 'node:assert/strict';
import { inspect } from 'node:util';
import * as fc from 'fast-check';
import { law } from '@jitos/testkit/kernel/law.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { growGraph } from '@jitos/testkit/world/generate-graphs.ts';
import { EMPTY_GRAPH, type Graph } from '../graph/graph.ts';
import { evaluate } from './evaluate.ts';
import { parseExpr } from './parse.ts';

const WORDS =
  `true false null 0 -1 2.5 9007199254740993 "task" b"k" #${'ab'.repeat(32)} and or not exists count nodes edges node edge kind n == != < <= > >= ( ) [ ] , . @ $ "`.split(
    ' ',
  );
const soup = fc.array(fc.constantFrom(...WORDS), { maxLength: 12 }).map((words) => words.join(' '));

const operand = fc.constantFrom(
  ...'true|false|null|1|-2|2.5|18446744073709551615|"a"|"b"|b"a"'.split('|'),
  ...'count(nodes)|count(edges)|count(nodes, "task")|node("task", "a").n|exists(node("task", "a"))'.split('|'),
);
const comparison = fc.constantFrom('==', '!=', '<', '<=', '>', '>=');
const { expr } = fc.letrec<{ expr: string }>((tie) => ({
  expr: fc.oneof(
    { depthSize: 'small' },
    operand,
    fc.tuple(operand, comparison, operand).map((parts) => parts.join(' ')),
    tie('expr').map((inner) => `not (${inner})`),
    fc.tuple(tie('expr'), fc.constantFrom('and', 'or'), tie('expr')).map(([a, word, b]) => `(${a}) ${word} (${b})`),
  ),
}));
const graph = fc
  .array(fc.nat(9999), { minLength: 200, maxLength: 200 })
  .map((tape): Graph => growGraph(tapeDice(tape), EMPTY_GRAPH, 8).graph);

/** The value as text, or the reason for which there is none. */
function outcome(source: string, of: Graph): string {
  const parsed = parseExpr(source);
  if (!parsed.ok) return parsed.reason;
  const found = evaluate(parsed.expr, of, sha256);
  return found.ok ? inspect(found.value) : found.reason;
}

law('any text is parsed, or refused at a column of it', {
  inputs: fc.oneof(soup, fc.string(), expr),
  runs: 2000,
  holds: (source) => {
    const parsed = parseExpr(source);
    if (parsed.ok) return assert.ok(['string', 'object'].includes(typeof parsed.expr.type));
    assert.equal(parsed.reason, 'EXPR_INVALID');
    const column = Number(/^column (\d+)$/.exec(parsed.place)?.[1]);
    assert.ok(column >= 1 && column <= source.length + 1, parsed.place);
  },
});

law('whatever can be parsed ends in a value or a refusal, the same one each time', {
  inputs: fc.record({ source: fc.oneof(soup, expr), graph }),
  runs: 500,
  holds: ({ source, graph: of }) => {
    const first = outcome(source, of);
    assert.equal(outcome(source, of), first);
    assert.ok(!first.startsWith('EXPR_') || ['EXPR_INVALID', 'EXPR_TYPE_MISMATCH'].includes(first));
  },
});

law('operators mean what logic has them mean', {
  inputs: fc.record({ a: expr, b: expr, graph }),
  runs: 500,
  holds: ({ a, b, graph: of }) => {
    const boolean = (source: string): boolean => ['true', 'false'].includes(outcome(source, of));
    if (!boolean(a) || !boolean(b)) return assert.notEqual(outcome(`not (${a}) and not (${b})`, of), 'EXPR_INVALID');
    assert.equal(outcome(`not not (${a})`, of), outcome(a, of));
    assert.equal(outcome(`not ((${a}) and (${b}))`, of), outcome(`not (${a}) or not (${b})`, of));
    assert.equal(outcome(`(${a}) == (${b})`, of), outcome(`not ((${a}) != (${b}))`, of));
  },
});

law('of two values that have an order exactly one of below, equal and above holds', {
  inputs: fc.record({ a: operand, b: operand, graph }),
  runs: 500,
  holds: ({ a, b, graph: of }) => {
    const told = ['<', '==', '>'].map((sign) => outcome(`${a} ${sign} ${b}`, of));
    if (told.includes('EXPR_TYPE_MISMATCH')) return assert.deepEqual([told[0], told[2]], [told[2], told[0]]);
    assert.equal(told.filter((each) => each === 'true').length, 1, told.join(' '));
    assert.equal(outcome(`${a} <= ${b}`, of), String(told[2] === 'false'));
    assert.equal(outcome(`${a} >= ${b}`, of), String(told[0] === 'false'));
  },
});

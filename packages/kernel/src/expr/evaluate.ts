/**
 * What an expression is worth in a graph. Total: every evaluation ends in a value or a refusal.
 *
 * - E1 What is not there is null, however long the path to it.
 * - E2 `==` compares any two values; an order exists between two numbers, two texts and two byte strings only, and
 *      operators between booleans only. Anything else is `EXPR_TYPE_MISMATCH`.
 * - E3 `and` and `or` look at their operands from left to right, and no further than they need.
 */
import { unreachable } from '../assert.ts';
import { compareBytes, type Bytes } from '../bytes/byte-string.ts';
import type { Sha256 } from '../bytes/digest.ts';
import { utf8Bytes } from '../bytes/utf8.ts';
import { decodeValue, encodeValue, isBoxedBytes, type Value } from '../bytes/value.ts';
import { keyedNodeId, type GraphEdge, type GraphNode } from '../graph/element.ts';
import { edgesOfKind, nodesOfKind, type Graph } from '../graph/graph.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { trieCount, trieGet } from '../trie/trie.ts';
import { fieldOf } from '../view/field-test.ts';
import { EXPR_STEPS_MAX, type Comparison, type ElementRef, type Expr, type PathStep } from './expr.ts';
import { exprPlace } from './tokens.ts';

/** Whether the predicate holds. Refuses with `EXPR_TYPE_MISMATCH` or `EXPR_TOO_LARGE`, and the column. */
export function holds(
  expr: Expr,
  graph: Graph,
  sha256: Sha256,
): { readonly ok: true; readonly holds: boolean } | Refusal {
  const found = evaluate(expr, graph, sha256);
  if (!found.ok) return found;
  if (typeof found.value === 'boolean') return { ok: true, holds: found.value };
  return mismatch(expr, `a predicate is true or false, not ${typeText(found.value)}`);
}

/** The expression's value. */
export function evaluate(
  expr: Expr,
  graph: Graph,
  sha256: Sha256,
): { readonly ok: true; readonly value: Value } | Refusal {
  const run: Run = { graph, sha256, steps: 0, refusal: undefined };
  const value = valueOf(run, expr);
  return run.refusal ?? { ok: true, value };
}

interface Run {
  readonly graph: Graph;
  readonly sha256: Sha256;
  steps: number;
  /** Once there is one, values mean nothing any more. */
  refusal: Refusal | undefined;
}

function valueOf(run: Run, expr: Expr): Value {
  if (!charge(run, expr, 1)) return null;
  switch (expr.type) {
    case 'literal':
      return expr.value;
    case 'element':
      return pathValue(run, expr, elementOf(run, expr.ref), expr.path);
    case 'count':
      return countOf(run.graph, expr.table, expr.kind);
    case 'exists':
      return existsIn(run, expr.operand);
    case 'not':
      return !booleanOf(run, expr.operand);
    case 'and':
      return expr.operands.every((operand) => booleanOf(run, operand));
    case 'or':
      return expr.operands.some((operand) => booleanOf(run, operand));
    case 'compare':
      return compare(run, expr, valueOf(run, expr.left), valueOf(run, expr.right));
    default:
      return unreachable(expr);
  }
}

function charge(run: Run, { at }: Expr, steps: number): boolean {
  run.steps += steps;
  if (run.steps > EXPR_STEPS_MAX && run.refusal === undefined) {
    run.refusal = refuse('EXPR_TOO_LARGE', exprPlace(at), `evaluating takes more than ${EXPR_STEPS_MAX} steps`);
  }
  return run.refusal === undefined;
}

/** False, too, once there is a refusal. */
function booleanOf(run: Run, expr: Expr): boolean {
  const value = valueOf(run, expr);
  if (typeof value === 'boolean') return value && run.refusal === undefined;
  run.refusal ??= mismatch(expr, `true or false is due here, not ${typeText(value)}`);
  return false;
}

type Element = GraphNode | GraphEdge;

function elementOf({ graph, sha256 }: Run, ref: ElementRef): Element | undefined {
  if ('key' in ref) return trieGet(graph.nodes, keyedNodeId(ref.kind, ref.key, sha256));
  return ref.element === 'node' ? trieGet(graph.nodes, ref.id) : trieGet(graph.edges, ref.id);
}

/** An element that is named without a path can be asked for only by `exists`. */
function existsIn(run: Run, operand: Expr): boolean {
  if (operand.type === 'element' && operand.path.length === 0) return elementOf(run, operand.ref) !== undefined;
  return valueOf(run, operand) !== null;
}

function pathValue(run: Run, expr: Expr, element: Element | undefined, path: readonly PathStep[]): Value {
  const [first, ...rest] = path;
  if (first === undefined) {
    run.refusal ??= mismatch(expr, 'an element is no value: ask whether it exists, or for what is in it');
    return null;
  }
  if (element === undefined) return null;
  let value = firstValue(run, expr, element, first);
  for (const step of rest) value = stepValue(value, step);
  return value;
}

function firstValue(run: Run, expr: Expr, element: Element, step: PathStep): Value {
  if (step.step === 'item') return null;
  if (step.step === 'name') {
    const field = 'type' in element ? fieldOf(element, step.name) : undefined;
    if (field === undefined || !charge(run, expr, Math.ceil(field.length / 64))) return null;
    return decodeValue(field, { nullAllowed: false });
  }
  if (step.property === 'kind') return element.kind;
  const bytes = step.property === 'key' ? keyOf(element) : payloadOf(element);
  return bytes === null ? null : { $bytes: bytes };
}

function keyOf(element: Element): Bytes | null {
  return 'key' in element ? element.key : null;
}

function payloadOf(element: Element): Bytes | null {
  return 'payload' in element ? element.payload : null;
}

function stepValue(value: Value, step: PathStep): Value {
  if (step.step === 'item') return isList(value) ? (value[step.index] ?? null) : null;
  if (step.step === 'name') return isMap(value) ? (value.get(step.name) ?? null) : null;
  return null;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

function isMap(value: Value): value is ReadonlyMap<string, Value> {
  return value instanceof Map;
}

function countOf(graph: Graph, table: 'nodes' | 'edges', kind: string | null): number {
  if (kind === null) return table === 'nodes' ? trieCount(graph.nodes) : trieCount(graph.edges);
  return trieCount(table === 'nodes' ? nodesOfKind(graph, kind) : edgesOfKind(graph, kind));
}

function compare(run: Run, expr: Expr & { readonly type: 'compare' }, left: Value, right: Value): boolean {
  if (run.refusal !== undefined) return false;
  const { comparison } = expr;
  if (comparison === '==') return isSame(left, right);
  if (comparison === '!=') return !isSame(left, right);
  const order = orderOf(left, right);
  if (order !== undefined) return keepsOrder(comparison, order);
  run.refusal = mismatch(expr, `there is no order between ${typeText(left)} and ${typeText(right)}`);
  return false;
}

/** Canonical bytes are the same exactly if the values are. */
function isSame(left: Value, right: Value): boolean {
  return encodeValue(left) === encodeValue(right);
}

/** Below, at or above 0; undefined where there is no order. */
function orderOf(left: Value, right: Value): number | undefined {
  if (isNumeric(left) && isNumeric(right)) return left < right ? -1 : left > right ? 1 : 0;
  const a = orderedBytes(left);
  const b = orderedBytes(right);
  return a === undefined || b === undefined || typeof left !== typeof right ? undefined : compareBytes(a, b);
}

function isNumeric(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** Texts are in the order of their code points, which is that of their bytes. */
function orderedBytes(value: Value): Bytes | undefined {
  if (typeof value === 'string') return utf8Bytes(value);
  return isBoxedBytes(value) ? value.$bytes : undefined;
}

function keepsOrder(comparison: Exclude<Comparison, '==' | '!='>, order: number): boolean {
  switch (comparison) {
    case '<':
      return order < 0;
    case '<=':
      return order <= 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
  }
}

function mismatch({ at }: Expr, detail: string): Refusal {
  return refuse('EXPR_TYPE_MISMATCH', exprPlace(at), detail);
}

function typeText(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'boolean') return 'a boolean';
  if (isNumeric(value)) return 'a number';
  if (typeof value === 'string') return 'a text';
  if (isBoxedBytes(value)) return 'bytes';
  return isList(value) ? 'a list' : 'a map';
}

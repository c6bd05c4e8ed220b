/**
 * Tests of a keyed node's fields, for filters of pages.
 *
 * Values are compared by what they are: numbers with numbers, whole or not; text with text, in the order of its UTF-8. A
 * field of another type passes no test, and neither does one that is not there.
 */
import type { Digest, Sha256 } from '../bytes/digest.ts';
import { compareCodePoints, decodeValue, type EncodedValue, type Value } from '../bytes/value.ts';
import type { GraphNode, Kind } from '../graph/element.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';
import { uniqueSlot } from '../graph/rules/slots.ts';

export interface Bound {
  /** A number or a text. */
  readonly value: EncodedValue;
  /** Whether the bound itself passes. */
  readonly isIncluded: boolean;
}

export type FieldTest =
  | { readonly field: string; readonly test: 'equals'; readonly value: EncodedValue }
  | { readonly field: string; readonly test: 'prefix'; readonly text: string }
  | { readonly field: string; readonly test: 'range'; readonly from: Bound | null; readonly to: Bound | null };

/** The value of a keyed node's field, or undefined. */
export function fieldOf(node: GraphNode, name: string): EncodedValue | undefined {
  return node.type === 'keyed' ? node.fields.find((field) => field.name === name)?.value : undefined;
}

/** Whether a node passes all of the tests, as a function that has made itself ready for many nodes. */
export function fieldTester(tests: readonly FieldTest[]): (node: GraphNode) => boolean {
  const testers = tests.map((test) => ({ field: test.field, passes: valueTester(test) }));
  return (node) =>
    testers.every(({ field, passes }) => {
      const value = fieldOf(node, field);
      return value !== undefined && passes(value);
    });
}

function valueTester(test: FieldTest): (value: EncodedValue) => boolean {
  switch (test.test) {
    case 'equals':
      return (value) => value === test.value;
    case 'prefix':
      return (value) => {
        const text = decode(value);
        return typeof text === 'string' && text.startsWith(test.text);
      };
    case 'range': {
      const passesFrom = boundTester(test.from, 1);
      const passesTo = boundTester(test.to, -1);
      return (value) => {
        const decoded = decode(value);
        return passesFrom(decoded) && passesTo(decoded);
      };
    }
  }
}

/** `side` is 1 for values above the bound, -1 for those below. */
function boundTester(bound: Bound | null, side: 1 | -1): (value: Value) => boolean {
  if (bound === null) return () => true;
  const limit = decode(bound.value);
  return (value) => {
    const order = compareValues(value, limit);
    return order !== undefined && (order === 0 ? bound.isIncluded : order * side > 0);
  };
}

function decode(value: EncodedValue): Value {
  return decodeValue(value, { nullAllowed: true });
}

/** Below 0 if `a` comes first; undefined where the two have no order. */
function compareValues(a: Value, b: Value): number | undefined {
  if (typeof a === 'string' && typeof b === 'string') return compareCodePoints(a, b);
  if (!isNumber(a) || !isNumber(b)) return undefined;
  return a < b ? -1 : a > b ? 1 : 0;
}

function isNumber(value: Value): value is number | bigint {
  return typeof value === 'number' || typeof value === 'bigint';
}

/** The slot that holds every node of the kind that passes the tests; undefined where they name no unique value. */
export function slotOfTests(
  rules: RulePack,
  kind: Kind,
  tests: readonly FieldTest[],
  sha256: Sha256,
): Digest | undefined {
  for (const fields of rules.nodes.get(kind)?.unique ?? []) {
    const values = fields.flatMap((name) => valueNamed(tests, name) ?? []);
    if (values.length === fields.length) return uniqueSlot(kind, fields, values, sha256);
  }
  return undefined;
}

function valueNamed(tests: readonly FieldTest[], name: string): EncodedValue | undefined {
  for (const test of tests) if (test.test === 'equals' && test.field === name) return test.value;
  return undefined;
}

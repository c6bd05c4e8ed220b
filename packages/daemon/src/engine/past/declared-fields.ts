/**
 * What a rule pack says of the fields that a filter tests: a kind that takes no other fields has none of another name, and a
 * field of a type no value of another. What no pack declares may be tested freely.
 */
import { decodeValue, type FieldTest, type FieldType, type NodeFilter, type RulePack, type Value } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';

/** Throws `FIELD_UNKNOWN` or `FORMAT_INVALID`, at a place in `where`. */
export function mustBeDeclared({ nodes }: RulePack, { kinds, where }: NodeFilter): void {
  if (where === null || kinds === null) return;
  for (const kind of kinds) {
    const rule = nodes.get(kind);
    if (rule === undefined) continue;
    for (const test of where) {
      const { type } = rule.fields.get(test.field) ?? { type: undefined };
      if (type !== undefined) mustFit(test, type, `where.${test.field}`);
      else if (!rule.isOpen) {
        throw new Failure('FIELD_UNKNOWN', `where.${test.field}`, `nodes of the kind ${kind} have no such field`);
      }
    }
  }
}

function mustFit(test: FieldTest, type: FieldType, place: string): void {
  const isFit =
    type === 'any' ||
    (test.test === 'prefix'
      ? type === 'text'
      : valuesOf(test).every((value) => isOfType(type, decodeValue(value, { nullAllowed: true }))));
  if (!isFit) throw new Failure('FORMAT_INVALID', place, `the rule pack declares the field as ${type}`);
}

function valuesOf(test: Exclude<FieldTest, { readonly test: 'prefix' }>): FieldValues {
  if (test.test === 'equals') return [test.value];
  return [test.from, test.to].flatMap((bound) => (bound === null ? [] : [bound.value]));
}

type FieldValues = readonly Extract<FieldTest, { readonly test: 'equals' }>['value'][];

function isOfType(type: FieldType, value: Value): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'boolean':
      return typeof value === 'boolean';
    // Whole numbers are written as integers; a bound may lie between two of them.
    case 'integer':
    case 'float':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'text':
      return typeof value === 'string';
    case 'bytes':
    case 'list':
    case 'map':
      return typeof value === 'object' && value !== null;
  }
}

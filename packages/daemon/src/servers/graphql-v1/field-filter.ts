/** Filters on fields of keyed nodes, from arguments to what the kernel tests. */
import { decodeValue, type Bound, type EncodedValue, type FieldTest } from '@jitos/kernel';
import { encodedFromJson, invalid } from '../graphql/json-value.ts';

export interface FieldFilterInput {
  readonly field: string;
  readonly equals?: unknown;
  readonly prefix?: string | null;
  readonly above?: unknown;
  readonly atLeast?: unknown;
  readonly below?: unknown;
  readonly atMost?: unknown;
}

const FILTERS_MAX = 16;

/** Throws `FORMAT_INVALID` for a filter that asks for nothing, for too much, or for bounds that have no order. */
export function readFieldFilters(
  filters: readonly FieldFilterInput[] | null | undefined,
  kinds: readonly string[] | null,
): readonly FieldTest[] | null {
  if (filters === null || filters === undefined) return null;
  if (filters.length > FILTERS_MAX) throw invalid('where', `more than ${FILTERS_MAX} filters`);
  if (filters.length > 0 && kinds?.length !== 1) throw invalid('where', 'name the one kind whose fields these are');
  return filters.flatMap((filter, i) => readFilter(filter, `where[${i}]`));
}

function readFilter(filter: FieldFilterInput, place: string): readonly FieldTest[] {
  const { field, equals, prefix } = filter;
  const tests: FieldTest[] = [];
  if (isGiven(equals)) tests.push({ field, test: 'equals', value: readValue(equals, `${place}.equals`) });
  if (isGiven(prefix)) tests.push({ field, test: 'prefix', text: prefix });
  const from = readBound(filter, ['above', 'atLeast'], place);
  const to = readBound(filter, ['below', 'atMost'], place);
  if (from !== null || to !== null) tests.push({ field, test: 'range', from, to });
  if (tests.length > 0) return tests;
  throw invalid(place, 'say what the field must be: `equals`, `prefix`, or a bound');
}

/** The exclusive bound, or the inclusive one. */
function readBound(
  filter: FieldFilterInput,
  [open, closed]: readonly ['above' | 'below', 'atLeast' | 'atMost'],
  place: string,
): Bound | null {
  if (isGiven(filter[open]) && isGiven(filter[closed])) throw invalid(`${place}.${closed}`, `beside \`${open}\``);
  const name = isGiven(filter[open]) ? open : closed;
  const given = filter[name];
  if (!isGiven(given)) return null;
  const value = readValue(given, `${place}.${name}`);
  const decoded = decodeValue(value, { nullAllowed: false });
  const hasOrder = typeof decoded === 'number' || typeof decoded === 'bigint' || typeof decoded === 'string';
  if (!hasOrder) throw invalid(`${place}.${name}`, 'only numbers and texts have an order');
  return { value, isIncluded: name === closed };
}

function isGiven<Value>(value: Value | null | undefined): value is Value {
  return value !== null && value !== undefined;
}

function readValue(json: unknown, place: string): EncodedValue {
  return encodedFromJson(json, place, { nullAllowed: false });
}

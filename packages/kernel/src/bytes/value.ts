/**
 * Free-form canonical values: what a field of a keyed node or a command's `meta` may hold.
 *
 * Elements keep values in their canonical bytes (`EncodedValue`): equality is string equality, hashing copies them,
 * and only the edges ever decode them.
 */
import { flatBytes, type Bytes } from './byte-string.ts';
import { CanonicalError, CanonicalReader } from './canonical-reader.ts';
import { CanonicalWriter, MAJOR } from './canonical-writer.ts';
import { utf8Size } from './utf8.ts';

export const VALUE_DEPTH_MAX = 64;

/** Bytes inside a value; boxed, because plain text is a string too. */
export interface BoxedBytes {
  readonly $bytes: Bytes;
}

/** A canonical value. A number is a safe integer or a finite non-integral float; a bigint any other integer. */
export type Value =
  null | boolean | number | bigint | string | BoxedBytes | readonly Value[] | ReadonlyMap<string, Value>;

/** Canonical bytes of exactly one value. */
export type EncodedValue = Bytes;

/** Orders map keys as canonical bytes do: by length in UTF-8, then bytewise. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  const difference = utf8Size(a) - utf8Size(b);
  if (difference !== 0) return difference;
  return compareCodePoints(a, b);
}

/** UTF-8 orders by code point; UTF-16, which JavaScript compares, puts surrogates before U+E000. */
export function compareCodePoints(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const unitA = a.charCodeAt(i);
    const unitB = b.charCodeAt(i);
    if (unitA === unitB) continue;
    const aboveA = unitA >= 0xd800 && unitA <= 0xdfff ? unitA + 0x10000 : unitA;
    const aboveB = unitB >= 0xd800 && unitB <= 0xdfff ? unitB + 0x10000 : unitB;
    return aboveA - aboveB;
  }
  return a.length - b.length;
}

export interface ValueRules {
  /** Whether null may stand anywhere inside: not in fields, where it means removal. */
  readonly nullAllowed: boolean;
}

/** What makes a value unfit, or undefined if it can be encoded. */
export function valueProblem(value: Value, rules: ValueRules, depth: number = 0): string | undefined {
  if (depth > VALUE_DEPTH_MAX) return `nested deeper than ${VALUE_DEPTH_MAX}`;
  if (value === null) return rules.nullAllowed ? undefined : 'null inside a field';
  if (typeof value === 'boolean') return undefined;
  if (typeof value === 'number') return numberProblem(value);
  if (typeof value === 'bigint') {
    return value >= -(2n ** 63n) && value < 2n ** 64n ? undefined : 'integer outside −2⁶³ … 2⁶⁴−1';
  }
  if (typeof value === 'string') return utf8Size(value) < 0 ? 'text with a lone surrogate' : undefined;
  if (isBoxedBytes(value)) return undefined;
  if (isArray(value)) {
    for (const item of value) {
      const problem = valueProblem(item, rules, depth + 1);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }
  for (const [key, item] of value) {
    if (utf8Size(key) < 0) return 'key with a lone surrogate';
    const problem = valueProblem(item, rules, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function numberProblem(value: number): string | undefined {
  if (Number.isInteger(value)) return Number.isSafeInteger(value) ? undefined : 'integer past 2⁵³ that is not a bigint';
  return Number.isFinite(value) ? undefined : 'number that is not finite';
}

function isArray(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

export function isBoxedBytes(value: Value): value is BoxedBytes {
  return typeof value === 'object' && value !== null && '$bytes' in value;
}

const scratch = new CanonicalWriter();

/** Encodes a value that `valueProblem` has no complaint about. */
export function encodeValue(value: Value): EncodedValue {
  scratch.reset();
  writeValue(scratch, value);
  return flatBytes(scratch.toBytes()); // graphs keep them
}

export function writeValue(writer: CanonicalWriter, value: Value): void {
  if (value === null) writer.null();
  else if (typeof value === 'boolean') writer.boolean(value);
  else if (typeof value === 'bigint') writer.integer(value);
  else if (typeof value === 'string') writer.text(value);
  else if (typeof value === 'number') {
    if (Number.isInteger(value)) writer.integer(value);
    else writer.float(value);
  } else if (isBoxedBytes(value)) writer.bytes(value.$bytes);
  else if (isArray(value)) {
    writer.array(value.length);
    for (const item of value) writeValue(writer, item);
  } else {
    writer.map(value.size);
    const entries = [...value].sort((a, b) => compareKeys(a[0], b[0]));
    for (const [key, item] of entries) {
      writer.text(key);
      writeValue(writer, item);
    }
  }
}

/** Decodes exactly one value. Throws a `CanonicalError`. */
export function decodeValue(bytes: EncodedValue, rules: ValueRules): Value {
  const reader = new CanonicalReader(bytes);
  const value = readValue(reader, rules);
  reader.end();
  return value;
}

export function readValue(reader: CanonicalReader, rules: ValueRules, depth: number = 0): Value {
  const start = reader.offset;
  if (depth > VALUE_DEPTH_MAX) throw new CanonicalError('too-deep', start);
  switch (reader.peekMajor()) {
    case MAJOR.unsigned:
    case MAJOR.negative:
      return reader.integer();
    case MAJOR.bytes:
      return { $bytes: reader.bytes() };
    case MAJOR.text:
      return reader.text();
    case MAJOR.array: {
      const items: Value[] = [];
      for (let left = reader.array(); left > 0; left--) items.push(readValue(reader, rules, depth + 1));
      return items;
    }
    case MAJOR.map:
      return readMap(reader, rules, depth);
    case MAJOR.tag:
      throw new CanonicalError('tag', start);
    default:
      return readSimple(reader, rules, start);
  }
}

function readMap(reader: CanonicalReader, rules: ValueRules, depth: number): Value {
  const map = new Map<string, Value>();
  let previous: string | undefined;
  for (let left = reader.map(); left > 0; left--) {
    const start = reader.offset;
    if (reader.peekMajor() !== MAJOR.text) throw new CanonicalError('bad-key', start);
    const key = reader.text();
    const order = previous === undefined ? 1 : compareKeys(key, previous);
    if (order === 0) throw new CanonicalError('duplicate-key', start);
    if (order < 0) throw new CanonicalError('key-order', start);
    map.set(key, readValue(reader, rules, depth + 1));
    previous = key;
  }
  return map;
}

function readSimple(reader: CanonicalReader, rules: ValueRules, start: number): Value {
  if (reader.isNull()) {
    if (!rules.nullAllowed) throw new CanonicalError('bad-simple', start);
    reader.null();
    return null;
  }
  if (reader.isFloat()) return reader.float();
  return reader.boolean();
}

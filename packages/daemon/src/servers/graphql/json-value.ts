/**
 * JSON and the kernel's canonical values, both ways and without loss.
 *
 * JSON has no bytes and no integers past 2⁵³: `{"$bytes": base64}` and `{"$int": decimal}` stand for them. These two
 * names are taken, so an object that holds one of them in any other way is refused.
 */
import {
  decodeValue,
  encodeValue,
  isBoxedBytes,
  VALUE_DEPTH_MAX,
  type Bytes,
  type EncodedValue,
  type Value,
  type ValueRules,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [name: string]: JsonValue;
}

const WITH_NULL: ValueRules = { nullAllowed: true };

/** Bytes of standard base64 with padding. Throws `BASE64_INVALID`, or `FORMAT_INVALID` if it is no text at all. */
export function bytesFromBase64(json: unknown, place: string): Bytes {
  if (typeof json !== 'string') throw wrongType(place, 'base64 text', json);
  const bytes = Buffer.from(json, 'base64');
  // Node skips what is not base64; writing the bytes out again shows whether anything was.
  if (bytes.toString('base64') !== json) {
    throw new Failure('BASE64_INVALID', place, 'not standard base64 with padding');
  }
  return bytes.toString('latin1') as Bytes; // latin1 is one character a byte
}

export function bytesToBase64(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('base64');
}

/** The canonical bytes of any JSON value. Throws `FORMAT_INVALID` or `BASE64_INVALID` with the place of the fault. */
export function encodedFromJson(json: unknown, place: string, rules: ValueRules = WITH_NULL): EncodedValue {
  return encodeValue(valueFromJson(json, place, rules, 0));
}

/** A bound of canonical bytes, and what passing it is called. */
export interface SizeBound {
  readonly sizeBytesMax: number;
  readonly reason: Reason;
}

/**
 * Throws the bound's reason for what would certainly be larger in canonical bytes. The look ends at the bound, so that
 * what is far too large costs no more than what just fits; the rest is found out by encoding.
 */
export function checkSize(json: unknown, place: string, { sizeBytesMax, reason }: SizeBound): void {
  if (sizeBytesAtLeast(json, sizeBytesMax, 0) <= sizeBytesMax) return;
  throw new Failure(reason, place, `at most ${sizeBytesMax} bytes in canonical form`);
}

/** No more than the value's canonical bytes; stops counting once it is past the bound. */
function sizeBytesAtLeast(json: unknown, sizeBytesMax: number, depth: number): number {
  if (typeof json === 'string') return json.length;
  // What nests too deep is refused by its reader, before anything else of it is looked at.
  if (typeof json !== 'object' || json === null || depth > VALUE_DEPTH_MAX) return 1;
  if ('$bytes' in json && typeof json.$bytes === 'string') return (json.$bytes.length / 4) * 3 - 2;
  if ('$int' in json) return 1;
  let sizeBytes = 1;
  if (Array.isArray(json)) {
    for (const item of json) {
      sizeBytes += sizeBytesAtLeast(item, sizeBytesMax, depth + 1);
      if (sizeBytes > sizeBytesMax) break;
    }
    return sizeBytes;
  }
  for (const name in json) {
    // JSON's objects have properties of their own only.
    const item = (json as Readonly<Record<string, unknown>>)[name];
    sizeBytes += 1 + name.length + sizeBytesAtLeast(item, sizeBytesMax, depth + 1);
    if (sizeBytes > sizeBytesMax) break;
  }
  return sizeBytes;
}

/** What canonical bytes of one value say, as JSON. */
export function encodedToJson(encoded: EncodedValue): JsonValue {
  return simpleToJson(encoded) ?? valueToJson(decodeValue(encoded, WITH_NULL));
}

const NOT_ASCII = /[^\u0000-\u007f]/;

/**
 * Small integers, booleans, short ASCII text and short bytes, which are most of all fields: their first byte says it all,
 * and pages need no reader for each. Undefined for anything else.
 */
function simpleToJson(encoded: EncodedValue): JsonValue | undefined {
  const head = encoded.charCodeAt(0);
  const argument = head & 0x1f;
  if (head === 0xf4) return false;
  if (head === 0xf5) return true;
  if (argument > 0x17) return undefined;
  switch (head >> 5) {
    case 0:
      return argument;
    case 1:
      return -1 - argument;
    case 2:
      return { $bytes: bytesToBase64(encoded.slice(1)) };
    case 3:
      return NOT_ASCII.test(encoded) ? undefined : encoded.slice(1);
    default:
      return undefined;
  }
}

function valueFromJson(json: unknown, place: string, rules: ValueRules, depth: number): Value {
  if (depth > VALUE_DEPTH_MAX) throw invalid(place, `nested deeper than ${VALUE_DEPTH_MAX}`);
  if (typeof json === 'boolean') return json;
  if (typeof json === 'number') return numberFromJson(json, place);
  if (typeof json === 'string') return textFromJson(json, place);
  if (json === null) {
    if (rules.nullAllowed) return null;
    throw invalid(place, 'null inside a field');
  }
  if (Array.isArray(json)) return json.map((item, i) => valueFromJson(item, `${place}[${i}]`, rules, depth + 1));
  if (typeof json === 'object') return objectFromJson(json, place, rules, depth);
  throw wrongType(place, 'JSON', json);
}

function numberFromJson(json: number, place: string): number {
  if (!Number.isFinite(json)) throw invalid(place, 'a number out of range');
  if (!Number.isInteger(json) || Number.isSafeInteger(json)) return json;
  throw invalid(place, 'an integer past 2^53: write {"$int": "…"}');
}

function textFromJson(json: string, place: string): string {
  if (json.isWellFormed()) return json;
  throw invalid(place, 'text with a lone surrogate');
}

function objectFromJson(json: object, place: string, rules: ValueRules, depth: number): Value {
  const entries: [string, unknown][] = Object.entries(json);
  const special = entries.find(([name]) => name === '$bytes' || name === '$int');
  if (special !== undefined) {
    const [name, inner] = special;
    if (entries.length > 1) throw invalid(place, `'${name}' stands alone or not at all`);
    return name === '$bytes' ? { $bytes: bytesFromBase64(inner, `${place}.$bytes`) } : integerFromJson(inner, place);
  }
  return new Map(
    entries.map(([name, item]) => {
      const at = `${place}.${name}`;
      return [textFromJson(name, at), valueFromJson(item, at, rules, depth + 1)];
    }),
  );
}

const INTEGER = /^(?:0|-?[1-9]\d{0,19})$/;
const INTEGER_MIN = -(2n ** 63n);
const INTEGER_MAX = 2n ** 64n - 1n;

function integerFromJson(json: unknown, place: string): Value {
  const integer = typeof json === 'string' && INTEGER.test(json) ? BigInt(json) : undefined;
  if (integer === undefined || integer < INTEGER_MIN || integer > INTEGER_MAX) {
    throw invalid(`${place}.$int`, 'not the decimal digits of an integer from −2^63 to 2^64−1');
  }
  const small = Number(integer);
  return Number.isSafeInteger(small) ? small : integer;
}

function valueToJson(value: Value): JsonValue {
  if (value === null || typeof value === 'boolean' || typeof value === 'number' || typeof value === 'string')
    return value;
  if (typeof value === 'bigint') return { $int: value.toString() };
  if (isBoxedBytes(value)) return { $bytes: bytesToBase64(value.$bytes) };
  if (isList(value)) return value.map(valueToJson);
  const object: Record<string, JsonValue> = {};
  for (const [name, item] of value) setOwn(object, name, valueToJson(item));
  return object;
}

/** Makes an own property, whatever it is called. */
export function setOwn(object: Record<string, JsonValue>, name: string, value: JsonValue): void {
  if (name === '__proto__')
    Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
  else object[name] = value;
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

/** The input as an object with none but these names, at least the required ones. Throws `FORMAT_INVALID`, `FIELD_UNKNOWN`. */
export function readObject<Name extends string>(
  json: unknown,
  place: string,
  names: { readonly required: readonly Name[]; readonly optional: readonly Name[] },
): Readonly<Partial<Record<Name, unknown>>> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw wrongType(place, 'an object', json);
  const known: readonly string[] = [...names.required, ...names.optional];
  for (const name of Object.keys(json)) {
    if (!known.includes(name)) throw new Failure('FIELD_UNKNOWN', join(place, name), `'${name}' is not known here`);
  }
  for (const name of names.required) {
    if (!Object.hasOwn(json, name)) throw invalid(join(place, name), 'missing');
  }
  return json as Partial<Record<Name, unknown>>; // its names were just checked
}

function join(place: string, name: string): string {
  return place === '' ? name : `${place}.${name}`;
}

/** Throws `FORMAT_INVALID` unless it is text. */
export function readText(json: unknown, place: string): string {
  if (typeof json !== 'string') throw wrongType(place, 'text', json);
  return json;
}

export function wrongType(place: string, wanted: string, json: unknown): Failure {
  const found =
    json === null ? 'null' : Array.isArray(json) ? 'a list' : json === undefined ? 'nothing' : `a ${typeof json}`;
  return invalid(place, `expected ${wanted}, not ${found}`);
}

export function invalid(place: string, detail: string): Failure {
  return new Failure('FORMAT_INVALID', place, detail);
}

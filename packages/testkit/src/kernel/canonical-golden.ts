/**
 * The golden vectors of canonical bytes, read from `testdata/golden/v1/canonical`, and their notation for values:
 * JSON as it is, except `{"$integer": "<decimal>"}` for what a JSON number can't hold and `{"$bytes": "<hex>"}`. An
 * object without such a key is a map.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { hexToBytes, type CanonicalErrorClass, type Value } from '@jitos/kernel';

export type JsonValue = null | boolean | number | string | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** Canonical bytes and the one value they stand for. */
export interface AcceptedVector {
  readonly hex: string;
  readonly value: JsonValue;
  readonly note: string;
}

export interface RefusedVector {
  readonly hex: string;
  readonly class: CanonicalErrorClass;
  readonly offset: number;
  readonly note: string;
  /** Only where it is false: the same bytes are canonical where null may stand. */
  readonly nullAllowed?: false;
  /** Why the oracle reads what we refuse, if it does. */
  readonly oracleReads?: string;
}

/** An example of RFC 8949, Appendix A: accepted with a value, or refused with a class. */
export type RfcVector = {
  readonly hex: string;
  /** As the RFC writes the item. */
  readonly diagnostic: string;
} & ({ readonly value: JsonValue } | { readonly refused: CanonicalErrorClass; readonly offset: number });

/** Where the files are, for programs that read them by themselves. */
export const CANONICAL_GOLDEN_FOLDER: string = fileURLToPath(
  new URL('../../../../testdata/golden/v1/canonical', import.meta.url),
);

export function readAcceptedVectors(): readonly AcceptedVector[] {
  return readVectors('accepted.json') as readonly AcceptedVector[]; // the file is ours, and the tests read every field
}

export function readRefusedVectors(): readonly RefusedVector[] {
  return readVectors('refused.json') as readonly RefusedVector[]; // likewise
}

export function readRfcVectors(): readonly RfcVector[] {
  return readVectors('rfc8949-appendix-a.json') as readonly RfcVector[]; // likewise
}

function readVectors(name: string): unknown {
  const file = JSON.parse(readFileSync(`${CANONICAL_GOLDEN_FOLDER}/${name}`, 'utf8')) as { vectors: unknown }; // each file has the key
  return file.vectors;
}

/** Reads the notation. */
export function jsonToValue(json: JsonValue): Value {
  if (json === null || typeof json !== 'object') return json;
  if (Array.isArray(json)) return (json as readonly JsonValue[]).map(jsonToValue); // isArray widens to any[]
  const { $integer, $bytes } = json as { readonly [key: string]: JsonValue }; // not an array
  if (typeof $integer === 'string') return BigInt($integer);
  const bytes = typeof $bytes === 'string' ? hexToBytes($bytes) : undefined;
  if (bytes !== undefined) return { $bytes: bytes };
  return new Map(Object.entries(json).map(([key, item]) => [key, jsonToValue(item)]));
}

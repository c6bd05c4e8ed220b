/** Canonical values written as plain objects, in tests. */
import type { Value } from '@jitos/kernel';

/** The value with a map for each plain object. */
export function jsonValue(json: unknown): Value {
  if (Array.isArray(json)) return json.map(jsonValue);
  if (typeof json !== 'object' || json === null) return json as Value; // what a test writes
  return new Map(Object.entries(json).map(([name, item]) => [name, jsonValue(item)]));
}

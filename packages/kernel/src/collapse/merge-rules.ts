/**
 * Merge rules: what becomes of a field that both sides changed, as a function of its three values and nothing else.
 *
 *     min, max       the lesser or greater of ours and theirs, of numbers
 *     counter        theirs + ours − base, of integers
 *     grow-set       what is in ours or in theirs
 *     set            what both have, and what either added to base; so additions win
 *     last-collapse  ours, whatever it is: the order of the collapses decides
 *
 * - F1 Absent is the least value: no bound for min and max, 0 for a counter, the empty set. What both removed is removed.
 * - F2 A value that the rule is not made for is a conflict, and so is a result that no field can hold; nothing throws.
 * - F3 A set is an array, sorted by the bytes of its items, each one once; the rule makes it one if it was not.
 *
 * Unlike the plain merge, a rule does not ask first whether both sides agree: 0 → 1 twice makes a counter 2.
 */
import { flatBytes, type Bytes } from '../bytes/byte-string.ts';
import { CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter, INTEGER_MAX, INTEGER_MIN, MAJOR } from '../bytes/canonical-writer.ts';
import { decodeValue, encodeValue, readValue, type EncodedValue } from '../bytes/value.ts';
import { FIELD_SIZE_MAX } from '../graph/element.ts';
import type { MergeRule } from '../graph/rules/rule-pack.ts';

/** A field's three values; undefined is absent. */
export interface FieldSides {
  readonly base: EncodedValue | undefined;
  readonly ours: EncodedValue | undefined;
  readonly theirs: EncodedValue | undefined;
}

/** What a field comes to; an undefined value is absent. */
export type MergedField = { readonly ok: true; readonly value: EncodedValue | undefined } | { readonly ok: false };

const CONFLICT: MergedField = { ok: false };

export function mergedTo(value: EncodedValue | undefined): MergedField {
  return { ok: true, value };
}

/** Merges a field by its rule. Pure, and total over canonical values. */
export function mergeByRule(rule: MergeRule, sides: FieldSides): MergedField {
  const { ours, theirs } = sides;
  if (rule === 'last-collapse' || (ours === undefined && theirs === undefined)) return mergedTo(ours);
  switch (rule) {
    case 'min':
    case 'max':
      return mergeExtreme(rule, ours, theirs);
    case 'counter':
      return mergeCounter(sides);
    case 'grow-set':
    case 'set':
      return mergeSet(rule, sides);
  }
}

function mergeExtreme(
  rule: 'min' | 'max',
  ours: EncodedValue | undefined,
  theirs: EncodedValue | undefined,
): MergedField {
  if (ours === undefined || ours === theirs) return mergedTo(theirs);
  if (theirs === undefined) return mergedTo(ours);
  const [a, b] = [numberOf(ours), numberOf(theirs)];
  if (a === undefined || b === undefined) return CONFLICT;
  return mergedTo(a < b === (rule === 'min') ? ours : theirs);
}

function numberOf(encoded: EncodedValue): number | bigint | undefined {
  const value = decodeValue(encoded, { nullAllowed: false });
  return typeof value === 'number' || typeof value === 'bigint' ? value : undefined;
}

function mergeCounter({ base, ours, theirs }: FieldSides): MergedField {
  const [b, o, t] = [integerOf(base), integerOf(ours), integerOf(theirs)];
  if (b === undefined || o === undefined || t === undefined) return CONFLICT;
  const sum = t + o - b;
  if (sum < INTEGER_MIN || sum > INTEGER_MAX) return CONFLICT;
  return mergedTo(encodeValue(sum));
}

function integerOf(encoded: EncodedValue | undefined): bigint | undefined {
  if (encoded === undefined) return 0n;
  const major = encoded.charCodeAt(0) >> 5;
  if (major !== MAJOR.unsigned && major !== MAJOR.negative) return undefined;
  return BigInt(new CanonicalReader(encoded).integer());
}

function mergeSet(rule: 'grow-set' | 'set', { base, ours, theirs }: FieldSides): MergedField {
  const [b, o, t] = [itemsOf(base), itemsOf(ours), itemsOf(theirs)];
  if (b === undefined || o === undefined || t === undefined) return CONFLICT;
  const keeps = (item: Bytes): boolean => rule === 'grow-set' || !b.has(item) || (o.has(item) && t.has(item));
  const items = [...new Set([...o, ...t])].filter(keeps).sort((x, y) => (x < y ? -1 : 1));
  const writer = new CanonicalWriter();
  writer.array(items.length);
  for (const item of items) writer.raw(item);
  return writer.size > FIELD_SIZE_MAX ? CONFLICT : mergedTo(flatBytes(writer.toBytes()));
}

/** The items of an array, each as its bytes. */
function itemsOf(encoded: EncodedValue | undefined): ReadonlySet<Bytes> | undefined {
  const items = new Set<Bytes>();
  if (encoded === undefined) return items;
  const reader = new CanonicalReader(encoded);
  if (reader.peekMajor() !== MAJOR.array) return undefined;
  for (let left = reader.array(); left > 0; left--) {
    const start = reader.offset;
    readValue(reader, { nullAllowed: false });
    items.add(reader.rawSince(start));
  }
  return items;
}

/**
 * The document of a rule pack: one canonical map, from which whatever has its default is left out.
 *
 *     pack   {"unknown": "refused", "nodes": {kind: node …}, "edges": {kind: edge …}}
 *     node   {"name": text, "key": text, "fields": {name: field …}, "open": true, "unique": [[field …] …],
 *             "delete": deletion}
 *     field  {"type": type, "items": type, "required": true, "merge": rule}
 *     edge   {"name": text, "from": [kind …], "to": [kind …], "needed": true, "outMax": n, "inMax": n,
 *             "key": presence, "payload": presence, "delete": deletion}
 *
 * A document is decoded strictly: it is what `encodeRulePack` writes, or it is refused, with the place of what is wrong.
 * Deliberately absent: any text for people. The shell reads and prints the language that they write packs in.
 */
import { CanonicalError } from '../../bytes/canonical-reader.ts';
import type { Sha256 } from '../../bytes/digest.ts';
import { compareKeys, decodeValue, encodeValue, type EncodedValue, type Value } from '../../bytes/value.ts';
import { refuse, type Refusal } from '../../refusal.ts';
import { FIELD_COUNT_MAX, isKind, type Kind } from '../element.ts';
import { isApiName } from './api-name.ts';
import { contradiction } from './contradictions.ts';
import {
  DELETION_RULES,
  FIELD_TYPES,
  ITEM_TYPES,
  MERGE_RULES,
  PRESENCES,
  rulePackOf,
  type EdgeRule,
  type FieldRule,
  type NodeRule,
  type RuleDeclarations,
  type RulePack,
} from './rule-pack.ts';

export const RULE_PACK_SIZE_MAX = 262_144;
/** Kinds that a pack may declare, of nodes and edges together. */
export const DECLARED_KINDS_MAX = 1024;
export const UNIQUE_COUNT_MAX = 16;
export const UNIQUE_FIELDS_MAX = 8;
export const CARDINALITY_MAX = 1_000_000;

/** Thrown inside, never out of this file. */
class Malformed extends Error {
  readonly place: string;

  constructor(place: string, detail: string) {
    super(detail);
    this.place = place;
  }
}

export type DecodedRulePack = { readonly ok: true; readonly rules: RulePack } | Refusal;

/** Reads a document; `RULES_INVALID` if it is not one, `RULES_CONTRADICTORY` if it can't be meant so. */
export function decodeRulePack(bytes: EncodedValue, sha256: Sha256): DecodedRulePack {
  if (bytes.length > RULE_PACK_SIZE_MAX) {
    const detail = `a rule pack has at most ${RULE_PACK_SIZE_MAX} bytes, not ${bytes.length}`;
    return refuse('RULES_INVALID', 'rules', detail);
  }
  try {
    const declarations = readPack(decodeValue(bytes, { nullAllowed: false }));
    const problem = contradiction(declarations);
    if (problem !== undefined) return problem;
    const rules = encodeRulePack(declarations, sha256);
    if (rules.bytes === bytes) return { ok: true, rules };
    return refuse('RULES_INVALID', 'rules', 'it holds a default, or a list that is out of order or says a thing twice');
  } catch (error) {
    if (error instanceof Malformed) return refuse('RULES_INVALID', error.place, error.message);
    if (error instanceof CanonicalError) return refuse('RULES_INVALID', 'rules', `not canonical: ${error.message}`);
    throw error;
  }
}

/** The pack of these declarations, whatever their order; `contradiction` has none in them. */
export function encodeRulePack(declarations: RuleDeclarations, sha256: Sha256): RulePack {
  const { unknownKinds } = declarations;
  const nodes = sortedMap([...declarations.nodes].map(([kind, rule]) => [kind, sortedNode(rule)]));
  const edges = sortedMap([...declarations.edges].map(([kind, rule]) => [kind, sortedEdge(rule)]));
  const document = entries(
    ['unknown', unknownKinds === 'refused' ? unknownKinds : undefined],
    ['nodes', nodes.size === 0 ? undefined : mapValues(nodes, nodeValue)],
    ['edges', edges.size === 0 ? undefined : mapValues(edges, edgeValue)],
  );
  return rulePackOf({ unknownKinds, nodes, edges }, encodeValue(document), sha256);
}

function sortedNode(rule: NodeRule): NodeRule {
  const constraints = rule.unique.map((fields) => fields.toSorted(compareKeys));
  return { ...rule, fields: sortedMap([...rule.fields]), unique: constraints.toSorted(compareLists) };
}

function sortedEdge(rule: EdgeRule): EdgeRule {
  return { ...rule, from: rule.from?.toSorted(compareKeys) ?? null, to: rule.to?.toSorted(compareKeys) ?? null };
}

function sortedMap<Item>(items: readonly (readonly [string, Item])[]): ReadonlyMap<string, Item> {
  return new Map(items.toSorted(([a], [b]) => compareKeys(a, b)));
}

function compareLists(a: readonly string[], b: readonly string[]): number {
  for (let i = 0; i < Math.min(a.length, b.length); i++) if (a[i] !== b[i]) return compareKeys(a[i]!, b[i]!);
  return a.length - b.length;
}

function nodeValue({ name, key, fields, isOpen, unique, deletion }: NodeRule): Value {
  return entries(
    ['name', name ?? undefined],
    ['key', key ?? undefined],
    ['fields', fields.size === 0 ? undefined : mapValues(fields, fieldValue)],
    ['open', isOpen || undefined],
    ['unique', unique.length === 0 ? undefined : unique],
    ['delete', deletion ?? undefined],
  );
}

function fieldValue({ type, items, required, merge }: FieldRule): Value {
  return entries(
    ['type', type === 'any' ? undefined : type],
    ['items', items ?? undefined],
    ['required', required || undefined],
    ['merge', merge ?? undefined],
  );
}

function edgeValue(rule: EdgeRule): Value {
  return entries(
    ['name', rule.name ?? undefined],
    ['from', rule.from ?? undefined],
    ['to', rule.to ?? undefined],
    ['needed', rule.isNeeded || undefined],
    ['outMax', rule.outMax ?? undefined],
    ['inMax', rule.inMax ?? undefined],
    ['key', rule.key ?? undefined],
    ['payload', rule.payload ?? undefined],
    ['delete', rule.deletion ?? undefined],
  );
}

/** A map of those entries that are there. */
function entries(...all: readonly (readonly [string, Value | undefined])[]): ReadonlyMap<string, Value> {
  const there = new Map<string, Value>();
  for (const [name, value] of all) if (value !== undefined) there.set(name, value);
  return there;
}

function mapValues<Item>(items: ReadonlyMap<string, Item>, toValue: (item: Item) => Value): Value {
  return new Map([...items].map(([name, item]) => [name, toValue(item)]));
}

function readPack(value: Value): RuleDeclarations {
  const pack = readEntries(value, 'rules', ['unknown', 'nodes', 'edges']);
  const unknown = readWord(pack.get('unknown'), 'unknown', ['refused']);
  const nodes = readKinds(pack.get('nodes'), 'nodes', readNode);
  const edges = readKinds(pack.get('edges'), 'edges', readEdge);
  if (nodes.size + edges.size > DECLARED_KINDS_MAX) {
    throw new Malformed('rules', `a pack declares at most ${DECLARED_KINDS_MAX} kinds, not ${nodes.size + edges.size}`);
  }
  return { unknownKinds: unknown ?? 'allowed', nodes, edges };
}

function readKinds<Rule>(
  value: Value | undefined,
  place: string,
  read: (value: Value, place: string) => Rule,
): ReadonlyMap<Kind, Rule> {
  const kinds = new Map<Kind, Rule>();
  for (const [kind, rule] of value === undefined ? [] : readMap(value, place)) {
    if (!isKind(kind)) throw new Malformed(`${place}.${kind}`, 'a kind is 1–128 characters of A–Z a–z 0–9 _ . : -');
    kinds.set(kind, read(rule, `${place}.${kind}`));
  }
  return kinds;
}

function readNode(value: Value, place: string): NodeRule {
  const node = readEntries(value, place, ['name', 'key', 'fields', 'open', 'unique', 'delete']);
  return {
    name: readName(node.get('name'), `${place}.name`),
    key: readName(node.get('key'), `${place}.key`),
    fields: readFields(node.get('fields'), `${place}.fields`),
    isOpen: readFlag(node.get('open'), `${place}.open`),
    unique: readUnique(node.get('unique'), `${place}.unique`),
    deletion: readWord(node.get('delete'), `${place}.delete`, DELETION_RULES),
  };
}

function readFields(value: Value | undefined, place: string): ReadonlyMap<string, FieldRule> {
  const fields = new Map<string, FieldRule>();
  for (const [name, rule] of value === undefined ? [] : readMap(value, place)) {
    mustBeName(name, `${place}.${name}`);
    fields.set(name, readField(rule, `${place}.${name}`));
  }
  if (fields.size <= FIELD_COUNT_MAX) return fields;
  throw new Malformed(place, `a kind has at most ${FIELD_COUNT_MAX} fields, not ${fields.size}`);
}

function readField(value: Value, place: string): FieldRule {
  const field = readEntries(value, place, ['type', 'items', 'required', 'merge']);
  return {
    type: readWord(field.get('type'), `${place}.type`, FIELD_TYPES) ?? 'any',
    items: readWord(field.get('items'), `${place}.items`, ITEM_TYPES),
    required: readFlag(field.get('required'), `${place}.required`),
    merge: readWord(field.get('merge'), `${place}.merge`, MERGE_RULES),
  };
}

function readEdge(value: Value, place: string): EdgeRule {
  const names = ['name', 'from', 'to', 'needed', 'outMax', 'inMax', 'key', 'payload', 'delete'];
  const edge = readEntries(value, place, names);
  return {
    name: readName(edge.get('name'), `${place}.name`),
    from: readTexts(edge.get('from'), `${place}.from`),
    to: readTexts(edge.get('to'), `${place}.to`),
    isNeeded: readFlag(edge.get('needed'), `${place}.needed`),
    outMax: readCardinality(edge.get('outMax'), `${place}.outMax`),
    inMax: readCardinality(edge.get('inMax'), `${place}.inMax`),
    key: readWord(edge.get('key'), `${place}.key`, PRESENCES),
    payload: readWord(edge.get('payload'), `${place}.payload`, PRESENCES),
    deletion: readWord(edge.get('delete'), `${place}.delete`, DELETION_RULES),
  };
}

function readUnique(value: Value | undefined, place: string): readonly (readonly string[])[] {
  if (value === undefined) return [];
  const constraints = readList(value, place).map((each, i) => readTexts(each, `${place}[${i}]`) ?? []);
  if (constraints.length > UNIQUE_COUNT_MAX) {
    throw new Malformed(place, `a kind has at most ${UNIQUE_COUNT_MAX} constraints, not ${constraints.length}`);
  }
  for (const [i, { length }] of constraints.entries()) {
    if (length >= 1 && length <= UNIQUE_FIELDS_MAX) continue;
    throw new Malformed(`${place}[${i}]`, `a constraint is over 1–${UNIQUE_FIELDS_MAX} fields, not ${length}`);
  }
  return constraints;
}

function readTexts(value: Value | undefined, place: string): readonly string[] | null {
  if (value === undefined) return null;
  return readList(value, place).map((item, i) => {
    if (typeof item === 'string') return item;
    throw new Malformed(`${place}[${i}]`, 'it is not a text');
  });
}

function readCardinality(value: Value | undefined, place: string): number | null {
  if (value === undefined) return null;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= CARDINALITY_MAX) return value;
  throw new Malformed(place, `it is not a whole number of 1–${CARDINALITY_MAX}`);
}

function readFlag(value: Value | undefined, place: string): boolean {
  if (value === undefined || value === true) return value === true;
  throw new Malformed(place, 'it is true, or left out');
}

function readWord<Word extends string>(value: Value | undefined, place: string, words: readonly Word[]): Word | null {
  if (value === undefined) return null;
  const word = words.find((each) => each === value);
  if (word === undefined) throw new Malformed(place, `it is none of ${words.join(', ')}`);
  return word;
}

function readName(value: Value | undefined, place: string): string | null {
  if (value === undefined) return null;
  if (typeof value !== 'string') throw new Malformed(place, 'it is not a text');
  mustBeName(value, place);
  return value;
}

function mustBeName(text: string, place: string): void {
  if (isApiName(text)) return;
  throw new Malformed(place, 'a name is 1–128 letters, digits and _, begins with no digit, and not with two _');
}

function readEntries(value: Value, place: string, names: readonly string[]): ReadonlyMap<string, Value> {
  const map = readMap(value, place);
  for (const name of map.keys()) {
    if (!names.includes(name)) throw new Malformed(`${place}.${name}`, `it is none of ${names.join(', ')}`);
  }
  return map;
}

function readMap(value: Value, place: string): ReadonlyMap<string, Value> {
  if (value instanceof Map) return value;
  throw new Malformed(place, 'it is not a map');
}

function readList(value: Value, place: string): readonly Value[] {
  if (isList(value)) return value;
  throw new Malformed(place, 'it is not a list');
}

function isList(value: Value): value is readonly Value[] {
  return Array.isArray(value);
}

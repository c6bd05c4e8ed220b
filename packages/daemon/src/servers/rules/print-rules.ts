/** A rule pack as SDL: one text for each pack, which reads back as it (`read-rules.ts`). */
import { parse, print } from 'graphql';
import type { EdgeRule, FieldRule, NodeRule, RulePack } from '@jitos/kernel';
import { SCALAR_BY_FIELD_TYPE, wordToEnum, ITEM_TYPE_BY_SCALAR } from './directives.ts';

const SCALAR_BY_ITEM_TYPE = new Map([...ITEM_TYPE_BY_SCALAR].map(([scalar, type]) => [type, scalar]));

/** Of the default pack it is empty. */
export function printRules(rules: RulePack): string {
  const nameByKind = new Map([...rules.nodes].map(([kind, { name }]) => [kind, name ?? kind]));
  const types = [
    ...(rules.unknownKinds === 'refused' ? ['extend schema @rules(unknown: REFUSED)'] : []),
    ...[...rules.nodes].map(([kind, rule]) => nodeText(kind, rule)),
    ...[...rules.edges].map(([kind, rule]) => edgeText(kind, rule, nameByKind)),
  ];
  return types.length === 0 ? '' : `${print(parse(types.join('\n')))}\n`;
}

type Argument = readonly [name: string, value: string | null];

/** A directive with those arguments that are there. */
function directive(name: string, all: readonly Argument[]): string {
  const given = all.flatMap(([argument, value]) => (value === null ? [] : [`${argument}: ${value}`]));
  return given.length === 0 ? `@${name}` : `@${name}(${given.join(', ')})`;
}

const quoted = (text: string | null): string | null => (text === null ? null : JSON.stringify(text));
const word = (text: string | null): string | null => (text === null ? null : wordToEnum(text));
const flag = (isSet: boolean): string | null => (isSet ? 'true' : null);
const count = (value: number | null): string | null => (value === null ? null : String(value));

function nodeText(kind: string, { name, key, fields, isOpen, unique, deletion }: NodeRule): string {
  const node = directive('node', [
    ['kind', name === null ? null : quoted(kind)],
    ['key', quoted(key)],
    ['open', flag(isOpen)],
    ['delete', word(deletion)],
  ]);
  const together = unique
    .filter(({ length }) => length > 1)
    .map((names) => `@unique(fields: ${JSON.stringify(names)})`);
  const alone = new Set(unique.filter(({ length }) => length === 1).flat());
  const lines = [...fields].map(([field, rule]) => fieldText(field, rule, alone.has(field)));
  const body = key === null ? '' : ` { ${[`${key}: ID!`, ...lines].join('\n')} }`;
  return `type ${name ?? kind} ${[node, ...together].join(' ')}${body}`;
}

function fieldText(name: string, { type, items, required, merge }: FieldRule, isUnique: boolean): string {
  const scalar = items === null ? SCALAR_BY_FIELD_TYPE.get(type) : `[${SCALAR_BY_ITEM_TYPE.get(items)}!]`;
  const merged = merge === null ? [] : [directive('merge', [['rule', word(merge)]])];
  return [`${name}: ${scalar}${required ? '!' : ''}`, ...(isUnique ? ['@unique'] : []), ...merged].join(' ');
}

function edgeText(kind: string, rule: EdgeRule, nameByKind: ReadonlyMap<string, string>): string {
  const names = (kinds: readonly string[] | null): string | null =>
    kinds === null ? null : `[${kinds.map((each) => nameByKind.get(each)).join(', ')}]`;
  const edge = directive('edge', [
    ['kind', rule.name === null ? null : quoted(kind)],
    ['from', names(rule.from)],
    ['to', names(rule.to)],
    ['needed', flag(rule.isNeeded)],
    ['outMax', count(rule.outMax)],
    ['inMax', count(rule.inMax)],
    ['key', word(rule.key)],
    ['payload', word(rule.payload)],
    ['delete', word(rule.deletion)],
  ]);
  return `type ${rule.name ?? kind} ${edge}`;
}

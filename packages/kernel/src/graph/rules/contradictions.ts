/** What a rule pack can't mean: declarations that are well formed one by one and do not go together. */
import { compareKeys } from '../../bytes/value.ts';
import { refuse, type Refusal } from '../../refusal.ts';
import type { Kind } from '../element.ts';
import { isApiName, RESERVED_NAMES } from './api-name.ts';
import type { EdgeRule, FieldRule, FieldType, MergeRule, NodeRule, RuleDeclarations } from './rule-pack.ts';

const MERGED_TYPES: { readonly [Rule in MergeRule]: readonly FieldType[] | 'all' } = {
  counter: ['integer'],
  'grow-set': ['list'],
  'last-collapse': 'all',
  max: ['float', 'integer'],
  min: ['float', 'integer'],
  set: ['list'],
};

/** The first contradiction in the pack, or undefined. */
export function contradiction(rules: RuleDeclarations): Refusal | undefined {
  for (const [kind, rule] of rules.nodes) {
    const problem = nodeProblem(rule, `nodes.${kind}`);
    if (problem !== undefined) return problem;
  }
  for (const [kind, rule] of rules.edges) {
    const problem = edgeProblem(rule, rules, `edges.${kind}`);
    if (problem !== undefined) return problem;
  }
  return nameProblem(rules);
}

function contradict(place: string, detail: string): Refusal {
  return refuse('RULES_CONTRADICTORY', place, detail);
}

function nodeProblem({ key, fields, isOpen, unique, deletion }: NodeRule, place: string): Refusal | undefined {
  if (key === null && (fields.size > 0 || isOpen || unique.length > 0 || deletion !== null)) {
    return contradict(place, 'a kind without a key has content nodes, which have no fields and never change');
  }
  if (key !== null && fields.has(key)) return contradict(`${place}.key`, 'the key is called as a field is');
  for (const [name, field] of fields) {
    const problem = fieldProblem(field, `${place}.fields.${name}`);
    if (problem !== undefined) return problem;
  }
  for (const constraint of unique) {
    const missing = constraint.find((name) => !fields.has(name));
    if (missing !== undefined) return contradict(`${place}.unique`, `there is no field ${missing}`);
    if (new Set(constraint).size < constraint.length) return contradict(`${place}.unique`, 'a field is named twice');
  }
  if (new Set(unique.map((names) => names.toSorted(compareKeys).join())).size === unique.length) return undefined;
  return contradict(`${place}.unique`, 'a constraint is there twice');
}

function fieldProblem({ type, items, merge }: FieldRule, place: string): Refusal | undefined {
  if (items !== null && type !== 'list') return contradict(`${place}.items`, `a field of type ${type} has no items`);
  if (merge === null) return undefined;
  const types = MERGED_TYPES[merge];
  if (types === 'all' || types.includes(type)) return undefined;
  return contradict(`${place}.merge`, `${merge} merges fields of type ${types.join(' or ')}, not ${type}`);
}

function edgeProblem(rule: EdgeRule, rules: RuleDeclarations, place: string): Refusal | undefined {
  for (const end of ['from', 'to'] as const) {
    const kinds = rule[end];
    const problem = kinds === null ? undefined : endProblem(kinds, rules, `${place}.${end}`);
    if (problem !== undefined) return problem;
  }
  if (!rule.isNeeded || rule.from !== null) return undefined;
  return contradict(`${place}.needed`, 'edges are needed by the kinds in from, and it names none');
}

function endProblem(kinds: readonly Kind[], rules: RuleDeclarations, place: string): Refusal | undefined {
  if (kinds.length === 0) return contradict(place, 'without a kind there is nothing to join');
  if (new Set(kinds).size < kinds.length) return contradict(place, 'a kind is named twice');
  const unknown = kinds.find((kind) => !rules.nodes.has(kind));
  return unknown === undefined ? undefined : contradict(place, `the pack declares no kind ${unknown} of nodes`);
}

/** Each kind has a name of its own that the typed API can have. */
function nameProblem(rules: RuleDeclarations): Refusal | undefined {
  const placeByName = new Map<string, string>();
  for (const [table, kinds] of [['nodes', rules.nodes] as const, ['edges', rules.edges] as const]) {
    for (const [kind, { name }] of kinds) {
      const place = `${table}.${kind}`;
      const called = name ?? kind;
      const other = placeByName.get(called);
      if (other !== undefined) return contradict(place, `it is called ${called}, as ${other} is: give it a name`);
      if (!isApiName(called)) return contradict(place, 'the kind is no name for a type: give it one');
      if (RESERVED_NAMES.includes(called))
        return contradict(place, `${called} is a type already: give it another name`);
      if (name === kind) return contradict(`${place}.name`, 'the kind has that name already');
      placeByName.set(called, place);
    }
  }
  return undefined;
}

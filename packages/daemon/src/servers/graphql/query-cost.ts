/**
 * What an operation may touch at most, counted on its document before anything is validated or run.
 *
 * - L1 Levels: a field of the root is on the first; at most 15. Fragments in fragments nest at most 100 deep.
 * - L2 Elements: each field of the root counts one, each page what it may hold, aliases and fragments as often as they
 *      stand; at most 20,000. Introspection and previews count by a price.
 * - L3 Values: each scalar of the answer, as often as its page may repeat it; at most 200,000.
 * - L4 Names: the answer repeats a field's name, or its alias, with each value; at most 16 MiB of them.
 * - L5 No field answers under a name that every object has, such as `__proto__`: a compiled query can't keep such an
 *      answer apart from what the object inherits.
 * - L6 The count itself is bounded: a document that expands to more than 20,000 selections is refused on the way, so
 *      fragments that call each other, even in rings, cost nothing.
 *
 * What is wrong in other ways (unknown fields, rings) is left to validation.
 */
import {
  getNamedType,
  GraphQLError,
  isLeafType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLObjectType,
  type GraphQLSchema,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { BATCH_COUNT_MAX } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { documentFailure } from './graphql-error.ts';
import { FIRST_DEFAULT, FIRST_MAX } from './view-input.ts';

export const LEVELS_MAX = 15;
export const ELEMENTS_MAX = 20_000;
export const VALUES_MAX = 200_000;
export const NAMES_SIZE_BYTES_MAX = 16_777_216;
const SELECTIONS_MAX = 20_000;
const NESTING_MAX = 100;

/** Fields that list elements, and which argument of which field says how many. */
const PAGES: Readonly<Record<string, { readonly argument: string; readonly of: 'field' | 'parent' }>> = {
  'Query.listSws': { argument: 'page', of: 'field' },
  'Query.rewrites': { argument: 'page', of: 'field' },
  'GraphSnapshot.nodes': { argument: 'nodesPage', of: 'parent' },
  'GraphSnapshot.edges': { argument: 'edgesPage', of: 'parent' },
  'GraphDiff.changes': { argument: 'page', of: 'parent' },
  'GraphDiff.ops': { argument: 'page', of: 'parent' },
};

/** Fields that list as many elements at most, whatever their arguments. */
const LISTS: Readonly<Record<string, number>> = { 'CollapseBatchPayload.entries': BATCH_COUNT_MAX };

/** Elements that a field of the root counts where it is not one: some tenths of a millisecond's work each hundred. */
const PRICES: Readonly<Record<string, number>> = {
  __schema: 2000,
  __type: 200,
  previewCollapse: 1000,
  previewRebase: 1000,
  sides: 100,
  conflictSides: 100,
};
/** Leaves whose size depends on what was written. */
const UNBOUNDED_TYPE = 'JSON';
const UNBOUNDED_FIELDS: readonly string[] = ['key_b64', 'children', 'sdl', 'document_b64'];

export interface QueryCost {
  readonly elements: number;
  /** The most often that one JSON value is asked for at one place; 0 if none is. */
  readonly copies: number;
  /** Whether other variables could make it cost more. */
  readonly dependsOnVariables: boolean;
}

export interface CountedOperation {
  readonly schema: GraphQLSchema;
  readonly operation: OperationDefinitionNode;
  readonly fragmentByName: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Throws `QUERY_TOO_DEEP` or `QUERY_TOO_LARGE`. */
export function countCost(counted: CountedOperation): QueryCost {
  const counter = new Counter(counted);
  const root = counted.schema.getRootType(counted.operation.operation) ?? undefined;
  counter.countSelections(counted.operation.selectionSet, {
    type: root,
    parent: undefined,
    level: 1,
    nesting: 1,
    times: 1,
    path: '',
  });
  return counter.cost();
}

/** Where in the answer a selection stands. */
interface Spot {
  /** Undefined where the document doesn't fit the schema. */
  readonly type: GraphQLObjectType | undefined;
  /** The field that the selections belong to. */
  readonly parent: FieldNode | undefined;
  readonly level: number;
  /** Levels, and the fragments between them. */
  readonly nesting: number;
  /** How often the answer may repeat it. */
  readonly times: number;
  readonly path: string;
}

class Counter {
  readonly #counted: CountedOperation;
  #elements = 0;
  #values = 0;
  #namesSizeBytes = 0;
  #selections = 0;
  #dependsOnVariables = false;
  /** How often each JSON field is asked for, by its place. */
  readonly #copiesByPlace = new Map<string, number>();
  /** Fragments that are being counted: a ring ends where it began. */
  readonly #entered = new Set<FragmentDefinitionNode>();

  constructor(counted: CountedOperation) {
    this.#counted = counted;
  }

  cost(): QueryCost {
    const copies = Math.max(0, ...this.#copiesByPlace.values());
    return { elements: this.#elements, copies, dependsOnVariables: this.#dependsOnVariables };
  }

  countSelections(set: SelectionSetNode, spot: Spot): void {
    if (spot.nesting > NESTING_MAX)
      throw new Failure('QUERY_TOO_DEEP', '', `fragments nest more than ${NESTING_MAX} deep`);
    for (const selection of set.selections) {
      this.#selections += 1;
      if (this.#selections > SELECTIONS_MAX) throw tooLarge(`selects more than ${SELECTIONS_MAX} fields`);
      if (selection.kind === Kind.FIELD) this.#countField(selection, spot);
      else if (selection.kind === Kind.INLINE_FRAGMENT) this.#countInside(selection.selectionSet, spot);
      else {
        const fragment = this.#counted.fragmentByName.get(selection.name.value);
        if (fragment !== undefined && !this.#entered.has(fragment)) this.#countFragment(fragment, spot);
      }
    }
  }

  #countInside(set: SelectionSetNode, spot: Spot): void {
    this.countSelections(set, { ...spot, nesting: spot.nesting + 1 });
  }

  #countFragment(fragment: FragmentDefinitionNode, spot: Spot): void {
    this.#entered.add(fragment);
    this.#countInside(fragment.selectionSet, spot);
    this.#entered.delete(fragment);
  }

  #countField(field: FieldNode, spot: Spot): void {
    if (spot.level > LEVELS_MAX)
      throw new Failure('QUERY_TOO_DEEP', '', `the query has more than ${LEVELS_MAX} levels`);
    const name = field.name.value;
    this.#addName(field, spot);
    const type = spot.type?.getFields()[name]?.type;
    const named = type === undefined ? undefined : getNamedType(type);
    const size = this.#pageSize(field, spot);
    if (spot.parent === undefined) this.#addElements(PRICES[name] ?? 1);
    if (size !== undefined) this.#addElements(size * spot.times);
    if (field.selectionSet === undefined)
      this.#addValue(
        spot,
        name,
        named !== undefined && isLeafType(named) && (named.name === UNBOUNDED_TYPE || UNBOUNDED_FIELDS.includes(name)),
      );
    else {
      this.countSelections(field.selectionSet, {
        type: isObjectType(named) ? named : undefined,
        parent: field,
        level: spot.level + 1,
        nesting: spot.nesting + 1,
        times: spot.times * (size ?? 1),
        path: `${spot.path}/${field.alias?.value ?? name}`,
      });
    }
  }

  #addElements(count: number): void {
    this.#elements += count;
    if (this.#elements > ELEMENTS_MAX) throw tooLarge(`may touch more than ${ELEMENTS_MAX} elements`);
  }

  #addName(field: FieldNode, { times }: Spot): void {
    const name = field.alias?.value ?? field.name.value;
    if (name in Object.prototype) {
      throw documentFailure(new GraphQLError(`no field answers as '${name}': choose another alias`, { nodes: field }));
    }
    this.#namesSizeBytes += name.length * times; // ASCII, by GraphQL's grammar
    if (this.#namesSizeBytes > NAMES_SIZE_BYTES_MAX) {
      throw tooLarge(`may answer with more than ${NAMES_SIZE_BYTES_MAX} bytes of names`);
    }
  }

  #addValue(spot: Spot, name: string, isJson: boolean): void {
    this.#values += spot.times;
    if (this.#values > VALUES_MAX) throw tooLarge(`may answer with more than ${VALUES_MAX} values`);
    if (!isJson) return;
    const place = `${spot.path}/${name}`;
    this.#copiesByPlace.set(place, (this.#copiesByPlace.get(place) ?? 0) + 1);
  }

  /** How many elements the field lists at most; undefined if that is not bounded by arguments or at all. */
  #pageSize(field: FieldNode, spot: Spot): number | undefined {
    const place = `${spot.type?.name}.${field.name.value}`;
    const page = PAGES[place];
    if (page === undefined) return LISTS[place];
    const holder = page.of === 'field' ? field : spot.parent;
    const argument = holder?.arguments?.find(({ name }) => name.value === page.argument);
    const first = argument === undefined ? undefined : this.#valueOf(argument.value, 'first');
    if (first === undefined || first === null) return FIRST_DEFAULT;
    // Any other `first` is refused by the resolver, before it reads anything.
    return typeof first === 'number' && first >= 1 && first <= FIRST_MAX ? first : 1;
  }

  /** A property of an input object, wherever variables stand in it. */
  #valueOf(node: ValueNode, property: string): unknown {
    if (node.kind === Kind.VARIABLE) {
      const value = this.#variable(node.name.value);
      return isRecord(value) ? value[property] : undefined;
    }
    const field = node.kind === Kind.OBJECT ? node.fields.find(({ name }) => name.value === property) : undefined;
    if (field === undefined) return undefined;
    if (field.value.kind === Kind.VARIABLE) return this.#variable(field.value.name.value);
    return field.value.kind === Kind.INT ? Number(field.value.value) : undefined;
  }

  #variable(name: string): unknown {
    this.#dependsOnVariables = true;
    const { variables, operation } = this.#counted;
    if (Object.hasOwn(variables, name)) return variables[name];
    const fallback = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
    if (fallback?.kind === Kind.INT) return Number(fallback.value);
    if (fallback?.kind !== Kind.OBJECT) return undefined;
    const first = fallback.fields.find(({ name: { value } }) => value === 'first')?.value;
    return first?.kind === Kind.INT ? { first: Number(first.value) } : undefined;
  }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function tooLarge(what: string): Failure {
  return new Failure('QUERY_TOO_LARGE', '', `the query ${what}`);
}

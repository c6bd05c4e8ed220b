/**
 * What an operation may touch at most, counted on its document before anything is validated or run.
 *
 * - L1 Levels: a field of the root is on the first; at most as many as the surface has it. Fragments in fragments nest at most 100 deep.
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
  isInterfaceType,
  isLeafType,
  isObjectType,
  Kind,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLInterfaceType,
  type GraphQLNamedType,
  type GraphQLObjectType,
  type NamedTypeNode,
  type OperationDefinitionNode,
  type SelectionSetNode,
  type ValueNode,
} from 'graphql';
import { Failure } from '../../errors/failure.ts';
import { documentFailure } from './graphql-error.ts';
import type { Surface } from './surface.ts';
import { FIRST_MAX } from './view-input.ts';

/** Of v0. */
export const LEVELS_MAX = 15;
export const ELEMENTS_MAX = 20_000;
export const VALUES_MAX = 200_000;
export const NAMES_SIZE_BYTES_MAX = 16_777_216;
const SELECTIONS_MAX = 20_000;
const NESTING_MAX = 100;

/** Leaves of this type are as long as what was written. */
const UNBOUNDED_TYPE = 'JSON';

export interface QueryCost {
  readonly elements: number;
  /** Of the deepest field. */
  readonly levels: number;
  /** The most often that one JSON value is asked for at one place; 0 if none is. */
  readonly copies: number;
  /** Whether other variables could make it cost more. */
  readonly dependsOnVariables: boolean;
}

export interface CountedOperation {
  readonly surface: Pick<Surface, 'schema' | 'costs'>;
  readonly operation: OperationDefinitionNode;
  readonly fragmentByName: ReadonlyMap<string, FragmentDefinitionNode>;
  readonly variables: Readonly<Record<string, unknown>>;
}

/** Throws `QUERY_TOO_DEEP` or `QUERY_TOO_LARGE`. */
export function countCost(counted: CountedOperation): QueryCost {
  const counter = new Counter(counted);
  const root = counted.surface.schema.getRootType(counted.operation.operation) ?? undefined;
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
  /** Undefined where it has no fields, or the document doesn't fit the schema. */
  readonly type: GraphQLObjectType | GraphQLInterfaceType | undefined;
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
  #levels = 0;
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
    return { elements: this.#elements, levels: this.#levels, copies, dependsOnVariables: this.#dependsOnVariables };
  }

  countSelections(set: SelectionSetNode, spot: Spot): void {
    if (spot.nesting > NESTING_MAX)
      throw new Failure('QUERY_TOO_DEEP', '', `fragments nest more than ${NESTING_MAX} deep`);
    for (const selection of set.selections) {
      this.#selections += 1;
      if (this.#selections > SELECTIONS_MAX) throw tooLarge(`selects more than ${SELECTIONS_MAX} fields`);
      if (selection.kind === Kind.FIELD) this.#countField(selection, spot);
      else if (selection.kind === Kind.INLINE_FRAGMENT) {
        this.#countInside(selection.selectionSet, this.#spotOf(selection.typeCondition, spot));
      } else {
        const fragment = this.#counted.fragmentByName.get(selection.name.value);
        if (fragment !== undefined && !this.#entered.has(fragment)) this.#countFragment(fragment, spot);
      }
    }
  }

  /** The spot as a type condition narrows it. */
  #spotOf(condition: NamedTypeNode | undefined, spot: Spot): Spot {
    if (condition === undefined) return spot;
    return { ...spot, type: withFields(this.#counted.surface.schema.getType(condition.name.value)) };
  }

  #countInside(set: SelectionSetNode, spot: Spot): void {
    this.countSelections(set, { ...spot, nesting: spot.nesting + 1 });
  }

  #countFragment(fragment: FragmentDefinitionNode, spot: Spot): void {
    this.#entered.add(fragment);
    this.#countInside(fragment.selectionSet, this.#spotOf(fragment.typeCondition, spot));
    this.#entered.delete(fragment);
  }

  #countField(field: FieldNode, spot: Spot): void {
    const { prices, unboundedFields, levelsMax } = this.#counted.surface.costs;
    if (spot.level > levelsMax) throw new Failure('QUERY_TOO_DEEP', '', `the query has more than ${levelsMax} levels`);
    this.#levels = Math.max(this.#levels, spot.level);
    const name = field.name.value;
    this.#addName(field, spot);
    const type = spot.type?.getFields()[name]?.type;
    const named = type === undefined ? undefined : getNamedType(type);
    const size = this.#pageSize(field, spot);
    const price = prices[placeOf(spot, name)] ?? (spot.parent === undefined ? 1 : 0);
    if (price > 0) this.#addElements(price * spot.times);
    if (size !== undefined) this.#addElements(size * spot.times);
    if (field.selectionSet === undefined)
      this.#addValue(
        spot,
        name,
        named !== undefined && isLeafType(named) && (named.name === UNBOUNDED_TYPE || unboundedFields.includes(name)),
      );
    else {
      this.countSelections(field.selectionSet, {
        type: withFields(named),
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
    const { pages, lists, firstDefault } = this.#counted.surface.costs;
    const place = placeOf(spot, field.name.value);
    const page = pages[place];
    if (page === undefined) return lists[place];
    const holder = page.of === 'field' ? field : spot.parent;
    const sizes = page.paths.map(([name, ...path]) => {
      const argument = holder?.arguments?.find((each) => each.name.value === name);
      return argument === undefined ? undefined : this.#valueAt(argument.value, path);
    });
    const size = sizes.find((each) => each !== undefined && each !== null);
    if (size === undefined) return firstDefault;
    // Any other size is refused by the resolver, before it reads anything.
    return typeof size === 'number' && size >= 1 && size <= FIRST_MAX ? size : 1;
  }

  /** A value, or what is within an input object, wherever variables stand in it. */
  #valueAt(node: ValueNode, path: readonly string[]): unknown {
    if (node.kind === Kind.VARIABLE) return this.#variableAt(node.name.value, path);
    const [name, ...rest] = path;
    if (name === undefined) return sizeIn(node);
    const field = node.kind === Kind.OBJECT ? node.fields.find((each) => each.name.value === name) : undefined;
    return field === undefined ? undefined : this.#valueAt(field.value, rest);
  }

  #variableAt(name: string, path: readonly string[]): unknown {
    this.#dependsOnVariables = true;
    const { variables, operation } = this.#counted;
    if (Object.hasOwn(variables, name)) {
      const value = path.reduce<unknown>((each, step) => (isRecord(each) ? each[step] : undefined), variables[name]);
      return Array.isArray(value) ? value.length : value;
    }
    const fallback = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
    return fallback === undefined ? undefined : this.#valueAt(fallback, path);
  }
}

function sizeIn(node: ValueNode): number | undefined {
  if (node.kind === Kind.INT) return Number(node.value);
  return node.kind === Kind.LIST ? node.values.length : undefined;
}

function placeOf({ type }: Spot, field: string): string {
  return `${type?.name}.${field}`;
}

function withFields(type: GraphQLNamedType | undefined): Spot['type'] {
  return isObjectType(type) || isInterfaceType(type) ? type : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null;
}

function tooLarge(what: string): Failure {
  return new Failure('QUERY_TOO_LARGE', '', `the query ${what}`);
}

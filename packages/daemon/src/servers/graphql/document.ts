/**
 * Documents on their way to being run: parsed, counted, validated, and kept for the next time they come.
 *
 * - D1 Bounds come first: tokens while parsing, then `query-cost.ts`, and only then validation, whose rules may take
 *      longer than their document is long.
 * - D2 What is run has one operation and no fragment that it does not use. Executors that remember a compiled query by
 *      its text alone (Mercurius does) then can't take one operation of a document for another.
 */
import {
  getVariableValues,
  GraphQLError,
  Kind,
  parse,
  separateOperations,
  validate,
  type DocumentNode,
  type FragmentDefinitionNode,
  type OperationDefinitionNode,
} from 'graphql';
import { Failure } from '../../errors/failure.ts';
import { documentFailure } from './graphql-error.ts';
import { countCost, type QueryCost } from './query-cost.ts';
import type { Surface } from './surface.ts';

export const TOKENS_MAX = 20_000;
/** Longer documents are not kept: what makes them long is written into them, and will hardly come again. */
const KEPT_LENGTH_MAX = 2048;
/** A generation is dropped when the next is full: up to twice as many are kept. */
const GENERATION_COUNT_MAX = 64;
const ERRORS_TOLD_MAX = 10;

export interface PlannedOperation {
  readonly operation: OperationDefinitionNode;
  /** The operation and the fragments that it uses. */
  readonly document: DocumentNode;
  /** Its text, every character where it stands in what the caller sent. */
  readonly text: string;
  /** Whether the same text is likely to come again. */
  readonly isKept: boolean;
}

/** Variables as the caller gave them. */
export type Variables = Readonly<Record<string, unknown>>;

/** A document does not fit the schema: the errors that GraphQL found. */
export class DocumentInvalid extends Error {
  override readonly name = 'DocumentInvalid';
  readonly errors: readonly GraphQLError[];

  constructor(errors: readonly GraphQLError[]) {
    super('the document or its variables do not fit the schema');
    this.errors = errors;
  }
}

interface Planned extends PlannedOperation {
  /** Kept where it holds for any variables. */
  readonly cost: QueryCost | undefined;
}

/** Documents by text and operation name, those that were used lately. */
export class Documents {
  readonly #surface: Surface;
  #young = new Map<string, Planned>();
  #old = new Map<string, Planned>();

  constructor(surface: Surface) {
    this.#surface = surface;
  }

  /** Throws a `Failure` for what is out of bounds, `DocumentInvalid` for what does not fit the schema. */
  plan(
    text: string,
    operationName: string | null,
    variables: Variables,
  ): { readonly planned: PlannedOperation; readonly cost: QueryCost } {
    // No text with a U+0000 is ever kept: it does not parse.
    const key = operationName === null ? text : `${operationName}\0${text}`;
    const young = this.#young.get(key);
    const planned = young ?? this.#old.get(key) ?? this.#make(text, operationName, variables);
    if (young === undefined && planned.isKept) this.#keep(key, planned);
    const cost = planned.cost ?? this.#count(planned, variables);
    this.#checkVariables(planned.operation, variables);
    return { planned, cost };
  }

  #make(text: string, operationName: string | null, variables: Variables): Planned {
    const whole = parseDocument(text);
    const operation = chooseOperation(whole, operationName);
    const document = separateOperations(whole)[operation.name?.value ?? ''] ?? whole;
    const cost = this.#count({ operation, document }, variables);
    const errors = validate(this.#surface.schema, whole, undefined, { maxErrors: ERRORS_TOLD_MAX });
    if (errors.length > 0) throw new DocumentInvalid(errors);
    const isKept = text.length <= KEPT_LENGTH_MAX;
    const own = blankOthers(text, whole, document);
    return { operation, document, text: own, isKept, cost: cost.dependsOnVariables ? undefined : cost };
  }

  #count({ operation, document }: Pick<PlannedOperation, 'operation' | 'document'>, variables: Variables): QueryCost {
    const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
    const fragmentByName = new Map(
      fragments.map((fragment): [string, FragmentDefinitionNode] => [fragment.name.value, fragment]),
    );
    return countCost({ surface: this.#surface, operation, fragmentByName, variables });
  }

  /** Checked here once and for all executors, so that the same mistake reads the same whoever runs the query. */
  #checkVariables({ variableDefinitions = [] }: OperationDefinitionNode, variables: Variables): void {
    if (variableDefinitions.length === 0) return;
    const { errors } = getVariableValues(this.#surface.schema, variableDefinitions, variables, {
      maxErrors: ERRORS_TOLD_MAX,
    });
    if (errors !== undefined) throw new DocumentInvalid(errors);
  }

  #keep(key: string, planned: Planned): void {
    if (this.#young.size === GENERATION_COUNT_MAX) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, planned);
  }
}

function parseDocument(text: string): DocumentNode {
  try {
    return parse(text, { maxLexicalTokens: TOKENS_MAX });
  } catch (error) {
    // The parser descends as the document nests: what exhausts the stack nests too deep by far.
    if (error instanceof RangeError)
      throw new Failure('QUERY_TOO_DEEP', '', 'the document nests too deep to be parsed');
    if (!(error instanceof GraphQLError)) throw error;
    throw documentFailure(error, isOverTokens(error) ? 'QUERY_TOO_LARGE' : 'GRAPHQL_INVALID');
  }
}

function isOverTokens({ message }: GraphQLError): boolean {
  return message.includes(`${TOKENS_MAX} tokens`);
}

function chooseOperation({ definitions }: DocumentNode, operationName: string | null): OperationDefinitionNode {
  const operations = definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  if (operationName === null) {
    const [operation, other] = operations;
    if (operation === undefined) throw new Failure('GRAPHQL_INVALID', 'query', 'the document has no operation');
    if (other === undefined) return operation;
    throw new Failure('GRAPHQL_INVALID', 'operationName', 'the document has several operations: name one');
  }
  const named = operations.find(({ name }) => name?.value === operationName);
  if (named !== undefined) return named;
  throw new Failure('GRAPHQL_INVALID', 'operationName', 'the document has no operation of this name');
}

/** The text with every definition that is not in `document` turned into blanks, so that locations stay what they are. */
function blankOthers(text: string, whole: DocumentNode, document: DocumentNode): string {
  let own = text;
  for (const definition of whole.definitions) {
    if (document.definitions.includes(definition) || definition.loc === undefined) continue;
    const { start, end } = definition.loc;
    own = own.slice(0, start) + text.slice(start, end).replaceAll(/[^\r\n]/g, ' ') + own.slice(end);
  }
  return own;
}

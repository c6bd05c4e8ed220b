/**
 * The scalars of v0. They let through what has the right type; what it means is checked where the argument is used,
 * which knows its place.
 */
import {
  GraphQLError,
  Kind,
  type GraphQLScalarLiteralParser,
  type GraphQLScalarValueParser,
  type ValueNode,
} from 'graphql';

/** The two ways in which a scalar's value comes in; out it goes as the resolver left it. */
export interface Scalar {
  readonly parseValue: GraphQLScalarValueParser<unknown>;
  readonly parseLiteral: GraphQLScalarLiteralParser<unknown>;
}

type Variables = Readonly<Record<string, unknown>>;

const LITERAL_DEPTH_MAX = 128;

/** A JSON literal as plain values. An integer past 2⁵³ keeps all its digits, in the form that `json-value.ts` reads. */
function literalToJson(node: ValueNode, variables: Variables, depth: number): unknown {
  if (depth > LITERAL_DEPTH_MAX) throw new GraphQLError(`nested deeper than ${LITERAL_DEPTH_MAX}`, { nodes: node });
  switch (node.kind) {
    case Kind.NULL:
      return null;
    case Kind.INT: {
      const number = Number(node.value);
      return Number.isSafeInteger(number) ? number : { $int: node.value };
    }
    case Kind.FLOAT:
      return Number(node.value);
    case Kind.STRING:
    case Kind.BOOLEAN:
      return node.value;
    case Kind.LIST:
      return node.values.map((value) => literalToJson(value, variables, depth + 1));
    case Kind.OBJECT:
      return Object.fromEntries(
        node.fields
          .map(({ name, value }): [string, unknown] => [name.value, literalToJson(value, variables, depth + 1)])
          .filter(([, value]) => value !== undefined),
      );
    case Kind.VARIABLE:
      // Undefined where it was not given; a validating reader has none at all, and only looks at the form.
      return variables[node.name.value];
    case Kind.ENUM:
      throw new GraphQLError(`JSON has no bare names: write "${node.value}"`, { nodes: node });
  }
}

const JSON_SCALAR: Scalar = {
  parseValue: (value) => value,
  parseLiteral: (node, variables) => literalToJson(node, variables ?? {}, 0) ?? null,
};

export const U32_MAX: number = 2 ** 32 - 1;

function parseU32(value: unknown, node: ValueNode | null): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= U32_MAX) return value;
  throw new GraphQLError(`U32 is a number from 0 to ${U32_MAX}`, { nodes: node });
}

const U32: Scalar = {
  parseValue: (value) => parseU32(value, null),
  parseLiteral: (node) => parseU32(node.kind === Kind.INT ? Number(node.value) : undefined, node),
};

/** A scalar that no argument has. */
function answerOnly(name: string): Scalar {
  const refuse = (): never => {
    throw new GraphQLError(`${name} is for answers only`);
  };
  return { parseValue: refuse, parseLiteral: refuse };
}

export const SCALARS: Readonly<Record<string, Scalar>> = {
  JSON: JSON_SCALAR,
  U32,
  U64: answerOnly('U64'),
  Hash: answerOnly('Hash'),
  Timestamp: answerOnly('Timestamp'),
};

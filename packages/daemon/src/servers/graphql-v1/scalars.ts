/** The scalars of v1: what they let through is what they say, so that arguments can be taken at their word. */
import { GraphQLError, Kind, type ValueNode } from 'graphql';
import { SCALARS, type Scalar } from '../graphql/scalars.ts';

/** A scalar that is text: what does not fit is refused, by the literal or the value that it stands in. */
function scalarOf(name: string, what: string, read: (given: string | number) => unknown): Scalar {
  const parse = (given: unknown, node: ValueNode | null): unknown => {
    const value = typeof given === 'string' || typeof given === 'number' ? read(given) : undefined;
    if (value !== undefined) return value;
    throw new GraphQLError(`${name} is ${what}`, { nodes: node });
  };
  return {
    parseValue: (given) => parse(given, null),
    parseLiteral: (node) => {
      if (node.kind === Kind.STRING) return parse(node.value, node);
      // An integer that is written out keeps its digits.
      return parse(node.kind === Kind.INT ? node.value : undefined, node);
    },
  };
}

const NUMBER = /^(?:0|[1-9]\d*)$/;

/** One past 2⁵³ names nothing, as any other that is too high. */
function readNumber(given: string | number): number | undefined {
  const text = String(given);
  return NUMBER.test(text) ? Math.min(Number(text), Number.MAX_SAFE_INTEGER) : undefined;
}

export const SCALARS_V1: Readonly<Record<string, Scalar>> = {
  JSON: SCALARS['JSON']!, // v0 has it
  U64: scalarOf('U64', 'a whole number from 0, or its digits', readNumber),
  Hash: scalarOf('Hash', '64 characters of lowercase hex', (given) =>
    typeof given === 'string' && /^[0-9a-f]{64}$/.test(given) ? given : undefined,
  ),
  Bytes: scalarOf('Bytes', 'text in base64', (given) => (typeof given === 'string' ? given : undefined)),
};

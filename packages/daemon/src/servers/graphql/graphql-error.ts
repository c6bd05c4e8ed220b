/**
 * Errors as GraphQL answers carry them: every one has a code from the registry, whoever raised it.
 *
 *     {"message", "locations"?, "path"?, "extensions": {"code", "reason", "place", "retry", "advice", "after"?}}
 */
import { GraphQLError } from 'graphql';
import { Failure } from '../../errors/failure.ts';
import type { ErrorFamily, Reason } from '../../errors/reason.ts';
import { REGISTRY } from '../../errors/registry.ts';

export interface ErrorAnswer {
  readonly message: string;
  readonly locations?: readonly { readonly line: number; readonly column: number }[];
  readonly path?: readonly (string | number)[];
  readonly extensions: {
    /** The seed's code: the family. */
    readonly code: ErrorFamily;
    readonly reason: Reason;
    readonly place: string;
    readonly retry: 'never' | 'later';
    readonly advice: string;
    /** Of a subscription that was ended: the position to go on behind. */
    readonly after?: string;
  };
}

/** Where GraphQL itself finds fault: with the document, the variables, or their fit to the schema. */
export function documentFailure(error: GraphQLError, reason: Reason = 'GRAPHQL_INVALID'): Failure {
  return new Failure(reason, variablePlace(error.message) ?? queryPlace(error), error.message);
}

function queryPlace({ locations }: GraphQLError): string {
  const location = locations?.[0];
  return location === undefined ? '' : `query:${location.line}:${location.column}`;
}

/** Where in a variable its value is wrong: GraphQL.js tells that in the text alone. */
function variablePlace(message: string): string | undefined {
  const [, name, path] = /^Variable "\$(\w+)" got invalid value (?:[^]*? at "(\1[.[][^"]*)"; )?/.exec(message) ?? [];
  return path ?? name;
}

/** The answer for an error that was raised on the way; what is not a `Failure` is a bug, told to `onBug` alone. */
export function failureAnswer(error: unknown, onBug: (error: unknown) => void): ErrorAnswer {
  if (!(error instanceof Failure)) {
    onBug(error);
    return failureAnswer(new Failure('BUG', '', REGISTRY.BUG.text), onBug);
  }
  const { family, retry, advice } = REGISTRY[error.reason];
  const { reason } = error;
  const message = clip(error.message, DETAIL_LENGTH_MAX);
  const place = clip(error.place, PLACE_LENGTH_MAX);
  return { message, extensions: { code: family, reason, place, retry, advice } };
}

/** Names in the input may be as long as the input. */
export const DETAIL_LENGTH_MAX: number = 1024;
export const PLACE_LENGTH_MAX: number = 256;

export function clip(text: string, lengthMax: number): string {
  return text.length <= lengthMax ? text : `${text.slice(0, lengthMax)}…`;
}

/** The answer for an error that GraphQL.js or the compiled query reports. */
export function errorAnswer(error: GraphQLError, onBug: (error: unknown) => void): ErrorAnswer {
  const { locations, path } = error;
  return {
    ...failureAnswer(causeOf(error), onBug),
    ...(locations === undefined ? {} : { locations: locations.map(({ line, column }) => ({ line, column })) }),
    ...(path === undefined ? {} : { path }),
  };
}

/** What a resolver threw; else GraphQL's own complaint, about the caller's input unless it is about our answer. */
function causeOf(error: GraphQLError): unknown {
  const { originalError } = error;
  // Complaints of scalars and enums come wrapped in one about where they stand.
  if (originalError instanceof Error && !(originalError instanceof GraphQLError)) return originalError;
  return error.path === undefined || !error.message.startsWith('Cannot return null') ? documentFailure(error) : error;
}

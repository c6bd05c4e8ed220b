/** GraphQL's answers in the envelope of plain JSON. */
import type { GraphqlAnswer } from '../graphql/graphql-answer.ts';
import type { FailureBody, GoodAnswer } from './envelope.ts';

/** GraphQL's own answer, errors of its fields included; of a request that it refused as a whole, why. */
export function graphqlEnvelope(answer: GraphqlAnswer): GoodAnswer<GraphqlAnswer> | FailureBody {
  const error = answer.data === undefined ? answer.errors?.[0] : undefined;
  if (error === undefined) return { ok: true, result: answer };
  const { reason, code, place, advice, retry } = error.extensions;
  return { ok: false, error: { reason, code, place, detail: error.message, advice, retry } };
}

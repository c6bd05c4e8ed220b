/** What a GraphQL request is answered with. */
import type { ExecutionResult } from 'graphql';
import type { ErrorAnswer } from './graphql-error.ts';

export interface GraphqlAnswer {
  /** Absent if the request was refused before it ran. */
  readonly data?: ExecutionResult['data'];
  /** At least one, or absent. */
  readonly errors?: readonly ErrorAnswer[];
}

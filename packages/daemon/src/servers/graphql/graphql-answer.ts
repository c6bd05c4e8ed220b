/** What a GraphQL request is answered with. */
import type { ExecutionResult } from 'graphql';
import type { ErrorAnswer } from './graphql-error.ts';

/** What a query has used of what it may use. */
export interface QueryBudget {
  /** That it asked for, pages as long as they might have been. */
  readonly elements: Used;
  readonly depth: Used;
  /** That were looked at. */
  readonly scanned: Used;
}

interface Used {
  readonly used: number;
  readonly max: number;
}

export interface GraphqlAnswer {
  /** Absent if the request was refused before it ran. */
  readonly data?: ExecutionResult['data'];
  /** At least one, or absent. */
  readonly errors?: readonly ErrorAnswer[];
  readonly extensions?: { readonly budget: QueryBudget };
}

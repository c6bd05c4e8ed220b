/** A GraphQL surface of a world: a schema, and what its fields may cost. Every world is served by the same ones. */
import type { GraphQLSchema } from 'graphql';

/** How many elements a field lists: what an argument says, wherever it stands. */
export interface PageRule {
  /** Whose arguments say so. */
  readonly of: 'field' | 'parent';
  /** Ways to the number, such as `page`, `first`, or to a list that is as long; the first that leads to one counts. */
  readonly paths: readonly (readonly string[])[];
}

/** Fields are named by their types: `Query.graph`. */
export interface CostRules {
  /** How deep a query may be. */
  readonly levelsMax: number;
  readonly pages: Readonly<Record<string, PageRule>>;
  /** What a page holds where nobody says how much. */
  readonly firstDefault: number;
  /** Fields that list as many elements at most, whatever their arguments. */
  readonly lists: Readonly<Record<string, number>>;
  /** Elements that a field counts where it is more than one of the root, or more than none of any other. */
  readonly prices: Readonly<Record<string, number>>;
  /** Names of leaves whose size depends on what was written, beside those of the type `JSON`. */
  readonly unboundedFields: readonly string[];
}

export interface Surface {
  readonly schema: GraphQLSchema;
  readonly costs: CostRules;
  /** Whether answers tell, in `extensions`, what they have used of what a query may use. */
  readonly budgetTold: 'in-extensions' | 'never';
}

/** Answers operations in this process, through the schema that the daemon serves. */
import type { OpenWorld } from '../engine/open-world.ts';
import { LOCAL_PRINCIPAL } from '../engine/principal.ts';
import { GraphqlExecutor } from '../servers/graphql/execute.ts';
import { toFailure } from './remote-failure.ts';
import type { Operation } from './session.ts';
import { asFailure } from './terminal/failure-text.ts';

export class LocalExecutor {
  readonly #executor: GraphqlExecutor;
  #bug: unknown;

  constructor() {
    this.#executor = new GraphqlExecutor({ onBug: (error) => (this.#bug = error) });
  }

  async execute<Data>(world: OpenWorld, { document, variables }: Operation): Promise<Data> {
    const { answer } = await this.#executor.execute({ world, principal: LOCAL_PRINCIPAL, query: document, variables });
    // Here the bug is this process's own: it is told in full.
    if (this.#bug !== undefined) throw asFailure(this.#bug);
    const error = answer.errors?.[0];
    if (error !== undefined) throw toFailure({ ...error.extensions, detail: error.message });
    return answer.data as Data; // what the document asks for, as the schema types it
  }
}

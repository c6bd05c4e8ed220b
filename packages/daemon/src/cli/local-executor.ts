/** Answers operations in this process, through the schemas that the daemon serves. */
import type { OpenWorld } from '../engine/open-world.ts';
import { LOCAL_PRINCIPAL } from '../engine/principal.ts';
import { createSurfaceV1 } from '../servers/graphql-v1/schema.ts';
import { GraphqlExecutor } from '../servers/graphql/execute.ts';
import { toFailure } from './remote-failure.ts';
import type { Operation } from './session.ts';
import { asFailure } from './terminal/failure-text.ts';

export class LocalExecutor {
  readonly #v0: GraphqlExecutor;
  /** Made on first use: few commands need it. */
  #v1: GraphqlExecutor | undefined;
  #bug: unknown;

  constructor() {
    this.#v0 = new GraphqlExecutor({ onBug: this.#onBug });
  }

  async execute<Data>(world: OpenWorld, { document, variables, surface }: Operation): Promise<Data> {
    const executor = surface === 'v1' ? this.#getV1() : this.#v0;
    const { answer } = await executor.execute({ world, principal: LOCAL_PRINCIPAL, query: document, variables });
    // Here the bug is this process's own: it is told in full.
    if (this.#bug !== undefined) throw asFailure(this.#bug);
    const error = answer.errors?.[0];
    if (error !== undefined) throw toFailure({ ...error.extensions, detail: error.message });
    return answer.data as Data; // what the document asks for, as the schema types it
  }

  #getV1(): GraphqlExecutor {
    return (this.#v1 ??= new GraphqlExecutor({ surface: createSurfaceV1(), onBug: this.#onBug }));
  }

  readonly #onBug = (error: unknown): void => void (this.#bug = error);
}

/** Asks GraphQL of one world, whichever way the requests go, and reads the answers. */
import { GraphqlExecutor } from '@jitos/daemon/servers/graphql/execute.ts';
import type { GraphqlAnswer } from '@jitos/daemon/servers/graphql/graphql-answer.ts';
import type { ErrorAnswer } from '@jitos/daemon/servers/graphql/graphql-error.ts';
import { createSurfaceV0 } from '@jitos/daemon/servers/graphql/schema.ts';
import type { Surface } from '@jitos/daemon/servers/graphql/surface.ts';
import type { OpenWorld } from '@jitos/daemon/engine/open-world.ts';
import { LOCAL_PRINCIPAL } from '@jitos/daemon/engine/principal.ts';

export interface Question {
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
}

export type Ask = (question: Question) => Promise<GraphqlAnswer>;

/** What a test wants to know of a refusal. */
export type Refused = Pick<ErrorAnswer['extensions'], 'code' | 'reason' | 'place'>;

export class GraphqlClient {
  readonly #ask: Ask;

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  /** Asks in process, v0 unless told otherwise; a bug ends the test. */
  static inProcess(world: OpenWorld, surface: Surface = createSurfaceV0()): GraphqlClient {
    return new GraphqlClient(askInProcess(world, surface));
  }

  /** Asks over HTTP, at the URL of the route. */
  static overHttp(url: string): GraphqlClient {
    return new GraphqlClient(askOverHttp(url));
  }

  ask(query: string, variables: Question['variables'] = {}): Promise<GraphqlAnswer> {
    return this.#ask({ query, variables });
  }

  /** `data` of an answer without errors. */
  async data<Data>(query: string, variables?: Question['variables']): Promise<Data> {
    const { data, errors } = await this.ask(query, variables);
    if (errors !== undefined) throw new Error(`${query} is answered with ${JSON.stringify(errors)}`);
    return JSON.parse(JSON.stringify(data)) as Data; // as it looks to a client; the test knows what it asked for
  }

  /** The codes of the one error of an answer. */
  async refused(query: string, variables?: Question['variables']): Promise<Refused> {
    const answer = await this.ask(query, variables);
    const [error, ...others] = answer.errors ?? [];
    if (error === undefined || others.length > 0)
      throw new Error(`${query} is answered with ${JSON.stringify(answer)}`);
    const { code, reason, place } = error.extensions;
    return { code, reason, place };
  }
}

export function askInProcess(world: OpenWorld, surface: Surface = createSurfaceV0()): Ask {
  const executor = new GraphqlExecutor({
    surface,
    onBug: (error) => {
      throw error;
    },
  });
  return async (question) => (await executor.execute({ world, principal: LOCAL_PRINCIPAL, ...question })).answer;
}

export function askOverHttp(url: string): Ask {
  return async (question) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(question) });
    return (await response.json()) as GraphqlAnswer; // what docs/spec/graphql.md promises
  };
}

/** What answers lines out of the worlds of a host. */
import type { Host } from '../../engine/host.ts';
import type { Principal } from '../../engine/principal.ts';
import type { GraphqlExecutor } from '../graphql/execute.ts';
import { makeRequestContext } from '../graphql/request-context.ts';
import { readParameters } from '../http/graphql-route.ts';
import { readCommand } from '../plain/command-table.ts';
import { goodAnswer } from '../plain/envelope.ts';
import { graphqlEnvelope } from '../plain/graphql-envelope.ts';
import type { AnswerLine } from './line-connection.ts';

export interface LineAnswererParts {
  readonly host: Host;
  readonly executor: GraphqlExecutor;
  /** Who asks: whoever may use the connection. */
  readonly principal: Principal;
}

export function lineAnswerer({ host, executor, principal }: LineAnswererParts): AnswerLine {
  return async ({ world: name, ask }, signal) => {
    const world = host.mustGetWorld(name);
    if (ask.type === 'command') {
      const run = readCommand(ask.command);
      return goodAnswer(await run(makeRequestContext({ world, principal, signal }, 1)));
    }
    const { answer } = await executor.execute({ world, principal, signal, ...readParameters(ask.parameters) });
    return graphqlEnvelope(answer);
  };
}

/** Commands in plain JSON: `/v1/commands` for the world `main`, `/v1/worlds/<name>/commands` for any. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { MAIN_WORLD, type Host } from '../../engine/host.ts';
import { mustEnter } from '../auth/access.ts';
import { makeRequestContext } from '../graphql/request-context.ts';
import { verbOfMutation } from '../limits/graphql-verbs.ts';
import { readCommand } from '../plain/command-table.ts';
import { goodAnswer, type GoodAnswer } from '../plain/envelope.ts';
import { UnawaitedCommands } from '../plain/unawaited-commands.ts';
import { GRAPHQL_BODY_LIMIT_BYTES } from './graphql-route.ts';
import { notAnObject } from './json-body.ts';
import { addRoute, principalOf } from './routes.ts';

export interface CommandRouteParts {
  readonly host: Host;
  readonly onBug: (error: unknown) => void;
}

export function addCommandRoutes(app: FastifyInstance, { host, onBug }: CommandRouteParts): void {
  const unawaited = new UnawaitedCommands(onBug);
  const answer = async (request: FastifyRequest, reply: FastifyReply): Promise<GoodAnswer> => {
    const { name = MAIN_WORLD } = request.params as { readonly name?: string }; // the routes' patterns name it
    const world = mustEnter(host, name, principalOf(request));
    const { body, headers } = request;
    if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notAnObject();
    request.admit?.(verbOfMutation('command' in body ? body.command : undefined));
    const run = readCommand(body);
    const context = makeRequestContext({ world, principal: principalOf(request) }, 1);
    if (!isToBeQueued(headers.prefer)) return goodAnswer(await run(context));
    const sizeBytes = Number(headers['content-length'] ?? GRAPHQL_BODY_LIMIT_BYTES);
    await unawaited.start(sizeBytes, () => run(context));
    void reply.code(202).header('preference-applied', 'respond-async');
    return goodAnswer({ queued: true });
  };
  for (const url of ['/v1/commands', '/v1/worlds/:name/commands']) {
    addRoute(app, url, { POST: answer }, { bodyLimitBytes: GRAPHQL_BODY_LIMIT_BYTES, rate: 'as-asked' });
  }
}

/** RFC 7240: preferences are a list, each with parameters of its own. */
function isToBeQueued(prefer: string | readonly string[] | undefined): boolean {
  const preferences = [prefer ?? []].flat().flatMap((header) => header.split(','));
  return preferences.some((preference) => preference.split(';', 1)[0]!.trim().toLowerCase() === 'respond-async');
}

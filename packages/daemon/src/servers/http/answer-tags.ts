/**
 * Entity tags of answers to GET, made before anything runs: of the moment that the answer is of, of who asks and what he may see
 * now, and of all that he asks. Whoever has the answer to the same is told so (304), and nobody keeps it for another.
 *
 * A moment is a world's count of events, in one run of the daemon: what is answered at one moment is always the same, and what a
 * workspace's reader was told then, he has read then.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash, randomBytes } from 'node:crypto';
import type { OpenWorld } from '../../engine/open-world.ts';
import { maySee, seesAll } from '../auth/access.ts';
import type { GraphqlOutcome } from '../graphql/execute.ts';
import { principalOf } from './routes.ts';

export class AnswerTags {
  readonly #run = randomBytes(16);

  /** The tag of what this request is answered with, if it is answered well. */
  tagOf(request: FastifyRequest, open: OpenWorld): string {
    const { url, headers } = request;
    const principal = principalOf(request);
    // A grant may run out though nothing is written.
    const sees = [maySee({ open, principal }, 'system'), seesAll({ open, principal })];
    const asked = [principal, sees, open.name, open.loop.world.history.size, url, headers.accept ?? ''];
    const digest = createHash('sha256').update(this.#run).update(JSON.stringify(asked)).digest('base64url');
    return `"${digest}"`;
  }
}

/** Whether the client says that it has the answer. */
export function hasTag({ headers }: FastifyRequest, tag: string): boolean {
  const known = headers['if-none-match'];
  return known !== undefined && known.split(',').some((each) => each.trim().replace(/^W\//, '') === tag);
}

/** Only an answer without a fault is worth keeping, and only for who asked. */
export function setTag(reply: FastifyReply, tag: string, { answer }: Pick<GraphqlOutcome, 'answer'>): void {
  if (answer.data !== undefined && answer.errors === undefined) void reply.headers(cacheHeaders(tag));
}

export function cacheHeaders(tag: string): Readonly<Record<string, string>> {
  return { etag: tag, 'cache-control': 'private, no-cache', vary: 'accept, authorization' };
}

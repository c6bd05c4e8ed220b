/** Bodies: JSON objects in UTF-8, and nothing else. */
import { isUtf8 } from 'node:buffer';
import type { ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../errors/failure.ts';
import { readObject } from '../graphql/json-value.ts';
import type { BodyIntake } from './body-intake.ts';

/** Makes `application/json` the only type of body that is taken. */
export function acceptJsonBodies(app: FastifyInstance, intake: BodyIntake): void {
  // Fastify tells a parser nothing of the answer, until which the body counts.
  const responseByRequest = new WeakMap<FastifyRequest, ServerResponse>();
  app.addHook('preParsing', (request, reply, _, done) => {
    responseByRequest.set(request, reply.raw);
    done();
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', async (request: FastifyRequest): Promise<unknown> => {
    const contentType = request.headers['content-type'] ?? '';
    if (contentType !== 'application/json' && !isInUtf8(contentType)) {
      throw new Failure('MEDIA_TYPE_REFUSED', 'content-type', 'JSON is sent in UTF-8');
    }
    const response = responseByRequest.get(request)!; // the hook above runs first
    const sizeBytesMax = request.routeOptions.bodyLimit;
    return parseBody(await intake.receive({ request: request.raw, response, sizeBytesMax }));
  });
}

function parseBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw new Failure('BODY_MALFORMED', '', 'the body is not UTF-8');
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    throw new Failure('BODY_MALFORMED', '', 'the body is not JSON');
  }
}

function isInUtf8(contentType: string): boolean {
  const charset = /;\s*charset\s*=\s*"?([^";\s]*)/i.exec(contentType)?.[1] ?? 'utf-8';
  return /^utf-?8$/i.test(charset);
}

/** The body as an object with none but these fields. Throws `BODY_MALFORMED`, `FIELD_UNKNOWN` or `FORMAT_INVALID`. */
export function readBody<Name extends string>(
  body: unknown,
  names: { readonly required: readonly Name[]; readonly optional: readonly Name[] },
): Readonly<Partial<Record<Name, unknown>>> {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) throw notAnObject();
  return readObject(body, '', names);
}

export function notAnObject(): Failure {
  return new Failure('BODY_MALFORMED', '', 'the body is not a JSON object');
}

/** Bodies: JSON objects in UTF-8, and nothing else. */
import type { ServerResponse } from 'node:http';
import type { Readable } from 'node:stream';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../errors/failure.ts';
import { readObject } from '../graphql/json-value.ts';
import { parseJson } from '../plain/parse-json.ts';
import type { BodyIntake } from './body-intake.ts';

/**
 * A body that says it is no longer is read without a look at the others: all connections full of them hold little, and the
 * request's own time bounds how long one takes. Nearly every body is, and keeping a watch costs as much as answering.
 */
const SMALL_BODY_SIZE_BYTES_MAX = 8192;

/** Fastify tells a parser nothing of the answer, until which a body counts: the first hook of a request notes it here. */
export type NoteAnswer = (request: FastifyRequest, answer: ServerResponse) => void;

/** Makes `application/json` the only type of body that is taken. */
export function acceptJsonBodies(app: FastifyInstance, intake: BodyIntake): NoteAnswer {
  const answerByRequest = new WeakMap<FastifyRequest, ServerResponse>();
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('application/json', (request, payload, done) => {
    const contentType = request.headers['content-type'] ?? '';
    if (contentType !== 'application/json' && !isInUtf8(contentType)) {
      return done(new Failure('MEDIA_TYPE_REFUSED', 'content-type', 'JSON is sent in UTF-8'));
    }
    const parse = (body: Buffer): void => {
      try {
        done(null, parseJson(body, 'the body'));
      } catch (error) {
        done(error instanceof Error ? error : new Error(String(error)));
      }
    };
    if (isSmall(request)) return receiveSmall(payload, parse, done);
    const response = answerByRequest.get(request)!; // noted as the request came in
    const sizeBytesMax = request.routeOptions.bodyLimit;
    intake.receive({ request: request.raw, response, sizeBytesMax }).then(parse, done);
  });
  return (request, answer) => void (isSmall(request) || answerByRequest.set(request, answer));
}

function isSmall({ headers }: FastifyRequest): boolean {
  const length = headers['content-length'];
  return length !== undefined && Number(length) <= SMALL_BODY_SIZE_BYTES_MAX;
}

/** Node gives no more than was declared. */
function receiveSmall(payload: Readable, whole: (body: Buffer) => void, cut: (failure: Failure) => void): void {
  let body: Buffer = Buffer.alloc(0);
  payload.on('data', (chunk: Buffer) => (body = body.length === 0 ? chunk : Buffer.concat([body, chunk])));
  payload.on('end', () => whole(body));
  payload.on('error', () => cut(new Failure('BODY_MALFORMED', 'body', 'the connection ended within the body')));
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

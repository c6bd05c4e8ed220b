/** The routes by which a key logs in; anyone may ask, and is believed by the signature alone. */
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { Bytes } from '@jitos/kernel';
import { CHALLENGE_SECONDS } from '../auth/challenges.ts';
import type { KeyLogin } from '../auth/key-login.ts';
import { SESSION_SECONDS } from '../auth/sessions.ts';
import { bytesFromBase64, invalid, readText } from '../graphql/json-value.ts';
import { readHash } from '../graphql/op-json.ts';
import { readBody } from './json-body.ts';
import { addRoute } from './routes.ts';

const OPTIONS = { access: 'anyone' } as const;
const SIGNATURE_SIZE = 64;

export function addAuthRoutes(app: FastifyInstance, login: KeyLogin): void {
  const challenge = (request: FastifyRequest): object => {
    const body = readBody(request.body, { required: ['publicKey'], optional: [] });
    return { challenge: login.challenge(readHash(body.publicKey, 'publicKey')), expiresInSeconds: CHALLENGE_SECONDS };
  };
  const session = async (request: FastifyRequest): Promise<object> => {
    const body = readBody(request.body, { required: ['publicKey', 'challenge', 'signature'], optional: [] });
    const proof = {
      publicKey: readHash(body.publicKey, 'publicKey'),
      challenge: readText(body.challenge, 'challenge'),
      signature: readSignature(body.signature),
      origin: `http://${(request.headers.host ?? '').toLowerCase()}`, // the guard knows it as this daemon's
    };
    return { ...(await login.open(proof)), expiresInSeconds: SESSION_SECONDS };
  };
  addRoute(app, '/v1/auth/challenge', { POST: challenge }, OPTIONS);
  addRoute(app, '/v1/auth/session', { POST: session }, OPTIONS);
}

function readSignature(json: unknown): Bytes {
  const signature = bytesFromBase64(json, 'signature');
  if (signature.length !== SIGNATURE_SIZE) throw invalid('signature', `a signature has ${SIGNATURE_SIZE} bytes`);
  return signature;
}

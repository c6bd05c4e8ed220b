/** Logs in at a daemon with a key, for the token of a session. */
import { Failure } from '../errors/failure.ts';
import { loginText } from '../servers/auth/key-login.ts';
import type { PrincipalKey } from './key-file.ts';

/** Asks the daemon: `post` throws what it refuses. */
export type Post = (path: string, body: object) => Promise<unknown>;

/** `address` is where `post` sends to: what is signed is good there alone. */
export async function logIn(address: string, key: PrincipalKey, post: Post): Promise<string> {
  const { publicKeyHex: publicKey } = key;
  const challenge = textOf(await post('/v1/auth/challenge', { publicKey }), 'challenge', address);
  const signature = key.sign(Buffer.from(loginText(address, challenge))).toString('base64');
  return textOf(await post('/v1/auth/session', { publicKey, challenge, signature }), 'token', address);
}

function textOf(answer: unknown, name: string, address: string): string {
  const value = (answer as Readonly<Record<string, unknown>> | null)?.[name]; // any JSON may be asked for it
  if (typeof value === 'string') return value;
  throw new Failure('DAEMON_UNREACHABLE', address, 'what answers there is not jitosd');
}

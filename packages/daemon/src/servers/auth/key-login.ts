/**
 * Logging in with a key: a challenge is asked for, signed, and changed into the token of a session.
 *
 * What is signed names the daemon's address as the client knows it: who pretends to be this daemon, at another one, gets a signature
 * that is good for nothing here.
 */
import { createPublicKey, verify } from 'node:crypto';
import { promisify } from 'node:util';
import type { Bytes } from '@jitos/kernel';
import { PUBLIC_PREFIX } from '../../engine/proofs/signed-note.ts';
import { principalOfKey, type Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';
import { Challenges } from './challenges.ts';
import { Sessions, type SessionsOptions } from './sessions.ts';

export interface KeyLoginOptions extends SessionsOptions {
  /** Whether the principal holds a grant in any world. */
  readonly isKnown: (principal: Principal) => boolean;
}

export interface KeyProof {
  readonly publicKey: Bytes;
  readonly challenge: string;
  /** Over `loginText`. */
  readonly signature: Bytes;
  /** Where the client has sent this: `http://host:port`. */
  readonly origin: string;
}

export interface OpenedSession {
  readonly token: string;
  readonly principal: Principal;
}

export class KeyLogin {
  readonly #challenges: Challenges;
  readonly #sessions: Sessions;
  readonly #isKnown: KeyLoginOptions['isKnown'];

  constructor({ isKnown, ...options }: KeyLoginOptions) {
    this.#challenges = new Challenges(options.nowMs);
    this.#sessions = new Sessions(options);
    this.#isKnown = isKnown;
  }

  challenge(publicKey: Bytes): string {
    return this.#challenges.make(publicKey);
  }

  /** Throws `CHALLENGE_INVALID`, `SIGNATURE_INVALID` or `OVERLOADED`. */
  async open({ publicKey, challenge, signature, origin }: KeyProof): Promise<OpenedSession> {
    this.#challenges.mustBeGood(challenge, publicKey);
    if (!(await isSigned(publicKey, loginText(origin, challenge), signature))) {
      throw new Failure('SIGNATURE_INVALID', 'signature', `it is not by this key, over this challenge and ${origin}`);
    }
    this.#challenges.take(challenge, publicKey);
    const principal = principalOfKey(publicKey);
    return { token: this.#sessions.open(principal, this.#isKnown(principal) ? 'known' : 'stranger'), principal };
  }

  principalOf(token: string): Principal | undefined {
    return this.#sessions.principalOf(token);
  }
}

/** What is signed: as text in UTF-8. */
export function loginText(origin: string, challenge: string): string {
  return `jitos-login/1\n${origin}\n${challenge}\n`;
}

const verifyElsewhere = promisify(verify);

/** Off the thread that answers requests. */
async function isSigned(publicKey: Bytes, text: string, signature: Bytes): Promise<boolean> {
  const der = Buffer.concat([PUBLIC_PREFIX, Buffer.from(publicKey, 'latin1')]);
  const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
  return await verifyElsewhere(null, Buffer.from(text), key, Buffer.from(signature, 'latin1'));
}

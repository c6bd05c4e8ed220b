/** Signing C2SP notes (c2sp.org/signed-note) with Ed25519 by OpenSSL, and the keys that check them. */
import { createPrivateKey, createPublicKey, hkdfSync, sign, verify } from 'node:crypto';
import { bytesFrom } from '@jitos/kernel';
import {
  keyIdOf,
  parsePublicKey as parseKey,
  publicKeyText,
  type NoteVerifier,
  type ProofCrypto,
} from '@jitos/kernel/verify';
import { sha256 } from '../sha256.ts';

export const SEED_SIZE_BYTES = 32;
const SECRET_SIZE_BYTES = 32;
/** DER in front of an Ed25519 key's 32 bytes (RFC 8410). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
export const PUBLIC_PREFIX: Buffer = Buffer.from('302a300506032b6570032100', 'hex');

/** Checks proofs by OpenSSL. */
export const NODE_CRYPTO: ProofCrypto = {
  sha256,
  verifyEd25519: (publicKey, message, signature) => {
    const der = Buffer.concat([PUBLIC_PREFIX, Buffer.from(publicKey, 'latin1')]);
    const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verify(null, Buffer.from(message, 'latin1'), key, Buffer.from(signature, 'latin1'));
  },
};

/** Signs notes under one name. */
export interface NoteSigner {
  /** Of visible ASCII without `+`. */
  readonly name: string;
  /** The public key in its text form. */
  readonly publicKey: string;
  /** The note; its text ends with a line feed. */
  sign(text: string): string;
  /** 32 bytes that nobody without the key can tell, others for each purpose. */
  secretFor(purpose: string): Buffer;
}

/** `seed` is the private key's 32 bytes. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const der = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const raw = bytesFrom(der.subarray(PUBLIC_PREFIX.length));
  const keyId = Buffer.from(keyIdOf(name, raw, NODE_CRYPTO), 'latin1');
  return {
    name,
    publicKey: publicKeyText(name, raw, NODE_CRYPTO),
    sign: (text) => {
      const signature = Buffer.concat([keyId, sign(null, Buffer.from(text), privateKey)]);
      return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`;
    },
    secretFor: (purpose) => Buffer.from(hkdfSync('sha256', seed, name, `jitos ${purpose}`, SECRET_SIZE_BYTES)),
  };
}

/** Reads a public key; undefined if it is none. */
export function parsePublicKey(text: string): NoteVerifier | undefined {
  return parseKey(text, NODE_CRYPTO);
}

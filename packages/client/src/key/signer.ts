/** Ed25519 keys at hand: 32 bytes of seed, as OpenSSL and the daemon keep them. */
import { getPublicKey, hashes, sign } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesFrom, bytesToHex } from '@jitos/kernel/verify';
import type { Signer } from '../transport/credentials.ts';

/** Keeps the seed for as long as the signer is kept. Throws for what has not 32 bytes. */
export function signerOf(seed: Uint8Array): Signer {
  hashes.sha512 = sha512;
  const secret = Uint8Array.from(seed);
  return {
    publicKey: bytesToHex(bytesFrom(getPublicKey(secret))),
    sign: (message) => {
      hashes.sha512 = sha512;
      return sign(message, secret);
    },
  };
}

/** 32 bytes that nobody can guess: to be kept as a secret. */
export function newSeed(): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(32));
}

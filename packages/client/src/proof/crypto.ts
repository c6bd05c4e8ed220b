/** SHA-256 and Ed25519 in JavaScript, as the kernel takes them to check a proof. */
import { hashes, verify } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { bytesToArray, type ProofCrypto } from '@jitos/kernel/verify';
import { sha256 } from '../wire/sha256.ts';

export const PROOF_CRYPTO: ProofCrypto = {
  sha256,
  verifyEd25519: (publicKey, message, signature) => {
    hashes.sha512 = sha512;
    // As RFC 8032 has it, which is what OpenSSL checks.
    return verify(bytesToArray(signature), bytesToArray(message), bytesToArray(publicKey), { zip215: false });
  },
};

/** SHA-256 in JavaScript, as the kernel takes it: WebCrypto's is asynchronous. */
import { bytesFrom, bytesToArray, hexToDigest, bytesToHex, type Sha256 } from '@jitos/kernel/verify';
import { sha256 as hash } from '@noble/hashes/sha2.js';

export const sha256: Sha256 = (bytes) => {
  const digest = hash(typeof bytes === 'string' ? bytesToArray(bytes) : bytes);
  return hexToDigest(bytesToHex(bytesFrom(digest)))!; // it has 32 bytes
};

/** SHA-256 by OpenSSL, in the two forms that the kernel's port takes. */
import { hash } from 'node:crypto';
import type { Sha256, Digest } from '@jitos/kernel';

/** Longer byte strings than this are rare: they get a buffer of their own. */
const SCRATCH_SIZE_BYTES = 65_536;
const scratch = Buffer.alloc(SCRATCH_SIZE_BYTES);

/** A digest comes out as a latin1 string, which costs a quarter of what a `Buffer` does (Node 24). */
export const sha256: Sha256 = (bytes) => {
  if (typeof bytes !== 'string') return hash('sha256', bytes, 'latin1') as Digest; // 32 bytes, one a character
  if (bytes.length > SCRATCH_SIZE_BYTES) return hash('sha256', Buffer.from(bytes, 'latin1'), 'latin1') as Digest; // likewise
  const size = scratch.latin1Write(bytes, 0);
  return hash('sha256', scratch.subarray(0, size), 'latin1') as Digest; // likewise
};

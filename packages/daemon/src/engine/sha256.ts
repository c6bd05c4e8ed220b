/** SHA-256 by OpenSSL, in the two forms that the kernel's port takes. */
import { hash } from 'node:crypto';
import type { Digest, Sha256 } from '@jitos/kernel';

/** Longer byte strings than this are rare: they get a buffer of their own. */
const SCRATCH_SIZE_BYTES = 65_536;
const scratch = Buffer.allocUnsafeSlow(SCRATCH_SIZE_BYTES);

/** Views of the scratch buffer's start by their length: to make one costs a tenth of hashing it. */
const VIEW_SIZE_BYTES_MAX = 1024;
const views = Array.from({ length: VIEW_SIZE_BYTES_MAX + 1 }, (_, length) => scratch.subarray(0, length));

export const sha256: Sha256 = (bytes) => {
  if (typeof bytes !== 'string') return hashArray(bytes);
  if (bytes.length > SCRATCH_SIZE_BYTES) return hashArray(Buffer.from(bytes, 'latin1'));
  const length = scratch.write(bytes, 0, 'latin1');
  return hashArray(views[length] ?? scratch.subarray(0, length));
};

/** Out as a string of one character a byte ('binary' is latin1), which costs a quarter of what a `Buffer` does. */
function hashArray(bytes: Uint8Array): Digest {
  return hash('sha256', bytes, 'binary') as Digest; // 32 bytes, one a character
}

/**
 * Principals: whom a command is of.
 *
 * `key:` and 64 characters of lowercase hex is an Ed25519 public key, which may do what it was granted. Any other name is one that
 * the edge itself vouches for, such as `local`, and may do everything.
 */
import { bytesToHex, hexToBytes, type Bytes } from '../bytes/byte-string.ts';

/** Of Ed25519. */
export const PUBLIC_KEY_SIZE = 32;

const PREFIX = 'key:';
const PRINCIPAL_LENGTH = PREFIX.length + PUBLIC_KEY_SIZE * 2;

/** The principal that has this public key: 32 bytes. */
export function keyPrincipal(publicKey: Bytes): string {
  return PREFIX + bytesToHex(publicKey);
}

/** The public key that the principal is; null where the edge vouches for it. */
export function keyOfPrincipal(principal: string): Bytes | null {
  if (principal.length !== PRINCIPAL_LENGTH || !principal.startsWith(PREFIX)) return null;
  return hexToBytes(principal.slice(PREFIX.length)) ?? null;
}

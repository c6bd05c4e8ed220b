/** The two functions that checking a proof takes, from whoever checks: the kernel imports none. */
import type { Bytes } from '../bytes/byte-string.ts';
import type { Sha256 } from '../bytes/digest.ts';

export interface ProofCrypto {
  readonly sha256: Sha256;
  /** Whether the 64 bytes are the signature of the message by the key of 32 bytes (RFC 8032). Never throws. */
  readonly verifyEd25519: (publicKey: Bytes, message: Bytes, signature: Bytes) => boolean;
}

/** Who commands come from. */
import { keyPrincipal, type Bytes } from '@jitos/kernel';

declare const isVouchedFor: unique symbol;

/** The name of who asks, as the edge has found it out: never a name that a request brought along. */
export type Principal = string & { readonly [isVouchedFor]: true };

/** Whoever holds the data folder, and with it every right. */
export const LOCAL_PRINCIPAL = 'local' as Principal; // holding the folder is what vouches for it

/** Whoever has shown that they have the private key of this public one: 32 bytes of Ed25519. */
export function principalOfKey(publicKey: Bytes): Principal {
  return keyPrincipal(publicKey) as Principal; // the caller has checked a signature
}

/** Who asks: nobody in particular, whoever has a token, or a key that shows itself for one. */
export interface Credentials {
  /** What `Authorization` says; undefined: nothing. */
  authorization(): Promise<string | undefined>;
  /** After the daemon has refused what was said: whether something else can be said now. */
  renew(refused: string | undefined): boolean;
}

export function tokenCredentials(token: string | undefined): Credentials {
  const authorization = Promise.resolve(token === undefined ? undefined : `Bearer ${token}`);
  return { authorization: () => authorization, renew: () => false };
}

/** An Ed25519 key that signs: one that is at hand (`signerOf`), or one that is kept elsewhere. */
export interface Signer {
  /** 64 characters of lowercase hex. */
  readonly publicKey: string;
  /** The signature's 64 bytes. */
  sign(message: Uint8Array): Uint8Array | Promise<Uint8Array>;
}

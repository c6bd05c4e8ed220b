/** Why a file proves nothing. */
export class ProofRefused extends Error {
  override readonly name = 'ProofRefused';
}

/** A tree head is not signed with the key that was given; it may be with one that came after. */
export class SignatureRefused extends ProofRefused {
  constructor() {
    super('a tree head does not carry the signature of this key');
  }
}

export function refuse(why: string): never {
  throw new ProofRefused(why);
}

/** Why a file proves nothing. */
export class ProofRefused extends Error {
  override readonly name = 'ProofRefused';
}

export function refuse(why: string): never {
  throw new ProofRefused(why);
}

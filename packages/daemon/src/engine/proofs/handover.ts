/** Making handovers: how a world's key vouches for the next one (`docs/spec/proofs.md`). */
import { openTreeHead, proofText, type InclusionProof } from '@jitos/kernel/verify';
import { parsePublicKey, type NoteSigner } from './signed-note.ts';
import { signTreeHead } from './tree-head.ts';

/** The proof of a change's event, of just so many events, as the key before signs it; `signer` has signed it so far. */
export function handoverText(proof: InclusionProof, signer: NoteSigner, before: NoteSigner): string {
  const verifier = parsePublicKey(signer.publicKey)!; // a signer's own
  const head = openTreeHead(proof.treeHead, verifier);
  if (head === undefined) throw new Error('the proof is not of the key that is said to have signed it');
  return proofText({ ...proof, treeHead: signTreeHead(head.size, head.head, before) });
}

/** Signing tree heads (`docs/spec/proofs.md`). */
import type { Digest } from '@jitos/kernel';
import { treeHeadText } from '@jitos/kernel/verify';
import type { NoteSigner } from './signed-note.ts';

/** The note of a head; signing takes some 50 µs. */
export function signTreeHead(size: number, head: Digest, signer: NoteSigner): string {
  return signer.sign(treeHeadText({ origin: signer.name, size, head }));
}

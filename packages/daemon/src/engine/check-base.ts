/** Whether the base of an archived history is bound to it: by the proof of its checkpoint's event under a signed tree head. */
import { leafHash } from '@jitos/kernel';
import { bytesFromBase64, type InclusionProof, ProofRefused, verifyProofText } from '@jitos/kernel/verify';
import type { BaseManifest } from '../logs/file/base-files.ts';
import type { Log } from '../ports/log.ts';
import { readEvent } from './history-reader.ts';
import { parsePublicKey } from './proofs/signed-note.ts';
import { sha256 } from './sha256.ts';

/** Why it is not; undefined if it is. The event is read from the log, which must hold it. */
export async function findBaseProofFault(log: Pick<Log, 'batches'>, base: BaseManifest): Promise<string | undefined> {
  const verifier = parsePublicKey(base.publicKey);
  if (verifier === undefined) return 'the public key in it is none';
  try {
    const proved = verifyProofText(base.proof, verifier);
    if (proved.kind !== 'inclusion' || proved.idx !== base.checkpointIdx) return 'its proof is of another event';
    const { header } = JSON.parse(base.proof) as InclusionProof; // it was one just now
    const { event, leaf } = await readEvent(log, base.checkpointIdx);
    const isSame = leafHash(bytesFromBase64(header)!, sha256) === leaf; // it was base64 just now
    return isSame && event.kind === 'CHECKPOINT' ? undefined : 'its proof is not of the checkpoint in the log';
  } catch (error) {
    if (error instanceof ProofRefused) return `its proof does not hold: ${error.message}`;
    throw error;
  }
}

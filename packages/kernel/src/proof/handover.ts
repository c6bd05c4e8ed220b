/**
 * Handovers, read: how a world's key vouches for the next one (`docs/spec/proofs.md`). Each is the inclusion proof of a
 * `SIGNING_KEY_CHANGED`, under the last tree head that the key before signed: of the events up to that one.
 *
 * Whoever trusts the first key follows them, one after another, to the key that signs now.
 */
import { bytesFromBase64 } from '../bytes/base64.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalError } from '../bytes/canonical-reader.ts';
import type { Sha256 } from '../bytes/digest.ts';
import { BodyMismatch, decodeEvent } from '../history/event-codec.ts';
import type { Event } from '../history/event.ts';
import { verifyProofText, type InclusionProof } from './proof-file.ts';
import { ProofRefused } from './proof-refused.ts';
import { parsePublicKey, publicKeyText, type NoteVerifier } from './signed-note.ts';

/** That the event `idx` names the key with which heads of more events are checked. */
export interface Handover {
  readonly idx: number;
  /** As a line of text. */
  readonly publicKey: string;
}

/** What a change's event has for a body: no item. */
const EMPTY_BODY = '\u0080' as Bytes; // one byte

/** Checks one under the key before. Throws `ProofRefused`. */
export function verifyHandover(text: string, before: NoteVerifier): Handover {
  const proved = verifyProofText(text, before);
  if (proved.kind !== 'inclusion') throw new ProofRefused('it proves no change of keys');
  const { idx, treeHead } = proved;
  if (treeHead.size !== idx + 1) throw new ProofRefused('its tree head is not the one that ends with the change');
  const { header } = JSON.parse(text) as InclusionProof; // it was one just now
  const event = readHeader(bytesFromBase64(header)!, before.crypto.sha256); // likewise
  if (event?.kind !== 'SIGNING_KEY_CHANGED' || event.idx !== idx) throw new ProofRefused('the event changes no key');
  if (event.origin !== before.name) throw new ProofRefused('the new key is of another origin');
  return { idx, publicKey: publicKeyText(event.origin, event.publicKey, before.crypto) };
}

/** The proofs in a file that holds one a line. */
export function splitHandovers(text: string): readonly string[] {
  return text === '' ? [] : text.split(/(?<=\n)/);
}

/** Follows handovers, oldest first, from a key that is trusted to the last one. Throws `ProofRefused`. */
export function followHandovers(
  texts: readonly string[],
  first: NoteVerifier,
): { readonly handovers: readonly Handover[]; readonly last: NoteVerifier } {
  const handovers: Handover[] = [];
  let last = first;
  for (const text of texts) {
    const handover = verifyHandover(text, last);
    const next = parsePublicKey(handover.publicKey, first.crypto);
    if (next === undefined) throw new ProofRefused('the new key is none');
    handovers.push(handover);
    last = next;
  }
  return { handovers, last };
}

function readHeader(header: Bytes, sha256: Sha256): Event | undefined {
  try {
    return decodeEvent(header, EMPTY_BODY, sha256).event;
  } catch (error) {
    if (error instanceof CanonicalError || error instanceof BodyMismatch) return undefined;
    throw error;
  }
}

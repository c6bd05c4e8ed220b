/**
 * Checking proofs (`docs/spec/proofs.md`) with nothing but a world's public key: no daemon, no network, no trust in who
 * handed the proof on.
 */
import { digestToHex } from '@jitos/kernel/verify';
import {
  followHandovers,
  parsePublicKey,
  ProofRefused,
  proofText,
  verifyProofText,
  type Proof,
  type Proved,
  type TreeHead,
} from '@jitos/kernel/verify';
import type { Json } from '../wire/operation.ts';
import type { ViewName } from '../world/view-name.ts';
import { PROOF_CRYPTO } from './crypto.ts';

/** A signed statement of how long a history is, and the head of the tree over it. */
export interface ProvenHead {
  /** Whose history, as its key's name says. */
  readonly origin: string;
  readonly eventCount: number;
  /** In hex. */
  readonly head: string;
}

/** What a proof that holds has shown. */
export type Proven =
  /** The event is in the history. */
  | { readonly kind: 'inclusion'; readonly eventIdx: number; readonly treeHead: ProvenHead }
  /** The longer history continues the shorter one. */
  | { readonly kind: 'consistency'; readonly oldTreeHead: ProvenHead; readonly treeHead: ProvenHead }
  /** After the event the view held the element with this value, or, where that is null, did not hold it. */
  | {
      readonly kind: 'node' | 'edge';
      readonly id: string;
      readonly view: ViewName;
      readonly eventIdx: number;
      readonly found: { readonly kind: string; readonly valueDigest: string } | null;
      readonly treeHead: ProvenHead;
    };

/** A proof file's text, or what GraphQL has as `proof`. */
export type ProofFile = string | Json;

/**
 * Throws `ProofRefused` unless the proof holds under the world's public key, a line as `world.pub` has it. Where the key was changed since
 * it was got, `handovers` lead from it to the one that signs: the `proof` of each, oldest first.
 */
export function verifyProof(
  proof: ProofFile,
  publicKey: string,
  { handovers = [] }: { readonly handovers?: readonly string[] } = {},
): Proven {
  const first = parsePublicKey(publicKey.trimEnd(), PROOF_CRYPTO);
  if (first === undefined) throw new ProofRefused('the public key is none');
  const text = typeof proof === 'string' ? proof : proofText(proof as unknown as Proof); // whatever it is, it is checked now
  return provenOf(verifyProofText(text, followHandovers(handovers, first).last));
}

function provenOf(proved: Proved): Proven {
  const treeHead = headOf(proved.treeHead);
  if (proved.kind === 'inclusion') return { kind: proved.kind, eventIdx: proved.idx, treeHead };
  if (proved.kind === 'consistency') return { kind: proved.kind, oldTreeHead: headOf(proved.oldTreeHead), treeHead };
  const { kind, id, view, idx, found } = proved;
  const value = found && { kind: found.elementKind, valueDigest: digestToHex(found.valueDigest) };
  return { kind, id: digestToHex(id), view, eventIdx: idx, found: value, treeHead };
}

function headOf({ origin, size, head }: TreeHead): ProvenHead {
  return { origin, eventCount: size, head: digestToHex(head) };
}

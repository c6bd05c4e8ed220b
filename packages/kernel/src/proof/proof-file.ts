/**
 * Proofs as files (`docs/spec/proofs.md`): what they look like, and checking them with nothing but the world's public key.
 *
 * A file is one line of JSON with exactly these fields in this order. Any other spelling of the same proof is refused, so
 * that no changed byte goes unnoticed.
 */
import { bytesFromBase64 } from '../bytes/base64.ts';
import { hexToDigest, type Digest } from '../bytes/digest.ts';
import { utf8Size } from '../bytes/utf8.ts';
import { leafHash } from '../history/tree.ts';
import { verifyConsistency, verifyInclusion } from '../history/tree-proof.ts';
import {
  ELEMENT_PROOF_REST_SIZE_BYTES_MAX,
  ELEMENT_PROOF_SIZE_BYTES_MAX,
  isChecked,
  isTexts,
  readElementProof,
  verifyElementClaim,
  type ElementProof,
  type ProvedElement,
} from './element-proof-file.ts';
import { refuse, SignatureRefused } from './proof-refused.ts';
import type { ProofCrypto } from './proof-crypto.ts';
import type { NoteVerifier } from './signed-note.ts';
import { openTreeHead, type TreeHead } from './tree-head.ts';

export const PROOF_FORMAT = 'jitos-proof/1';
/** No file is longer. */
export const PROOF_SIZE_BYTES_MAX: number = ELEMENT_PROOF_SIZE_BYTES_MAX;
/** A header of 4 KiB, 53 hashes and two notes are far below. */
const HISTORY_PROOF_SIZE_BYTES_MAX = 65_535;

/** That an event is in the history that a tree head is of. */
export interface InclusionProof {
  readonly format: typeof PROOF_FORMAT;
  readonly kind: 'inclusion';
  readonly idx: number;
  /** The event's header in base64. */
  readonly header: string;
  /** Hashes in hex, lowest first. */
  readonly path: readonly string[];
  /** A signed note. */
  readonly treeHead: string;
}

/** That a history continues a shorter one. */
export interface ConsistencyProof {
  readonly format: typeof PROOF_FORMAT;
  readonly kind: 'consistency';
  readonly oldTreeHead: string;
  readonly path: readonly string[];
  readonly treeHead: string;
}

export type Proof = InclusionProof | ConsistencyProof | ElementProof;

/** What a proof that holds has proved. */
export type Proved =
  | { readonly kind: 'inclusion'; readonly idx: number; readonly treeHead: TreeHead }
  | { readonly kind: 'consistency'; readonly oldTreeHead: TreeHead; readonly treeHead: TreeHead }
  | (ProvedElement & { readonly treeHead: TreeHead });

/** The file's text. */
export function proofText(proof: Proof): string {
  return `${JSON.stringify(proof)}\n`;
}

/** Checks a file. Throws `ProofRefused`. */
export function verifyProofText(text: string, verifier: NoteVerifier): Proved {
  const size = text.length > PROOF_SIZE_BYTES_MAX ? text.length : utf8Size(text);
  if (size > sizeMaxOf(text)) refuse('it is longer than a proof of its kind can be');
  const { crypto } = verifier;
  const proof = parseProof(text, crypto);
  const treeHead = mustOpen(proof.treeHead, verifier);
  const path = proof.path.map((hex) => hexToDigest(hex) ?? refuse('a hash of the path is not 64 characters of hex'));
  if (proof.kind === 'consistency') return verifyConsistencyProof(proof, path, treeHead, verifier);
  verifyEvent(proof, path, treeHead, crypto);
  if (proof.kind === 'inclusion') return { kind: proof.kind, idx: proof.idx, treeHead };
  return { ...verifyElementClaim(proof, crypto), treeHead };
}

/** How long the text may be: known before any of it is read as JSON, which takes many times its length. */
function sizeMaxOf(text: string): number {
  if (!/^\{"format":"jitos-proof\/1","kind":"(?:node|edge)"/.test(text)) return HISTORY_PROOF_SIZE_BYTES_MAX;
  const [beforeValue] = /^[^[\]]{1,200}?,"value":"/.exec(text) ?? [];
  const valueEnd = beforeValue === undefined ? -1 : text.indexOf('"', beforeValue.length);
  const valueLength = valueEnd < 0 ? 0 : valueEnd - (beforeValue?.length ?? 0);
  return Math.min(ELEMENT_PROOF_SIZE_BYTES_MAX, ELEMENT_PROOF_REST_SIZE_BYTES_MAX + valueLength);
}

/** That the header is that of the event. */
function verifyEvent(
  proof: InclusionProof | ElementProof,
  path: readonly Digest[],
  treeHead: TreeHead,
  { sha256 }: ProofCrypto,
): void {
  const header = bytesFromBase64(proof.header) ?? refuse('the header is not base64');
  const statement = { index: proof.idx, leaf: leafHash(header, sha256), ...treeHead };
  if (!verifyInclusion(statement, path, sha256)) refuse('the path does not lead from the event to the tree head');
}

function verifyConsistencyProof(
  proof: ConsistencyProof,
  path: readonly Digest[],
  treeHead: TreeHead,
  verifier: NoteVerifier,
): Proved {
  const oldTreeHead = mustOpen(proof.oldTreeHead, verifier);
  const statement = { oldSize: oldTreeHead.size, oldHead: oldTreeHead.head, ...treeHead };
  if (!verifyConsistency(statement, path, verifier.crypto.sha256))
    refuse('the path does not lead from the old tree head to the new one');
  return { kind: 'consistency', oldTreeHead, treeHead };
}

function mustOpen(note: string, verifier: NoteVerifier): TreeHead {
  const treeHead = openTreeHead(note, verifier);
  if (treeHead === undefined) throw new SignatureRefused();
  return treeHead;
}

function parseProof(text: string, crypto: ProofCrypto): Proof {
  const proof = proofOf(parseJson(text));
  // Whatever else the text says, or says in another way, is not in what was read.
  if (proofText(proof) !== text) refuse('it is not spelled as a proof is: one line of JSON, its fields in their order');
  if ('check' in proof && !isChecked(text, proof, crypto)) refuse('its check is not that of its other bytes');
  return proof;
}

function parseJson(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    refuse('it is not JSON');
  }
  if (typeof value !== 'object' || value === null) refuse('it is not a JSON object');
  return value as Readonly<Record<string, unknown>>; // an object, of which nothing is believed yet
}

function proofOf(value: Readonly<Record<string, unknown>>): Proof {
  const { format, kind, idx, header, oldTreeHead, path, treeHead } = value;
  if (format !== PROOF_FORMAT) refuse(`its format is not ${PROOF_FORMAT}`);
  if (!isTexts(path) || typeof treeHead !== 'string') refuse('it lacks a path or a tree head');
  if (kind === 'inclusion' && typeof idx === 'number' && typeof header === 'string') {
    return { format, kind, idx, header, path, treeHead };
  }
  if (kind === 'consistency' && typeof oldTreeHead === 'string') return { format, kind, oldTreeHead, path, treeHead };
  return readElementProof(value) ?? refuse('it has not the fields of any kind of proof');
}

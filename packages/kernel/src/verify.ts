/**
 * What whoever has none of a world's files needs in order to check what it is told, and to name elements: ids, digests,
 * proofs. Never imported from inside.
 */
export { bytesFromBase64, bytesToBase64 } from './bytes/base64.ts';
export { bytesFrom, bytesToArray, bytesToHex, hexToBytes, type Bytes } from './bytes/byte-string.ts';
export { digestToHex, hexToDigest, type Digest, type Sha256 } from './bytes/digest.ts';
export { utf8Bytes } from './bytes/utf8.ts';
export { contentNode, edgeId, keyedNodeId, type ElementId, type ElementType } from './graph/element.ts';
export { verifyMembership, type MembershipProof, type MembershipStatement } from './graph/membership.ts';
export { trieVerify, type TrieProof, type TrieStatement } from './trie/proof.ts';
export {
  verifyConsistency,
  verifyInclusion,
  type ConsistencyStatement,
  type InclusionStatement,
} from './history/tree-proof.ts';
export { innerHash, leafHash } from './history/tree.ts';
export { grantId, linkBytes, termsProblem, VERBS, type GrantTerms, type Verb } from './grant/grant.ts';
export type { ProofCrypto } from './proof/proof-crypto.ts';
export { ProofRefused, SignatureRefused } from './proof/proof-refused.ts';
export { keyIdOf, openNote, parsePublicKey, publicKeyText, type NoteVerifier } from './proof/signed-note.ts';
export { openTreeHead, treeHeadText, type TreeHead } from './proof/tree-head.ts';
export {
  elementProof,
  ELEMENT_PROOF_REST_SIZE_BYTES_MAX,
  ELEMENT_PROOF_SIZE_BYTES_MAX,
  type ElementProof,
  type ProvedElement,
} from './proof/element-proof-file.ts';
export {
  PROOF_FORMAT,
  PROOF_SIZE_BYTES_MAX,
  proofText,
  verifyProofText,
  type ConsistencyProof,
  type InclusionProof,
  type Proof,
  type Proved,
} from './proof/proof-file.ts';
export { followHandovers, splitHandovers, verifyHandover, type Handover } from './proof/handover.ts';

/**
 * Proofs that a graph holds an element with a certain value, or no such element: a proof of its table, and the parts of
 * the graph digest that it leads to.
 *
 * As with the trie's proofs, the verifier takes everything that is claimed from the statement. By itself this proves
 * nothing of a world: that takes an event whose header records the graph digest, in a history with a signed head.
 */
import { isBytes } from '../bytes/byte-string.ts';
import { DIGEST_SIZE, taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { trieDigest } from '../trie/digest.ts';
import { trieProve, trieVerify, type TrieProof } from '../trie/proof.ts';
import { edgeValueDigest, nodeValueDigest, type ElementId, type ElementType } from './element.ts';
import type { Graph } from './graph.ts';

/** What is claimed of a graph: `id` stands for an element with this value digest, or for none (null). */
export interface MembershipStatement {
  readonly graphDigest: Digest;
  readonly element: ElementType;
  readonly id: ElementId;
  readonly valueDigest: Digest | null;
}

export interface MembershipProof {
  readonly nodesRoot: Digest;
  readonly edgesRoot: Digest;
  readonly rulePackId: Digest;
  /** In the element's table. */
  readonly steps: TrieProof;
}

/** Takes missing digests on the way; O(log n) where the graph's digest has been taken. */
export function proveMembership(
  { nodes, edges }: Graph,
  rulePackId: Digest,
  { element, id }: Pick<MembershipStatement, 'element' | 'id'>,
  sha256: Sha256,
): MembershipProof {
  return {
    nodesRoot: trieDigest(nodes, nodeValueDigest, sha256),
    edgesRoot: trieDigest(edges, edgeValueDigest, sha256),
    rulePackId,
    steps:
      element === 'node'
        ? trieProve(nodes, id, nodeValueDigest, sha256)
        : trieProve(edges, id, edgeValueDigest, sha256),
  };
}

/** True if the proof shows the statement. Never throws, whatever the proof holds. O(size of the proof). */
export function verifyMembership(statement: MembershipStatement, proof: MembershipProof, sha256: Sha256): boolean {
  const { graphDigest, element, id, valueDigest } = statement;
  const { nodesRoot, edgesRoot, rulePackId, steps } = proof;
  if (![id, nodesRoot, edgesRoot, rulePackId].every(isDigest)) return false;
  if (taggedHash('graph', nodesRoot + edgesRoot + rulePackId, sha256) !== graphDigest) return false;
  const root = element === 'node' ? nodesRoot : edgesRoot;
  return trieVerify({ root, key: id, valueDigest }, steps, sha256);
}

function isDigest(bytes: string): boolean {
  return bytes.length === DIGEST_SIZE && isBytes(bytes);
}

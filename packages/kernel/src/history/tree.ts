/**
 * The RFC 6962 Merkle tree over the event headers, as its right edge only: the roots of the complete subtrees, widest
 * first, one a set bit of the size. Appending and asking for the head cost O(log n); memory is at most 53 digests.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest, Sha256 } from '../bytes/digest.ts';

export interface HistoryTree {
  readonly size: number;
  /** Roots of the complete subtrees, widest first; as many as `size` has set bits. */
  readonly edge: readonly Digest[];
}

export const EMPTY_TREE: HistoryTree = { size: 0, edge: [] };

/** `SHA-256(0x00 ‖ header)` (RFC 6962 §2.1). */
export function leafHash(header: Bytes, sha256: Sha256): Digest {
  return sha256(('\u0000' + header) as Bytes); // a byte before bytes
}

/** `SHA-256(0x01 ‖ left ‖ right)` (RFC 6962 §2.1). */
export function innerHash(left: Digest, right: Digest, sha256: Sha256): Digest {
  return sha256(('\u0001' + left + right) as Bytes); // a byte before bytes
}

/** The tree with one more leaf. */
export function appendLeaf(tree: HistoryTree, leaf: Digest, sha256: Sha256): HistoryTree {
  const edge = tree.edge.slice();
  let node = leaf;
  for (let rest = tree.size; rest % 2 === 1; rest = Math.floor(rest / 2)) node = innerHash(edge.pop()!, node, sha256);
  edge.push(node);
  return { size: tree.size + 1, edge };
}

/** The Merkle tree head: of nothing, the hash of no bytes. */
export function treeHead(tree: HistoryTree, sha256: Sha256): Digest {
  if (tree.size === 0) return sha256('' as Bytes); // no bytes
  let head = tree.edge.at(-1)!; // a tree that is not empty has an edge
  for (let i = tree.edge.length - 2; i >= 0; i--) head = innerHash(tree.edge[i]!, head, sha256);
  return head;
}

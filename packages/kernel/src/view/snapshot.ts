/**
 * Snapshots: a graph at one moment, with the digest of its contents and the id that binds its lineage.
 *
 *     snapshotId = H("snapshot") over parentSnapshotId ‖ digest                 (32 zero bytes for the first)
 *                  H("snapshot/collapse") over systemSnapshotId ‖ workspaceSnapshotId ‖ digest
 *
 * The id changes exactly when the digest does, and never comes back: two histories that reach equal contents have
 * equal digests and different snapshots, which is what saves compare-and-collapse from ABA.
 */
import { taggedHash, ZERO_DIGEST, type Digest, type Sha256 } from '../bytes/digest.ts';
import { EMPTY_GRAPH, graphDigest, type Graph } from '../graph/graph.ts';

export interface Snapshot {
  readonly graph: Graph;
  readonly digest: Digest;
  readonly id: Digest;
}

/** The snapshot that every world begins with. */
export function firstSnapshot(rulePackId: Digest, sha256: Sha256): Snapshot {
  const digest = graphDigest(EMPTY_GRAPH, rulePackId, sha256);
  return { graph: EMPTY_GRAPH, digest, id: taggedHash('snapshot', ZERO_DIGEST + digest, sha256) };
}

/** The snapshot after a rewrite: `parent` itself if the contents are what they were. */
export function nextSnapshot(parent: Snapshot, graph: Graph, rulePackId: Digest, sha256: Sha256): Snapshot {
  const digest = graphDigest(graph, rulePackId, sha256);
  if (digest === parent.digest) return parent;
  return { graph, digest, id: taggedHash('snapshot', parent.id + digest, sha256) };
}

/** System's snapshot after a collapse of `workspace` that led to `graph`. */
export function collapsedSnapshot(
  system: Snapshot,
  workspaceSnapshotId: Digest,
  graph: Graph,
  rulePackId: Digest,
  sha256: Sha256,
): Snapshot {
  const digest = graphDigest(graph, rulePackId, sha256);
  if (digest === system.digest) return system;
  return { graph, digest, id: taggedHash('snapshot/collapse', system.id + workspaceSnapshotId + digest, sha256) };
}

/**
 * Snapshots: a graph at one moment, with the digest of its contents and the id that binds its lineage.
 *
 *     snapshotId = H("snapshot") over parentSnapshotId ‖ digest                 (32 zero bytes for the first)
 *                  H("snapshot/collapse") over systemSnapshotId ‖ workspaceSnapshotId ‖ digest
 *                  H("snapshot/batch") over targetSnapshotId ‖ workspaceSnapshotId ‖ … ‖ digest
 *                  H("snapshot/rebase") over targetSnapshotId ‖ workspaceSnapshotId ‖ digest
 *
 * The id changes exactly when the digest does, and never comes back: two histories that reach equal contents have
 * equal digests and different snapshots, which is what saves compare-and-collapse from ABA.
 */
import { taggedHash, ZERO_DIGEST, type Digest, type Sha256 } from '../bytes/digest.ts';
import { EMPTY_GRAPH, graphDigest, type Graph } from '../graph/graph.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';

export interface Snapshot {
  /** The pack that the graph keeps to. */
  readonly rules: RulePack;
  readonly graph: Graph;
  readonly digest: Digest;
  readonly id: Digest;
}

/** The snapshot that every world begins with. */
export function firstSnapshot(rules: RulePack, sha256: Sha256): Snapshot {
  const digest = graphDigest(EMPTY_GRAPH, rules.id, sha256);
  return { rules, graph: EMPTY_GRAPH, digest, id: taggedHash('snapshot', ZERO_DIGEST + digest, sha256) };
}

/** The snapshot after a rewrite, under the same pack: `parent` itself if the contents are what they were. */
export function nextSnapshot(parent: Snapshot, graph: Graph, sha256: Sha256): Snapshot {
  const { rules } = parent;
  const digest = graphDigest(graph, rules.id, sha256);
  if (digest === parent.digest) return parent;
  return { rules, graph, digest, id: taggedHash('snapshot', parent.id + digest, sha256) };
}

/** The snapshot that follows on `parent` under another pack, which `graph` keeps to: never `parent` itself. */
export function snapshotUnder(parent: Snapshot, graph: Graph, rules: RulePack, sha256: Sha256): Snapshot {
  const digest = graphDigest(graph, rules.id, sha256);
  return { rules, graph, digest, id: taggedHash('snapshot', parent.id + digest, sha256) };
}

/** System's snapshot after a collapse that led to `graph`, which keeps to System's pack. */
export function collapsedSnapshot(
  system: Snapshot,
  workspaceSnapshotId: Digest,
  graph: Graph,
  sha256: Sha256,
): Snapshot {
  const { rules } = system;
  const digest = graphDigest(graph, rules.id, sha256);
  if (digest === system.digest) return system;
  return {
    rules,
    graph,
    digest,
    id: taggedHash('snapshot/collapse', system.id + workspaceSnapshotId + digest, sha256),
  };
}

/** The target's snapshot after a batch of collapses that led to `graph`; the ids are those of the heads it carried, in order. */
export function batchSnapshot(
  theirs: Snapshot,
  workspaceSnapshotIds: readonly Digest[],
  graph: Graph,
  sha256: Sha256,
): Snapshot {
  const { rules } = theirs;
  const digest = graphDigest(graph, rules.id, sha256);
  if (digest === theirs.digest) return theirs;
  const lineage = theirs.id + workspaceSnapshotIds.join('');
  return { rules, graph, digest, id: taggedHash('snapshot/batch', lineage + digest, sha256) };
}

/** The head of a workspace that was rebased onto `target`, which led to `graph`. Equal contents keep the id that they have. */
export function rebasedSnapshot(target: Snapshot, head: Snapshot, graph: Graph, sha256: Sha256): Snapshot {
  const { rules } = target;
  const digest = graphDigest(graph, rules.id, sha256);
  if (digest === head.digest) return { rules, graph, digest, id: head.id };
  if (digest === target.digest) return target;
  return { rules, graph, digest, id: taggedHash('snapshot/rebase', target.id + head.id + digest, sha256) };
}

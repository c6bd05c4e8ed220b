/**
 * Workspaces (SWS): a base snapshot and a head that was written freely, seen by nobody else.
 *
 * Base and head share every trie node that the workspace did not change, so a new one costs a small record.
 */
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import type { EncodedValue } from '../bytes/value.ts';
import type { Snapshot } from './snapshot.ts';

export interface Workspace {
  /** Counted from 0 in order of creation. */
  readonly number: number;
  /** idx of its `SWS_CREATED`. */
  readonly createdIdx: number;
  readonly base: Snapshot;
  /** How often System had moved when it was forked. */
  readonly baseSystemChanges: number;
  readonly head: Snapshot;
  readonly meta: EncodedValue | null;
}

export type WorkspaceEnd = 'COLLAPSED' | 'DISCARDED';

/** What is still known of a workspace that has ended. */
export interface EndedWorkspace {
  readonly number: number;
  /** idx of the event that ended it. */
  readonly endedIdx: number;
  readonly end: WorkspaceEnd;
  readonly parentSnapshotId: Digest;
  readonly meta: EncodedValue | null;
}

const writer = new CanonicalWriter();

export function workspaceDigest(workspace: Workspace, sha256: Sha256): Digest {
  const { number, createdIdx, base, baseSystemChanges, head, meta } = workspace;
  writer.reset();
  writer.array(8);
  writer.integer(number);
  writer.integer(createdIdx);
  writer.bytes(base.id);
  writer.bytes(base.digest);
  writer.integer(baseSystemChanges);
  writer.bytes(head.id);
  writer.bytes(head.digest);
  writer.bytesOrNull(meta);
  return taggedHash('workspace', writer.toBytes(), sha256);
}

export function endedWorkspaceDigest(ended: EndedWorkspace, sha256: Sha256): Digest {
  const { number, endedIdx, end, parentSnapshotId, meta } = ended;
  writer.reset();
  writer.array(5);
  writer.integer(number);
  writer.integer(endedIdx);
  writer.text(end);
  writer.bytes(parentSnapshotId);
  writer.bytesOrNull(meta);
  return taggedHash('workspace', writer.toBytes(), sha256);
}

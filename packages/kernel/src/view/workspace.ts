/**
 * Workspaces (SWS): a base snapshot and a head that was written freely, seen by nobody else.
 *
 * Base and head share every trie node that the workspace did not change, so a new one costs a small record.
 *
 * - W1 Base and head are under one rule pack, and keep to it.
 * - W2 An open workspace's parent is open, and has it among its children; one with children is not rebased.
 * - W3 What is expected of an element is the value that it has in the base; of what a parent expected, in the parent's base.
 * - W4 When a parent is discarded its forks take over what it had written when they were forked, and nothing of what came later.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import type { EncodedValue } from '../bytes/value.ts';
import type { ElementValue } from '../graph/element.ts';
import { elementValue } from '../graph/graph.ts';
import { trieDigest, trieDigestSteps } from '../trie/digest.ts';
import { emptyTrie, triePut, trieGet, type Trie } from '../trie/trie.ts';
import { trieEntries } from '../trie/walk.ts';
import type { Snapshot } from './snapshot.ts';

/** How much a workspace has written, and what it took to be so. */
export interface Written {
  /** How many ops were written since the base. */
  readonly opCount: number;
  /** What its rewrites expected of elements that were as in the base, by id: a collapse holds its target to it. */
  readonly expected: Trie<ElementValue>;
}

export interface Workspace extends Written {
  /** Counted from 0 in order of creation. */
  readonly number: number;
  /** idx of its `SWS_CREATED`. */
  readonly createdIdx: number;
  readonly base: Snapshot;
  /** The view that had the base as its head, a workspace that may have ended since; null: System. */
  readonly baseView: number | null;
  /** How often System had moved when the base was taken from it; of a fork, when its parent's was. */
  readonly baseSystemChanges: number;
  readonly head: Snapshot;
  readonly meta: EncodedValue | null;
  /** The workspace that it was forked from and collapses into; null: System. */
  readonly parent: number | null;
  /** The open workspaces whose parent it is, by number. An index: never hashed. */
  readonly children: Trie<number>;
  /** What leads from its parent's base to its own: what that had written when this one was forked or rebased; null: no parent. */
  readonly parentAtFork: Written | null;
  /** How many of its collapses were aborted since it was created or rebased. */
  readonly abortCount: number;
  /** The public key that created it, to which it is private; null: the operator's. */
  readonly owner: Bytes | null;
  /** The tick in which it was last created, written, rebased or collapsed while idle workspaces are discarded; null: not since. */
  readonly usedTick: number | null;
  /** The tick in which the base was taken, as `baseSystemChanges`, while bases grow old by ticks; null: not since. */
  readonly baseTick: number | null;
}

/** Of a new workspace. */
export const NO_CHILDREN: Trie<number> = emptyTrie();
export const NOTHING_EXPECTED: Trie<ElementValue> = emptyTrie();

/** `expected`, with what a rewrite found to be as it expected, where that is the base's own value (W3). The first one stays. */
export function withExpected(
  expected: Trie<ElementValue>,
  { graph }: Snapshot,
  met: readonly ElementValue[],
): Trie<ElementValue> {
  let next = expected;
  for (const value of met) {
    if (elementValue(graph, value.element, value.id) !== value.value) continue;
    if (trieGet(next, value.id) === undefined) next = triePut(next, value.id, value, null);
  }
  return next;
}

/**
 * Puts `first`, written on `base`, before what others wrote on top of it. O(what those expected); forks of one state share what
 * comes of it, as they shared what that expected.
 */
export function writtenOn(first: Written, base: Snapshot): (second: Written) => Written {
  const joined = new Map<Trie<ElementValue>, Trie<ElementValue>>();
  return ({ opCount, expected }) => {
    const met = (): ElementValue[] => trieEntries(expected).map(({ value }) => value);
    const both = joined.get(expected) ?? withExpected(first.expected, base, met());
    joined.set(expected, both);
    return { opCount: first.opCount + opCount, expected: both };
  };
}

/** What a fork, or a rebase, of a workspace that is its parent has to remember of that. */
export function writtenBy({ opCount, expected }: Workspace): Written {
  return { opCount, expected };
}

const writer = new CanonicalWriter();

function expectationDigest({ element, value }: ElementValue, sha256: Sha256): Digest {
  writer.reset();
  writer.array(2);
  writer.text(element);
  writer.bytesOrNull(value);
  return taggedHash('expectation', writer.toBytes(), sha256);
}

export type WorkspaceEnd = 'COLLAPSED' | 'DISCARDED';

/** What is still known of a workspace that has ended. */
export interface EndedWorkspace {
  readonly number: number;
  /** idx of the event that ended it. */
  readonly endedIdx: number;
  readonly end: WorkspaceEnd;
  /** As it was in the end. */
  readonly baseView: number | null;
  readonly parentSnapshotId: Digest;
  readonly meta: EncodedValue | null;
  readonly owner: Bytes | null;
}

/** Takes the digests that `workspaceDigest` needs in small steps (`trieDigestSteps`). */
export function* workspaceDigestSteps(
  { expected, parentAtFork }: Workspace,
  sha256: Sha256,
): Generator<void, void, undefined> {
  yield* trieDigestSteps(expected, expectationDigest, sha256);
  if (parentAtFork !== null) yield* trieDigestSteps(parentAtFork.expected, expectationDigest, sha256);
}

/** Whether it has nothing that came after the formats were frozen. */
export function isPlainWorkspace({
  owner,
  usedTick,
  baseTick,
}: Pick<Workspace, 'owner' | 'usedTick' | 'baseTick'>): boolean {
  return owner === null && usedTick === null && baseTick === null;
}

export function workspaceDigest(workspace: Workspace, sha256: Sha256): Digest {
  const { number, createdIdx, base, baseSystemChanges, head, meta, parentAtFork } = workspace;
  const expectedRoot = trieDigest(workspace.expected, expectationDigest, sha256);
  const parentRoot = parentAtFork && trieDigest(parentAtFork.expected, expectationDigest, sha256);
  const isPlain = isPlainWorkspace(workspace);
  writer.reset();
  writer.array(isPlain ? 15 : 18);
  writer.integer(number);
  writer.integer(createdIdx);
  writer.integerOrNull(workspace.baseView);
  writer.bytes(base.id);
  writer.bytes(base.digest);
  writer.integer(baseSystemChanges);
  writer.bytes(head.id);
  writer.bytes(head.digest);
  writer.bytesOrNull(meta);
  writer.integerOrNull(workspace.parent);
  writer.integer(workspace.abortCount);
  writer.integer(workspace.opCount);
  writer.bytes(expectedRoot);
  writer.integerOrNull(parentAtFork && parentAtFork.opCount);
  writer.bytesOrNull(parentRoot);
  if (!isPlain) {
    writer.bytesOrNull(workspace.owner);
    writer.integerOrNull(workspace.usedTick);
    writer.integerOrNull(workspace.baseTick);
  }
  return taggedHash('workspace', writer.toBytes(), sha256);
}

export function endedWorkspaceDigest(ended: EndedWorkspace, sha256: Sha256): Digest {
  const { number, endedIdx, end, baseView, parentSnapshotId, meta, owner } = ended;
  writer.reset();
  writer.array(owner === null ? 6 : 7);
  writer.integer(number);
  writer.integer(endedIdx);
  writer.text(end);
  writer.integerOrNull(baseView);
  writer.bytes(parentSnapshotId);
  writer.bytesOrNull(meta);
  if (owner !== null) writer.bytes(owner);
  return taggedHash('workspace', writer.toBytes(), sha256);
}

/**
 * The world: everything that its history implies, as one immutable value.
 *
 * Keeping an old world costs a pointer, so snapshots, speculation, roll-back after a failed append and background
 * checkpoints need no copying and no locks.
 */
import { CanonicalWriter } from './bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from './bytes/digest.ts';
import { numberToKey } from './bytes/number-key.ts';
import { edgeValueDigest, nodeValueDigest } from './graph/element.ts';
import { EMPTY_TREE, treeHead, type HistoryTree } from './history/tree.ts';
import { EMPTY_REQUEST_WINDOW, requestValueDigest, type RequestWindow } from './history/request-window.ts';
import { trieDigest, trieDigestSteps } from './trie/digest.ts';
import { emptyTrie, trieGet, trieRemove, type Trie } from './trie/trie.ts';
import { EMPTY_ENDED_WINDOW, rememberEnded, type EndedWindow } from './view/ended-window.ts';
import { firstSnapshot, type Snapshot } from './view/snapshot.ts';
import {
  endedWorkspaceDigest,
  workspaceDigest,
  type EndedWorkspace,
  type Workspace,
  type WorkspaceEnd,
} from './view/workspace.ts';

/** Version of everything that a world's history implies; a reader of another one refuses it. */
export const WORLD_FORMAT = 1;

/** How often System may move before a workspace must rebase. */
export const BASE_AGE_SYSTEM_CHANGES_MAX = 1_000_000;

export type CommitStatus = 'COMMITTED' | 'ABORTED';

export interface World {
  /** The tree over the headers; its size is the idx of the next event. */
  readonly history: HistoryTree;
  readonly rulePackId: Digest;
  readonly quantumMs: number;
  /** The rewriteIdx of the next event that has one. */
  readonly rewriteCount: number;
  readonly system: Snapshot;
  /** How often System has moved. */
  readonly systemChanges: number;
  /** Open workspaces, by number. */
  readonly workspaces: Trie<Workspace>;
  /** Workspaces ever created: the number of the next one. */
  readonly workspaceCount: number;
  readonly ended: EndedWindow;
  readonly requests: RequestWindow;
  /** How the last collapse went; committed before any. */
  readonly commitStatus: CommitStatus;
}

/** The id of the default rule pack: the canonical empty one, which allows everything. */
export function defaultRulePackId(sha256: Sha256): Digest {
  const writer = new CanonicalWriter();
  writer.map(0);
  return taggedHash('rulepack', writer.toBytes(), sha256);
}

/** A world before its first event. */
export function emptyWorld(rulePackId: Digest, quantumMs: number, sha256: Sha256): World {
  return {
    history: EMPTY_TREE,
    rulePackId,
    quantumMs,
    rewriteCount: 0,
    system: firstSnapshot(rulePackId, sha256),
    systemChanges: 0,
    workspaces: emptyTrie(),
    workspaceCount: 0,
    ended: EMPTY_ENDED_WINDOW,
    requests: EMPTY_REQUEST_WINDOW,
    commitStatus: 'COMMITTED',
  };
}

/** The open workspace with this number, or undefined. */
export function getWorkspace(world: World, number: number): Workspace | undefined {
  return trieGet(world.workspaces, numberToKey(number));
}

/** What is known of an ended workspace, or undefined. */
export function getEndedWorkspace(world: World, number: number): EndedWorkspace | undefined {
  return trieGet(world.ended.workspaces, numberToKey(number));
}

/** The world without an open workspace, which the next event ends. */
export function endWorkspace(world: World, workspace: Workspace, end: WorkspaceEnd): World {
  const { number, base, meta } = workspace;
  const endedIdx = world.history.size;
  const ended = rememberEnded(world.ended, { number, endedIdx, end, parentSnapshotId: base.id, meta });
  return { ...world, workspaces: trieRemove(world.workspaces, numberToKey(number), null), ended };
}

/** Takes the digests that `worldDigest` needs in small steps (`trieDigestSteps`). */
export function* worldDigestSteps(world: World, sha256: Sha256): Generator<void, void, undefined> {
  const { graph } = world.system;
  yield* trieDigestSteps(graph.nodes, nodeValueDigest, sha256);
  yield* trieDigestSteps(graph.edges, edgeValueDigest, sha256);
  yield* trieDigestSteps(world.ended.workspaces, endedWorkspaceDigest, sha256);
  yield* trieDigestSteps(world.requests.requests, requestValueDigest, sha256);
  yield* trieDigestSteps(world.workspaces, workspaceDigest, sha256);
}

/**
 * `H("world")[[tableName, root] …]` over every table but the indexes, by name. Costs a hash for each trie node that
 * changed since it was last asked.
 */
export function worldDigest(world: World, sha256: Sha256): Digest {
  const { graph } = world.system;
  const tables: readonly (readonly [string, Digest])[] = [
    ['counters', countersDigest(world, sha256)],
    ['edges', trieDigest(graph.edges, edgeValueDigest, sha256)],
    ['ended', trieDigest(world.ended.workspaces, endedWorkspaceDigest, sha256)],
    ['nodes', trieDigest(graph.nodes, nodeValueDigest, sha256)],
    ['requests', trieDigest(world.requests.requests, requestValueDigest, sha256)],
    ['workspaces', trieDigest(world.workspaces, workspaceDigest, sha256)],
  ];
  const writer = new CanonicalWriter();
  writer.array(tables.length);
  for (const [name, root] of tables) {
    writer.array(2);
    writer.text(name);
    writer.bytes(root);
  }
  return taggedHash('world', writer.toBytes(), sha256);
}

function countersDigest(world: World, sha256: Sha256): Digest {
  const writer = new CanonicalWriter();
  writer.array(9);
  writer.integer(world.history.size);
  writer.bytes(treeHead(world.history, sha256));
  writer.bytes(world.rulePackId);
  writer.integer(world.quantumMs);
  writer.integer(world.rewriteCount);
  writer.bytes(world.system.id);
  writer.integer(world.systemChanges);
  writer.integer(world.workspaceCount);
  writer.text(world.commitStatus);
  return taggedHash('counters', writer.toBytes(), sha256);
}

/**
 * The world: everything that its history implies, as one immutable value.
 *
 * Keeping an old world costs a pointer, so snapshots, speculation, roll-back after a failed append and background
 * checkpoints need no copying and no locks.
 */
import { assert } from './assert.ts';
import type { Bytes } from './bytes/byte-string.ts';
import { CanonicalWriter } from './bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from './bytes/digest.ts';
import { numberToKey } from './bytes/number-key.ts';
import { NEW_CLOCK, type WorldClock } from './clock/clock.ts';
import { denialsDigest, NO_DENIALS, type Denials } from './grant/denials.ts';
import { grantDigest } from './grant/grant.ts';
import { NO_GRANTS, type Grants } from './grant/grants.ts';
import { edgeValueDigest, nodeValueDigest } from './graph/element.ts';
import { installationDigest, type Installation } from './graph/rules/installation.ts';
import type { RulePack } from './graph/rules/rule-pack.ts';
import { EMPTY_TREE, treeHead, type HistoryTree } from './history/tree.ts';
import { EMPTY_REQUEST_WINDOW, requestValueDigest, type RequestWindow } from './history/request-window.ts';
import { trieDigest, trieDigestSteps, type ValueDigest } from './trie/digest.ts';
import { emptyTrie, trieCount, trieGet, triePut, trieRemove, type EditSession, type Trie } from './trie/trie.ts';
import { trieEntries, walkAfter } from './trie/walk.ts';
import { EMPTY_ENDED_WINDOW, rememberEnded, type EndedWindow } from './view/ended-window.ts';
import { Head } from './view/head.ts';
import { DEFAULT_SETTINGS, hasBaseAgeLimit, hasIdleLimit, toldSettings, type WorldSettings } from './view/settings.ts';
import { firstSnapshot, type Snapshot } from './view/snapshot.ts';
import {
  endedWorkspaceDigest,
  workspaceDigest,
  workspaceDigestSteps,
  writtenOn,
  type EndedWorkspace,
  type Workspace,
  type WorkspaceEnd,
} from './view/workspace.ts';

/** Version of everything that a world's history implies; a reader of another one refuses it. */
export const WORLD_FORMAT = 2;

export type CommitStatus = 'COMMITTED' | 'ABORTED';

/** Their numbers by themselves, by the owner's public key. */
export type OpenByOwner = Trie<Trie<number>>;

export interface World {
  /** The tree over the headers; its size is the idx of the next event. */
  readonly history: HistoryTree;
  readonly quantumMs: number;
  readonly clock: WorldClock;
  readonly settings: WorldSettings;
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
  readonly grants: Grants;
  readonly denials: Denials;
  /** The numbers of the workspaces that each key has open. An index. */
  readonly openByOwner: OpenByOwner;
  readonly requests: RequestWindow;
  /** idx of the event that put System's rule pack in force: 0 for the one that a world begins with. */
  readonly rulesIdx: number;
  /** The rule pack that is being installed, or the last one that was or was refused; null before any. */
  readonly installation: Installation | null;
  /** How the last collapse went; committed before any. */
  readonly commitStatus: CommitStatus;
  /** The tick in which it was last set how many a workspace may be idle, or old; null before the first time. */
  readonly agesFromTick: number | null;
}

/** A world before its first event. */
export function emptyWorld(rules: RulePack, quantumMs: number, sha256: Sha256): World {
  return {
    history: EMPTY_TREE,
    quantumMs,
    clock: NEW_CLOCK,
    settings: DEFAULT_SETTINGS,
    rewriteCount: 0,
    system: firstSnapshot(rules, sha256),
    systemChanges: 0,
    workspaces: emptyTrie(),
    workspaceCount: 0,
    ended: EMPTY_ENDED_WINDOW,
    grants: NO_GRANTS,
    denials: NO_DENIALS,
    openByOwner: emptyTrie(),
    requests: EMPTY_REQUEST_WINDOW,
    rulesIdx: 0,
    installation: null,
    commitStatus: 'COMMITTED',
    agesFromTick: null,
  };
}

/** The open workspace with this number, or undefined. */
export function getWorkspace(world: World, number: number): Workspace | undefined {
  return trieGet(world.workspaces, numberToKey(number));
}

/** A workspace that history says is open. */
export function mustGetWorkspace(world: World, number: number): Workspace {
  return mustGetIn(world.workspaces, number);
}

function mustGetIn(workspaces: Trie<Workspace>, number: number): Workspace {
  const workspace = trieGet(workspaces, numberToKey(number));
  assert(workspace !== undefined, `history takes workspace ${number} to be open`);
  return workspace;
}

/** What is known of an ended workspace, or undefined. */
export function getEndedWorkspace(world: World, number: number): EndedWorkspace | undefined {
  return trieGet(world.ended.workspaces, numberToKey(number));
}

/** What the workspace collapses into, as it is now: System, or the workspace that it was forked from. */
export function targetOf(world: World, { parent }: Workspace): Snapshot {
  return parent === null ? world.system : mustGetWorkspace(world, parent).head;
}

/** The world with an open workspace, new or changed. */
export function putWorkspace(world: World, workspace: Workspace): World {
  return { ...world, workspaces: triePut(world.workspaces, numberToKey(workspace.number), workspace, null) };
}

/**
 * The world without an open workspace, which the next event ends. Its children go on: they collapse into what it would have
 * collapsed into (W2). After a discard they have its base, too, so what it had written when they were forked is theirs (W4).
 * O(log n) for each of them; after a discard, for each of theirs as well. Worlds that one session made before this one are spent.
 */
export function endWorkspace(world: World, workspace: Workspace, end: WorkspaceEnd, session: EditSession): World {
  const { number, base, baseView, meta, parent, parentAtFork, children, owner } = workspace;
  const known = { number, endedIdx: world.history.size, end, baseView, parentSnapshotId: base.id, meta, owner };
  const ended = rememberEnded(world.ended, known, session);
  let workspaces = trieRemove(world.workspaces, numberToKey(number), session);
  const put = (changed: Workspace): void =>
    void (workspaces = triePut(workspaces, numberToKey(changed.number), changed, session));
  const each = (numbers: Trie<number>, visit: (found: Workspace) => void): void =>
    void walkAfter(numbers, null, (_, child) => visit(mustGetIn(workspaces, child)));
  const target = parent === null ? null : mustGetIn(workspaces, parent);
  if (end === 'COLLAPSED') {
    const onTarget = target && writtenOn(parentAtFork!, target.base); // it has a parent
    each(children, (child) => put({ ...child, parent, parentAtFork: onTarget && onTarget(child.parentAtFork!) })); // so has each
  } else {
    each(children, (child) => {
      const onBase = writtenOn(child.parentAtFork!, base); // it has a parent
      put({ ...withBaseOf(workspace, child), ...onBase(child), parent, parentAtFork });
      each(child.children, (low) => put({ ...low, parentAtFork: onBase(low.parentAtFork!) })); // likewise
    });
  }
  if (target !== null) {
    let siblings = trieRemove(target.children, numberToKey(number), session);
    walkAfter(children, null, (key, child) => void (siblings = triePut(siblings, key, child, session)));
    put({ ...target, children: siblings });
  }
  return { ...world, workspaces, ended, openByOwner: withEnded(world.openByOwner, workspace) };
}

/** The numbers of the workspaces that the key has open. */
export function openOf({ openByOwner }: Pick<World, 'openByOwner'>, owner: Bytes): Trie<number> {
  return trieGet(openByOwner, owner) ?? emptyTrie();
}

/** The index after a workspace was opened. */
export function withOpened(openByOwner: OpenByOwner, { owner, number }: Owned): OpenByOwner {
  if (owner === null) return openByOwner;
  return triePut(openByOwner, owner, triePut(openOf({ openByOwner }, owner), numberToKey(number), number, null), null);
}

/** The index after a workspace has ended. */
function withEnded(openByOwner: OpenByOwner, { owner, number }: Owned): OpenByOwner {
  if (owner === null) return openByOwner;
  const left = trieRemove(openOf({ openByOwner }, owner), numberToKey(number), null);
  return trieCount(left) === 0 ? trieRemove(openByOwner, owner, null) : triePut(openByOwner, owner, left, null);
}

type Owned = Pick<Workspace, 'owner' | 'number'>;

/** The tick since which nobody has used the workspace; undefined while none is discarded for that. */
export function idleSince({ settings, agesFromTick }: World, { usedTick }: Workspace): number | undefined {
  if (!hasIdleLimit(settings)) return undefined;
  return Math.max(usedTick ?? 0, agesFromTick ?? 0);
}

/** The tick since which the workspace has its base; undefined while bases do not grow old by ticks. */
export function baseSince({ settings, agesFromTick }: World, { baseTick }: Workspace): number | undefined {
  if (!hasBaseAgeLimit(settings)) return undefined;
  return Math.max(baseTick ?? 0, agesFromTick ?? 0);
}

/** What a workspace whose base is taken from System now has as its `baseTick`. */
export function basedNow({ settings, clock }: World): number | null {
  return hasBaseAgeLimit(settings) ? clock.tick : null;
}

/** What a workspace that is used now has as its `usedTick`. */
export function usedNow({ settings, clock }: World): number | null {
  return hasIdleLimit(settings) ? clock.tick : null;
}

/** A child that begins where its parent began. */
function withBaseOf({ base, baseView, baseSystemChanges, baseTick }: Workspace, child: Workspace): Workspace {
  // Else it would keep the base that it had, and each one that was discarded before.
  const head = child.head instanceof Head ? child.head.over(base) : child.head;
  return { ...child, base, baseView, baseSystemChanges, baseTick, head };
}

/** Takes the digests that `worldDigest` needs in small steps (`trieDigestSteps`). */
export function* worldDigestSteps(world: World, sha256: Sha256): Generator<void, void, undefined> {
  const { graph } = world.system;
  yield* trieDigestSteps(graph.nodes, nodeValueDigest, sha256);
  yield* trieDigestSteps(graph.edges, edgeValueDigest, sha256);
  if (world.installation !== null) yield* trieDigestSteps(world.installation.nodes, nodeValueDigest, sha256);
  yield* trieDigestSteps(world.ended.workspaces, endedWorkspaceDigest, sha256);
  yield* trieDigestSteps(world.grants.byId, grantDigest, sha256);
  yield* trieDigestSteps(world.requests.requests, requestValueDigest, sha256);
  for (const { value } of trieEntries(world.workspaces)) yield* workspaceDigestSteps(value, sha256);
  yield* trieDigestSteps(world.workspaces, workspaceDigest, sha256);
}

/**
 * `H("world")[[tableName, root] …]` over every table but the indexes, by name; a table that came after the formats were frozen
 * stands there only if it holds anything. Costs a hash for each trie node that
 * changed since it was last asked.
 */
export function worldDigest(world: World, sha256: Sha256): Digest {
  const { graph } = world.system;
  const tables: readonly (readonly [string, Digest])[] = [
    ['counters', countersDigest(world, sha256)],
    ...told('denials', world.denials, denialsDigest, sha256),
    ['edges', trieDigest(graph.edges, edgeValueDigest, sha256)],
    ['ended', trieDigest(world.ended.workspaces, endedWorkspaceDigest, sha256)],
    ...told('grants', world.grants.byId, grantDigest, sha256),
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

function told<Value>(
  name: string,
  table: Trie<Value>,
  valueDigest: ValueDigest<Value>,
  sha256: Sha256,
): readonly (readonly [string, Digest])[] {
  return trieCount(table) === 0 ? [] : [[name, trieDigest(table, valueDigest, sha256)]];
}

function countersDigest(world: World, sha256: Sha256): Digest {
  const writer = new CanonicalWriter();
  writer.array(world.agesFromTick === null ? 14 : 15);
  writer.integer(world.history.size);
  writer.bytes(treeHead(world.history, sha256));
  writer.bytes(world.system.rules.id);
  writer.integer(world.quantumMs);
  writer.integer(world.rewriteCount);
  writer.bytes(world.system.id);
  writer.integer(world.systemChanges);
  writer.integer(world.workspaceCount);
  writer.text(world.commitStatus);
  const settings = toldSettings(world.settings, DEFAULT_SETTINGS);
  writer.array(settings.length);
  for (const name of settings) writer.integer(world.settings[name]);
  writer.integer(world.rulesIdx);
  writer.bytesOrNull(world.installation === null ? null : installationDigest(world.installation, sha256));
  writer.integer(world.clock.tick);
  writer.integerOrNull(world.clock.wallMs);
  if (world.agesFromTick !== null) writer.integer(world.agesFromTick);
  return taggedHash('counters', writer.toBytes(), sha256);
}

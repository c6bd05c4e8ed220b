/**
 * A world that is served: its log, its loop, and what is derived from the log, brought up from a folder.
 */
import { createWorld, EMPTY_TREE, type Digest, type World } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { MemoryTreeHashes } from '../logs/memory/memory-tree-hashes.ts';
import { setSystemAlarm, type SetAlarm } from '../ports/alarm.ts';
import { QUANTUM_MS_DEFAULT, type Clock } from '../ports/clock.ts';
import type { Tracer } from '../ports/tracer.ts';
import type { Log } from '../ports/log.ts';
import type { NextTurn } from '../ports/next-turn.ts';
import type { RewriteEntry, RewriteIndex } from '../ports/rewrite-index.ts';
import type { TreeHashes } from '../ports/tree-hashes.ts';
import { Checkpointer, type CheckpointCadence } from './checkpointer.ts';
import { EventFeed } from './event-feed.ts';
import { endedWorkspaces } from './event-workspaces.ts';
import { IdleWorkspaces } from './idle-workspaces.ts';
import { catchUpRewrites, checkRewrites, rewriteEntries } from './index-rewrites.ts';
import { catchUpTree, checkTree } from './index-tree.ts';
import { loadCheckpoint } from './load-checkpoint.ts';
import { PastViews, type PastViewsParts } from './past/past-views.ts';
import { HistoryProofs } from './proofs/history-proofs.ts';
import { SigningKeys } from './proofs/signing-keys.ts';
import { ReadFootprints } from './read-footprints.ts';
import { replay } from './replay.ts';
import { RestingHeads } from './resting-heads.ts';
import { sha256 } from './sha256.ts';
import { SnapshotShelf } from './snapshot-shelf.ts';
import { RulesDriver } from './rules-driver.ts';
import { WorldLoop } from './world-loop.ts';
import { WorldTime } from './world-time.ts';

export interface OpenWorld {
  readonly name: string;
  readonly log: Log;
  readonly loop: WorldLoop;
  readonly rewrites: RewriteIndex;
  /** What is written, for those who follow it. */
  readonly feed: EventFeed;
  readonly proofs: HistoryProofs;
  readonly keys: SigningKeys;
  readonly hashes: TreeHashes;
  /** Events that were in the checkpoint it was opened from; 0 if its whole history was folded. */
  readonly startIdx: number;
  /** Its views as they were. */
  readonly past: PastViews;
  /** Snapshots that readers were shown lately, so that their pages go on where they began. */
  readonly shelf: SnapshotShelf;
  /** Checks the rule packs that are proposed. */
  readonly rules: RulesDriver;
  /** The tick of now: what is read is authorised at it, whether an event tells of it yet or not. */
  readonly now: () => number;
  /** What its workspaces have read. */
  readonly reads: ReadFootprints;
  /** Writes its checkpoints, if it has any. */
  readonly checkpointer: Checkpointer | undefined;
  /** Answers what waits, then frees the folder. */
  close(): Promise<void>;
}

export interface OpenWorldOptions {
  readonly name: string;
  /** Owned by the world from now on. */
  readonly log: Log;
  /** Opens the index that stands beside the log, as far as it got; it is brought up to date here. */
  readonly openRewriteIndex: () => RewriteIndex;
  /** Opens the tree's hashes beside the log, likewise; without it they are kept in memory. */
  readonly openTreeHashes?: () => TreeHashes;
  /** Sign its tree heads; without them a key is made that lives as long as the process. */
  readonly keys?: SigningKeys;
  readonly onProgress?: (eventCount: number) => void;
  /** Where its checkpoints are; without them the whole history is folded. */
  readonly checkpoints?: CheckpointOptions;
  /** Answers for what is long past; without it the log is folded here, a few events a turn. */
  readonly past?: Pick<PastViewsParts, 'source' | 'waitMsMax'>;
  /** Advances its time; without it that stands still. */
  readonly clock?: Clock | undefined;
  /** Told where the time of commands goes. */
  readonly tracer?: Tracer | undefined;
  /** Wakes what looks for idle workspaces; the system's own unless given. */
  readonly setAlarm?: SetAlarm;
  /** Milliseconds of a tick of a world that is made now; `QUANTUM_MS_DEFAULT` unless given. */
  readonly quantumMs?: number | undefined;
  /** Of the event loop; its own unless given. */
  readonly nextTurn?: NextTurn;
}

export interface CheckpointOptions {
  readonly files: FileCheckpoints;
  readonly cadence: CheckpointCadence;
  /** Told of each checkpoint that is of no use, and why; an older one is tried, or the history folded. */
  readonly onSkipped: (idx: number, why: string) => void;
  /** Told of one that could not be written. */
  readonly onFailure: (error: unknown) => void;
}

/** Folds the log from its newest good checkpoint on, or writes the first event of a new one, and starts the loop. */
export async function openWorld(options: OpenWorldOptions): Promise<OpenWorld> {
  const { name, log, checkpoints, clock, quantumMs = QUANTUM_MS_DEFAULT, nextTurn, tracer } = options;
  const derived: Derived[] = [];
  try {
    const rewrites = keep(derived, options.openRewriteIndex());
    const hashes = keep(derived, options.openTreeHashes?.() ?? new MemoryTreeHashes(sha256));
    const { world: folded, startIdx, since } = await foldLog(options, rewrites, hashes);
    const world = folded ?? (await writeFirstEvent(log, hashes, quantumMs));
    const time = clock && new WorldTime(clock, world);
    const loop = new WorldLoop(log, world, { ...(nextTurn && { nextTurn }), ...(time && { time }), tracer });
    const shelf = new SnapshotShelf();
    loop.subscribe(({ events, world: { history } }) => {
      rewrites.append(rewriteEntries(events), history.size);
      hashes.append(events.map(({ leaf }) => leaf));
      for (const { event } of events) for (const number of endedWorkspaces(event)) shelf.drop(number);
      // What is read of a workspace is of its present base (`ReadFootprints`).
      for (const { event } of events) if (event.kind === 'REBASE') shelf.drop(event.view);
    });
    const feed = new EventFeed({ log, rewrites, loop, ...(nextTurn && { nextTurn }) });
    const checkpointer =
      checkpoints &&
      new Checkpointer({ ...checkpoints, loop, checkpoints: checkpoints.files, since, ...(nextTurn && { nextTurn }) });
    const rules = new RulesDriver(loop);
    const { setAlarm = setSystemAlarm } = options;
    const idle = time && new IdleWorkspaces({ loop, time, setAlarm, ...(nextTurn && { nextTurn }) });
    const close = async (): Promise<void> => {
      await rules.close();
      await idle?.close();
      await checkpointer?.close();
      await loop.drain();
      await log.close();
      await closeAll(derived);
    };
    const resting = new RestingHeads(loop.world);
    loop.subscribe(({ events, world: newest }) => resting.note(events, newest));
    const reads = new ReadFootprints(loop.world);
    loop.subscribe((committed) => reads.follow(committed));
    const { keys = SigningKeys.temporary() } = options;
    const proofs = new HistoryProofs({ log, loop, hashes, keys });
    await keys.serve({ loop, proofs });
    const { source, waitMsMax } = options.past ?? { source: null, waitMsMax: Infinity };
    const past = new PastViews({ log, loop, source, waitMsMax, ...(nextTurn && { turns: nextTurn }) });
    const now = (): number => time?.now(loop.world) ?? loop.world.clock.tick;
    const served = { name, now, log, loop, rewrites, feed, proofs, keys, hashes, startIdx };
    return { ...served, past, shelf, rules, reads, checkpointer, close };
  } catch (error) {
    await closeAll(derived);
    throw error;
  }
}

/** A file beside the log that the world has to close. */
interface Derived {
  close(): void | Promise<void>;
}

function keep<Kept extends Derived>(derived: Derived[], kept: Kept): Kept {
  derived.push(kept);
  return kept;
}

async function closeAll(derived: readonly Derived[]): Promise<void> {
  for (const each of derived) await each.close();
}

interface Fold {
  /** Null where the log is empty. */
  readonly world: World | null;
  readonly startIdx: number;
  /** What was folded: what has happened since the checkpoint. */
  readonly since: CheckpointCadence;
}

async function foldLog(options: OpenWorldOptions, rewrites: RewriteIndex, hashes: TreeHashes): Promise<Fold> {
  const { log, checkpoints, onProgress } = options;
  const start = checkpoints === undefined ? undefined : await startFrom(checkpoints, log);
  if (start === undefined && log.firstIdx > 0) throw withoutBase(log.firstIdx);
  await checkRewrites(log, rewrites);
  if (start !== undefined) {
    await catchUpRewrites(log, rewrites, { idx: start.history.size, rewriteCount: start.rewriteCount });
    await catchUpTree(log, hashes, start.history.size);
  }
  const indexed = rewrites.eventIdxEnd;
  const entries: RewriteEntry[] = [];
  const hashed = hashes.length;
  const leaves: Digest[] = [];
  const since = { events: 0, sizeBytes: 0 };
  const world = await replay(log, {
    start: start ?? null,
    verify: false,
    onEvent: (encoded) => {
      const { event, header, body, leaf } = encoded;
      since.events += 1;
      since.sizeBytes += header.length + body.length;
      if (event.idx >= indexed) entries.push(...rewriteEntries([encoded]));
      if (event.idx >= hashed) leaves.push(leaf);
    },
    onProgress: (eventCount) => {
      if (eventCount > indexed) rewrites.append(entries.splice(0), eventCount);
      hashes.append(leaves.splice(0));
      onProgress?.(eventCount);
    },
  });
  await checkTree(log, hashes, world?.history ?? EMPTY_TREE);
  return { world, startIdx: start?.history.size ?? 0, since };
}

function startFrom({ files, onSkipped }: CheckpointOptions, log: Log): Promise<World | undefined> {
  files.removeDraft();
  return loadCheckpoint({ log, checkpoints: files, onSkipped });
}

function withoutBase(firstIdx: number): Failure {
  const detail = `the events before ${firstIdx} are archived, and no checkpoint behind them is good`;
  return new Failure('LOG_DAMAGED', 'base', `${detail}; bring one, or the segments, back from a copy`);
}

async function writeFirstEvent(log: Log, hashes: TreeHashes, quantumMs: number): Promise<World> {
  const { encoded, world } = createWorld({ quantumMs }, sha256);
  await log.append({ firstIdx: 0, treeRootBefore: sha256(new Uint8Array(0)), events: [encoded] });
  hashes.append([encoded.leaf]);
  return world;
}

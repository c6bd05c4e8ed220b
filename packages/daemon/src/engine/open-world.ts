/**
 * A world that is served: its log, its loop, and the index of its rewrites, brought up from a folder.
 */
import { createWorld, type Collapse, type Discard, type EncodedEvent, type Event, type World } from '@jitos/kernel';
import type { Log } from '../ports/log.ts';
import type { RewriteEntry, RewriteIndex } from '../ports/rewrite-index.ts';
import { replay } from './replay.ts';
import { sha256 } from './sha256.ts';
import { SnapshotShelf } from './snapshot-shelf.ts';
import { WorldLoop } from './world-loop.ts';

/** Milliseconds of one tick, fixed when a world is made. */
export const QUANTUM_MS_DEFAULT = 1000;

export interface OpenWorld {
  readonly name: string;
  readonly log: Log;
  readonly loop: WorldLoop;
  readonly rewrites: RewriteIndex;
  /** Snapshots that readers were shown lately, so that their pages go on where they began. */
  readonly shelf: SnapshotShelf;
  /** Answers what waits, then frees the folder. */
  close(): Promise<void>;
}

export interface OpenWorldOptions {
  readonly name: string;
  /** Owned by the world from now on. */
  readonly log: Log;
  /** Opens the index that stands beside the log, as far as it got; it is brought up to date here. */
  readonly openRewriteIndex: () => RewriteIndex;
  readonly onProgress?: (eventCount: number) => void;
}

/** Folds the log, or writes the first event of a new one, and starts the loop. */
export async function openWorld(options: OpenWorldOptions): Promise<OpenWorld> {
  const { name, log, onProgress } = options;
  const rewrites = options.openRewriteIndex();
  try {
    const indexed = rewrites.length;
    const entries: RewriteEntry[] = [];
    const flush = (): void => rewrites.append(entries.splice(0));
    const world = await replay(log, {
      verify: false,
      onEvent: ({ event }) => {
        const entry = rewriteEntry(event);
        if (entry !== undefined && entry.rewriteIdx >= indexed) entries.push(entry);
      },
      onProgress: (eventCount) => {
        flush();
        onProgress?.(eventCount);
      },
    });
    const loop = new WorldLoop(log, world ?? (await writeFirstEvent(log)));
    const shelf = new SnapshotShelf();
    loop.subscribe(({ events }) => {
      rewrites.append(rewriteEntries(events));
      for (const { event } of events) if (endsWorkspace(event)) shelf.drop(event.view);
    });
    return { name, log, loop, rewrites, shelf, close: () => closeWorld(loop, log, rewrites) };
  } catch (error) {
    rewrites.close();
    throw error;
  }
}

async function writeFirstEvent(log: Log): Promise<World> {
  const { encoded, world } = createWorld({ quantumMs: QUANTUM_MS_DEFAULT }, sha256);
  await log.append({ firstIdx: 0, treeRootBefore: sha256(new Uint8Array(0)), events: [encoded] });
  return world;
}

async function closeWorld(loop: WorldLoop, log: Log, rewrites: RewriteIndex): Promise<void> {
  await loop.drain();
  await log.close();
  rewrites.close();
}

function rewriteEntries(events: readonly EncodedEvent[]): RewriteEntry[] {
  return events.flatMap(({ event }) => rewriteEntry(event) ?? []);
}

function endsWorkspace(event: Event): event is Collapse | Discard {
  return event.kind === 'DISCARD' || (event.kind === 'COLLAPSE' && event.mode !== null);
}

/** Where the event stands in the index, if it is one of the kinds that count as rewrites. */
function rewriteEntry(event: Event): RewriteEntry | undefined {
  if (!('rewriteIdx' in event)) return undefined;
  const committed = event.kind === 'COLLAPSE' && event.mode !== null;
  return {
    rewriteIdx: event.rewriteIdx,
    eventIdx: event.idx,
    views: committed ? [event.view, 'system'] : [event.view],
  };
}

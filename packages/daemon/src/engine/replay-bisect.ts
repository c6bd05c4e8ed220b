/**
 * Finds the event at which a predicate over System flips.
 *
 * Checkpoints say in which part of the history it does: between two at which it has different values. That part alone is
 * folded, and the predicate asked whenever System has moved. Where it flips to and fro between two checkpoints at which it
 * has the same value, that goes unnoticed; within the part that is folded the first flip is found.
 */
import { holds, type Event, type Expr, type World } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import { findCheckpoint } from './load-checkpoint.ts';
import { worldAt, type History } from './replay-history.ts';
import { replay } from './replay.ts';
import { sha256 } from './sha256.ts';

export interface BisectOptions {
  readonly history: History;
  readonly predicate: Expr;
  /** The first world that it is asked of. */
  readonly fromIdx: number;
  /** The last one. */
  readonly toIdx: number;
  /** Told of each event that is folded. */
  readonly onEvent: () => void;
  readonly onProgress: () => void;
}

export interface Bisection {
  /** What it was, from `fromIdx` to the flip. */
  readonly before: boolean;
  /** After which it was the opposite for the first time; null if it never was. */
  readonly event: Event | null;
  /** The part that was folded begins with the world after this event. */
  readonly partIdx: number;
}

/** Throws what `replay` throws, and a `Failure` for each refusal of the predicate. */
export async function bisect(options: BisectOptions): Promise<Bisection> {
  const { history, predicate, fromIdx, toIdx, onEvent, onProgress } = options;
  let start = await worldAt(history, fromIdx, null, { onEvent, onProgress });
  const before = ask(predicate, start);
  for (const idx of history.checkpoints.list().toReversed()) {
    if (idx <= start.history.size || idx > toIdx) continue;
    const world = await findCheckpoint(history, idx);
    if (typeof world === 'string') history.onSkipped(idx, world);
    else if (ask(predicate, world) === before) start = world;
    else break;
  }
  const partIdx = start.history.size - 1;
  return { before, event: await firstFlip(options, start, before), partIdx };
}

/** The first event after `start` that makes the predicate the opposite of `before`. */
async function firstFlip(
  { history, predicate, toIdx, onEvent, onProgress }: BisectOptions,
  start: World,
  before: boolean,
): Promise<Event | null> {
  let { system } = start;
  let found: Event | null = null;
  await replay(history.log, {
    start,
    verify: false,
    endIdx: toIdx + 1,
    onEvent,
    onProgress,
    isLast: ({ event }, world) => {
      if (world.system === system) return false;
      system = world.system;
      if (ask(predicate, world) !== before) found = event;
      return found !== null;
    },
  });
  return found;
}

function ask(predicate: Expr, world: World): boolean {
  const answer = holds(predicate, world.system.graph, sha256);
  if (answer.ok) return answer.holds;
  const at = world.history.size - 1;
  throw new Failure(answer.reason, answer.place, `${answer.detail} (asked of System after event ${at})`);
}

/** Looking for seeds that break a law, and for the shortest run that does. */
import { simulate, type SimOptions, type SimRun } from './simulation.ts';

export interface Find {
  readonly seed: number;
  readonly commandCount: number;
  readonly run: SimRun;
}

/**
 * A run of the same seed with fewer commands that breaks a law as well, or the same run: a shorter one begins alike, but
 * ends, and so recovers, sooner. `find` is one that does.
 */
export async function shrink(find: Find, wrapping: SimOptions['wrapping'] = {}): Promise<Find> {
  let least = find;
  for (const next of [(count: number) => Math.floor(count / 2), (count: number) => count - 1]) {
    for (let commandCount = next(least.commandCount); commandCount > 0; commandCount = next(least.commandCount)) {
      const run = await simulate({ seed: find.seed, commandCount, wrapping });
      if (run.broken === undefined) break;
      least = { ...least, commandCount, run };
    }
  }
  return least;
}

function isShorter(one: Find, other: Find): boolean {
  if (one.commandCount !== other.commandCount) return one.commandCount < other.commandCount;
  return faultCount(one) < faultCount(other);
}

function faultCount({ run }: Find): number {
  return [...run.trace.faults.values()].reduce((sum, count) => sum + count, 0);
}

export interface Hunt {
  readonly seedCount: number;
  readonly eventCount: number;
  /** The shortest that was found; undefined if all laws held. */
  readonly find: Find | undefined;
}

/**
 * Runs seeds from `firstSeed` on while `goesOn` says so. Each find is shrunk, and the shortest kept: the one with the fewest
 * commands, of those with as many the one with the fewest faults.
 */
export async function hunt(options: {
  readonly firstSeed: number;
  readonly commandCount: number;
  readonly goesOn: (seedCount: number) => boolean;
  readonly onRun?: (run: SimRun) => void;
  readonly wrapping?: SimOptions['wrapping'];
}): Promise<Hunt> {
  const { firstSeed, commandCount, goesOn, onRun, wrapping = {} } = options;
  let seedCount = 0;
  let eventCount = 0;
  let shortest: Find | undefined;
  while (goesOn(seedCount)) {
    const seed = firstSeed + seedCount++;
    const run = await simulate({ seed, commandCount, wrapping });
    eventCount += run.eventCount;
    onRun?.(run);
    if (run.broken === undefined) continue;
    const find = await shrink({ seed, commandCount, run }, wrapping);
    if (shortest === undefined || isShorter(find, shortest)) shortest = find;
  }
  return { seedCount, eventCount, find: shortest };
}

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

export interface Hunt {
  readonly seedCount: number;
  readonly eventCount: number;
  /** The shortest that was found; undefined if all laws held. */
  readonly find: Find | undefined;
}

/** Runs seeds from `firstSeed` on while `goesOn` says so. Each find is shrunk, and the shortest kept. */
export async function hunt(options: {
  readonly firstSeed: number;
  readonly commandCount: number;
  readonly goesOn: (seedCount: number) => boolean;
  readonly onRun?: (run: SimRun) => void;
}): Promise<Hunt> {
  const { firstSeed, commandCount, goesOn, onRun } = options;
  let seedCount = 0;
  let eventCount = 0;
  let shortest: Find | undefined;
  while (goesOn(seedCount)) {
    const seed = firstSeed + seedCount++;
    const run = await simulate({ seed, commandCount });
    eventCount += run.eventCount;
    onRun?.(run);
    if (run.broken === undefined) continue;
    const find = await shrink({ seed, commandCount, run });
    if (shortest === undefined || find.commandCount < shortest.commandCount) shortest = find;
  }
  return { seedCount, eventCount, find: shortest };
}

/**
 * `npm run sim`: runs a world and its clients on simulated disks that fail, from a seed. One seed is run again to the
 * byte; without one, seeds are tried for some minutes.
 */
import { parseArgs } from 'node:util';
import { hunt, shrink, type Find } from '@jitos/testkit/sim/hunt.ts';
import { simulate } from '@jitos/testkit/sim/simulation.ts';
import { addCounts, COSTS, FAULT_KINDS, type Cost, type FaultKind, type Trace } from '@jitos/testkit/sim/trace.ts';

const USAGE = `Usage: npm run sim -- --seed <n> [--events <m>] [--trace]
       npm run sim -- --minutes <k> [--events <m>]

Runs a world under faults that follow from a seed, and checks that it loses nothing. With --seed the run is repeated to
the byte, and --trace prints all of it; with --minutes seeds are tried, and the shortest run that breaks a law is printed.
--events is how many commands clients make (40 unless given).

  npm run sim -- --seed 7 --events 200
  npm run sim -- --minutes 5

Exit status: 0 every law held · 1 one was broken · 2 wrong usage
`;

const EVENTS_DEFAULT = 40;
const MINUTE_MS = 60_000;
const SEEDS_END = 2 ** 31;

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** How often each kind of fault struck, and what it cost. */
function sayFaults({ faults, costs }: Pick<Trace, 'faults' | 'costs'>): void {
  for (const kind of FAULT_KINDS) say(`${String(faults.get(kind) ?? 0).padStart(8)}  ${kind}`);
  for (const cost of COSTS) say(`${String(costs.get(cost) ?? 0).padStart(8)}  cost: ${cost}`);
}

function sayFind({ seed, commandCount, run }: Find): void {
  say(run.trace.lines.slice(-20).join('\n'));
  say(`\n${run.broken instanceof Error ? run.broken.stack : String(run.broken)}\n`);
  say(`a law was broken; again: npm run sim -- --seed ${seed} --events ${commandCount} --trace`);
}

async function repeat(seed: number, commandCount: number, isTraced: boolean): Promise<number> {
  const run = await simulate({ seed, commandCount });
  if (isTraced) say(run.trace.lines.join('\n'));
  sayFaults(run.trace);
  say(`trace ${run.trace.digest()} of seed ${seed}: ${run.eventCount} events, ${run.trace.lines.length} lines`);
  if (run.broken === undefined) return 0;
  sayFind(await shrink({ seed, commandCount, run }));
  return 1;
}

async function tryFor(minutes: number, commandCount: number): Promise<number> {
  const endMs = performance.now() + minutes * MINUTE_MS;
  const firstSeed = Date.now() % SEEDS_END;
  const faults = new Map<FaultKind, number>();
  const costs = new Map<Cost, number>();
  const { seedCount, eventCount, find } = await hunt({
    firstSeed,
    commandCount,
    goesOn: () => performance.now() < endMs,
    onRun: ({ trace }) => {
      addCounts(faults, trace.faults);
      addCounts(costs, trace.costs);
    },
  });
  sayFaults({ faults, costs });
  say(`${seedCount} seeds from ${firstSeed} on, ${eventCount} events`);
  if (find === undefined) return 0;
  sayFind(find);
  return 1;
}

/** A whole number, `least` at least; undefined where it is none. */
function numberOf(text: string | undefined, least: number): number | undefined {
  const number = text === undefined || !/^\d{1,10}$/.test(text) ? undefined : Number(text);
  return number === undefined || number < least ? undefined : number;
}

async function main(args: readonly string[]): Promise<number> {
  const string = { type: 'string' } as const;
  const boolean = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args: [...args],
    options: { seed: string, events: string, minutes: string, trace: boolean, help: boolean },
  });
  const seed = numberOf(values.seed, 0);
  const minutes = numberOf(values.minutes, 1);
  const events = numberOf(values.events ?? String(EVENTS_DEFAULT), 1);
  if (!values.help && events !== undefined && seed !== undefined && values.minutes === undefined) {
    return await repeat(seed, events, values.trace);
  }
  if (!values.help && events !== undefined && minutes !== undefined && values.seed === undefined) {
    return await tryFor(minutes, events);
  }
  say(USAGE);
  return values.help ? 0 : 2;
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  // `parseArgs` says which option is wrong.
  if (!(error instanceof TypeError && 'code' in error && String(error.code).startsWith('ERR_PARSE_ARGS'))) throw error;
  say(`${error.message}\n\n${USAGE}`);
  process.exitCode = 2;
}

/**
 * A contest: entrants that do the same work, each in its own process, measured in interleaved rounds.
 *
 * - C1 Rounds alternate in direction (a b c, c b a, …), so a drift of the machine hits all alike.
 * - C2 A first round of everybody is thrown away, unless the contest asks for a single one.
 * - C3 Entrants make ready side by side, but in a round one of them works and the others are idle.
 * - C4 A peer that fails is left out and named; a failure of our own, or of a probe, ends the bench.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { median, ratioOf, type Figure, type Unit } from './figure.ts';
import { Seat } from './seat.ts';
import type { Sample } from './workload.ts';

export interface Entrant {
  readonly name: string;
  /** Others wrote it and it has to be installed: it takes part only with `--peers`. */
  readonly isPeer: boolean;
  /** The workload's module, which exports `open`. */
  readonly module: URL;
  /** For `open`; plain JSON. */
  readonly options: unknown;
}

export interface Contest {
  /** Names the figures, as in `1-in-flight`. */
  readonly title: string;
  readonly ours?: Entrant;
  readonly against: readonly Entrant[];
  /** One round each and none thrown away: for work that takes minutes, or whose first run is the one that tells. */
  readonly once?: boolean;
  /** Fewer measured rounds than others have, for entrants that are many or slow. */
  readonly runsMax?: number;
}

export interface ContestTerms {
  /** Name of the bench. */
  readonly bench: string;
  /** Folder in which each entrant gets one of its own. */
  readonly dir: string;
  readonly withPeers: boolean;
  readonly roundMs: number;
  readonly runs: number;
  readonly signal: AbortSignal;
  /** Tells a person what is going on. */
  readonly note: (text: string) => void;
}

/** The measured rounds of each entrant that went through all of them, by name. */
export type SamplesByName = ReadonlyMap<string, readonly Sample[]>;

interface Player {
  readonly entrant: Entrant;
  readonly seat: Seat;
  readonly samples: Sample[];
}

/** Runs a contest to its end; its processes are gone when it settles. */
export async function runContest(contest: Contest, terms: ContestTerms): Promise<SamplesByName> {
  const entrants = contest.ours === undefined ? contest.against : [contest.ours, ...contest.against];
  const players = new Set<Player>();
  await using seats = new AsyncDisposableStack();
  const attempt = async (player: Player, step: () => Promise<unknown>): Promise<void> => {
    try {
      await step();
    } catch (error) {
      if (!player.entrant.isPeer || terms.signal.aborted) throw error;
      terms.note(`${player.entrant.name} is left out of ${contest.title}: ${(error as Error).message}`); // Seat rejects with errors only
      players.delete(player);
    }
  };

  for (const entrant of entrants.filter((e) => terms.withPeers || !e.isPeer)) {
    players.add({ entrant, seat: seats.use(new Seat(terms.signal)), samples: [] });
  }
  await Promise.all(
    [...players].map(async (player, i) => {
      const { module, options, name } = player.entrant;
      const dir = join(terms.dir, `${contest.title}-${i}`);
      mkdirSync(dir, { recursive: true });
      await attempt(player, () => player.seat.open(module, options, dir));
      terms.note(`${contest.title}: ${name} is ready`);
    }),
  );
  const runsMax = contest.runsMax ?? Infinity;
  const [firstRun, runs] = contest.once === true ? [0, 1] : [-1, Math.min(terms.runs, runsMax)];
  for (let run = firstRun; run < runs; run++) {
    for (const player of run % 2 === 0 ? players : [...players].toReversed()) {
      await attempt(player, async () => {
        const sample = await player.seat.round(terms.roundMs);
        if (run >= 0) player.samples.push(sample);
      });
    }
  }
  for (const player of players) await attempt(player, () => player.seat.close());
  return new Map(Array.from(players, ({ entrant, samples }) => [entrant.name, samples]));
}

/** The figures of a contest: one for each opponent and unit, and ours alone for a unit that no opponent has. */
export function contestFigures(contest: Contest, bench: string, samplesByName: SamplesByName): Figure[] {
  const ours = contest.ours === undefined ? undefined : samplesByName.get(contest.ours.name);
  const opponents = contest.against.flatMap(({ name }) => {
    const samples = samplesByName.get(name);
    return samples === undefined ? [] : [{ name, samples }];
  });
  const one = (unit: Unit, name: string | null, peer: readonly Sample[] | undefined): Figure => {
    const ourValues = ours && valuesOf(ours, unit);
    const peerValues = peer && valuesOf(peer, unit);
    const counted = ours ?? peer ?? [];
    return {
      bench: `${bench}/${contest.title}`,
      unit,
      ours: ourValues ? median(ourValues) : null,
      peer: peerValues ? median(peerValues) : null,
      peerName: name,
      ratio: ourValues && peerValues ? ratioOf(unit, ourValues, peerValues) : null,
      n: Math.round(median(counted.map((sample) => sample.operations))),
      runs: counted.length,
    };
  };
  const oursAlone = (ours ? unitsOf(ours) : []).filter(
    (unit) => !opponents.some(({ samples }) => unitsOf(samples).includes(unit)),
  );
  const beside = opponents.flatMap(({ name, samples }) => {
    const shared = unitsOf(samples).filter((unit) => ours === undefined || unitsOf(ours).includes(unit));
    return shared.map((unit) => one(unit, name, samples));
  });
  return [...beside, ...oursAlone.map((unit) => one(unit, null, undefined))];
}

function unitsOf(samples: readonly Sample[]): Unit[] {
  // `values` is keyed by Unit by its type; Object.keys forgets that.
  return Object.keys(samples[0]?.values ?? {}) as Unit[];
}

function valuesOf(samples: readonly Sample[], unit: Unit): number[] {
  return samples.map((sample) => {
    const value = sample.values[unit];
    if (value === undefined) throw new Error(`a round without ${unit}`);
    return value;
  });
}

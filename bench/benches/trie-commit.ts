/**
 * Verified commits: one key of many gets a new value, and the new root is there before the next.
 *
 * By state size: the trie alone against a bare probe and authenticated stores. By history: the kernel's decision on
 * worlds that differ only in how much has happened to them.
 */
import {
  hyperbeeEntrant,
  kernelTrieEntrant,
  okraInMemoryEntrant,
  okraOpenTransactionEntrant,
  okraSyncedEntrant,
  prollyTreesEntrant,
  trieProbeEntrant,
} from '../entrants.ts';
import type { Bench, BenchContext } from '../harness/bench.ts';
import { chartToSvg } from '../harness/chart.ts';
import type { Entrant } from '../harness/contest.ts';
import { median } from '../harness/figure.ts';
import type { OptionsOf } from '../harness/seat.ts';

type WorldOptions = OptionsOf<typeof import('../workloads/world-commit.ts')>;

/** At these state sizes all peers are measured; at the others only what the picture shows. */
const PEER_KEY_COUNTS: readonly number[] = [10_000, 1_000_000];

async function byStateSize(context: BenchContext): Promise<void> {
  const pointsByName = new Map<string, [keyCount: number, us: number][]>();
  for (const keyCount of context.pick({ smoke: [100, 10_000], full: [100, 1000, 10_000, 100_000, 1_000_000] })) {
    const terms = { keyCount, updatesPerCommit: 1 };
    const ours = kernelTrieEntrant(terms);
    const drawn = [trieProbeEntrant(terms), okraInMemoryEntrant(terms)];
    const others = [
      okraOpenTransactionEntrant(terms),
      okraSyncedEntrant(terms),
      hyperbeeEntrant(terms),
      prollyTreesEntrant(terms),
    ];
    const against = PEER_KEY_COUNTS.includes(keyCount) ? [...drawn, ...others] : drawn;
    const samplesByName = await context.contest({ title: `${keyCount}-keys`, ours, against });
    for (const { name } of [ours, ...drawn]) {
      const samples = samplesByName.get(name);
      if (samples === undefined) continue;
      const us = 1e6 / median(samples.map(({ values }) => values['/s'] ?? NaN));
      pointsByName.set(name, [...(pointsByName.get(name) ?? []), [keyCount, us]]);
    }
  }
  context.chart(
    'verified-commit.svg',
    chartToSvg({
      title: 'A verified commit: one new value and the new root',
      xLabel: 'keys in the state',
      yLabel: 'µs a commit',
      series: [...pointsByName].map(([name, points]) => ({ name, points })),
    }),
  );
}

function worldEntrant(options: WorldOptions): Entrant {
  const name = `jitos after ${options.eventCount} events`;
  return { name, isPeer: false, module: new URL('../workloads/world-commit.ts', import.meta.url), options };
}

async function byHistory(context: BenchContext): Promise<void> {
  const { nodeCount, eventCounts } = context.pick({
    smoke: { nodeCount: 100, eventCounts: [400, 200] },
    full: { nodeCount: 10_000, eventCounts: [1_000_000, 1000, 10_000, 100_000] },
  });
  const [ours, ...against] = eventCounts.map((eventCount) => worldEntrant({ nodeCount, eventCount }));
  if (ours !== undefined) await context.contest({ title: 'long-history', ours, against });
}

export const bench: Bench = {
  name: 'trie.commit',
  summary: 'a new value and the new root, by state size and by history length',
  run: async (context) => {
    await byStateSize(context);
    await byHistory(context);
  },
};

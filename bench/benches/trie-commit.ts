/**
 * Verified commits: one key of many gets a new value, and the new root is there before the next.
 *
 * By state size: the trie alone against a bare probe and authenticated stores. By history: the kernel's decision on
 * worlds that differ only in how much has happened to them.
 */
import type { Bench, BenchContext } from '../harness/bench.ts';
import { chartToSvg, type Series } from '../harness/chart.ts';
import type { Entrant } from '../harness/contest.ts';
import { median } from '../harness/figure.ts';
import type { OptionsOf } from '../harness/seat.ts';

type TreeOptions = OptionsOf<typeof import('../workloads/verified-commit.ts')>;
type WorldOptions = OptionsOf<typeof import('../workloads/world-commit.ts')>;

/** More keys than this take hyperbee and prolly-trees many minutes to load. */
const SLOW_PEER_KEYS_MAX = 100_000;

interface TreeEntrant {
  readonly name: string;
  readonly adapter: string;
  readonly durable: boolean;
  readonly keyCountMax: number;
}

const OURS: TreeEntrant = entry('jitos trie', '../ours/kernel-trie.ts');
const PROBE: TreeEntrant = entry('bare trie probe', '../probes/trie-probe.ts');
const PEERS: readonly TreeEntrant[] = [
  entry('okra-node in one open transaction', '../peers/okra-node.ts'),
  entry('okra-node, a synced transaction a commit', '../peers/okra-node.ts', { durable: true }),
  entry('hyperbee, not synced', '../peers/hyperbee.ts', { keyCountMax: SLOW_PEER_KEYS_MAX }),
  entry('prolly-trees in memory', '../peers/prolly-trees.ts', { keyCountMax: SLOW_PEER_KEYS_MAX }),
];

function entry(name: string, adapter: string, differs: Partial<TreeEntrant> = {}): TreeEntrant {
  return { name, adapter, durable: false, keyCountMax: Infinity, ...differs };
}

function entrant({ name, adapter, durable, keyCountMax }: TreeEntrant, keyCountWanted: number): Entrant {
  const keyCount = Math.min(keyCountWanted, keyCountMax);
  const options: TreeOptions = {
    adapter: new URL(adapter, import.meta.url).href,
    keyCount,
    updatesPerCommit: 1,
    durable,
  };
  return {
    name: keyCount === keyCountWanted ? name : `${name} (only ${keyCount} keys)`,
    isPeer: adapter.startsWith('../peers/'),
    module: new URL('../workloads/verified-commit.ts', import.meta.url).href,
    options,
  };
}

function worldEntrant(eventCount: number, nodeCount: number): Entrant {
  const options: WorldOptions = { eventCount, nodeCount };
  const module = new URL('../workloads/world-commit.ts', import.meta.url).href;
  return { name: `jitos after ${eventCount} events`, isPeer: false, module, options };
}

async function byStateSize(context: BenchContext): Promise<void> {
  const pointsByName = new Map<string, [number, number][]>([OURS, PROBE, PEERS[0]].map((e) => [e?.name ?? '', []]));
  for (const keyCount of context.pick({ smoke: [100, 1000], full: [100, 1000, 10_000, 100_000, 1_000_000] })) {
    // Peers are measured at the two sizes of the goal; the first of them everywhere, for the picture.
    const peers = [10_000, 1_000_000].includes(keyCount) ? PEERS : PEERS.slice(0, 1);
    const samplesByName = await context.contest({
      title: `${keyCount}-keys`,
      ours: entrant(OURS, keyCount),
      against: [PROBE, ...peers].map((e) => entrant(e, keyCount)),
    });
    for (const [name, points] of pointsByName) {
      const rates = samplesByName.get(name)?.map(({ values }) => values['/s'] ?? NaN);
      if (rates !== undefined) points.push([keyCount, 1e6 / median(rates)]);
    }
  }
  const series: Series[] = [...pointsByName].map(([name, points]) => ({ name, points }));
  context.chart(
    'verified-commit.svg',
    chartToSvg({
      title: 'A verified commit: one new value and the new root',
      xLabel: 'keys in the state',
      yLabel: 'µs a commit',
      series: series.filter(({ points }) => points.length > 0),
    }),
  );
}

async function byHistory(context: BenchContext): Promise<void> {
  const { nodeCount, lengths } = context.pick({
    smoke: { nodeCount: 100, lengths: [200, 400] },
    full: { nodeCount: 10_000, lengths: [1000, 10_000, 100_000, 1_000_000] },
  });
  const longest = lengths.at(-1) ?? 0;
  await context.contest({
    title: `${longest}-events`,
    ours: worldEntrant(longest, nodeCount),
    against: lengths.slice(0, -1).map((length) => worldEntrant(length, nodeCount)),
  });
}

export const bench: Bench = {
  name: 'trie.commit',
  summary: 'a new value and the new root, by state size and by history length',
  run: async (context) => {
    await byStateSize(context);
    await byHistory(context);
  },
};

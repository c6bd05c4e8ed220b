/** The law of differences: between any two moments of any two views, whoever makes the states, they are what the graphs are. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { allWorlds } from '@jitos/testkit/engine/all-worlds.ts';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { generateCommand } from '@jitos/testkit/world/generate-commands.ts';
import { pick } from '@jitos/testkit/world/dice.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import {
  changesPage,
  digestToHex,
  diffRewrites,
  getWorkspace,
  keyToNumber,
  trieEntries,
  type Command,
  type Graph,
  type ViewId,
  type World,
} from '@jitos/kernel';
import { Host } from '../../engine/host.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import { sha256 } from '../../engine/sha256.ts';
import { opToJson } from './op-json.ts';

const EVENT_COUNT = 150;
const PAIR_COUNT = 40;
const CADENCE = { events: 45, sizeBytes: Infinity };

interface Moment {
  readonly idx: number;
  readonly view: ViewId;
  readonly graph: Graph;
}

function momentsOf(worlds: readonly World[]): readonly Moment[] {
  return worlds.flatMap((world, idx) => {
    const views = ['system' as const, ...trieEntries(world.workspaces).map(({ key }) => keyToNumber(key))];
    return views.map((view) => {
      const graph = view === 'system' ? world.system.graph : getWorkspace(world, view)!.head.graph;
      return { idx, view, graph };
    });
  });
}

function momentInput({ idx, view }: Moment): unknown {
  const ref = view === 'system' ? { kind: 'SYSTEM' } : { kind: 'SWS', swsId: String(view) };
  return { view: ref, at: String(idx) };
}

interface Answer {
  readonly diff: {
    readonly changes?: { readonly changes: readonly { readonly id: string }[]; readonly pageInfo: PageInfo };
    readonly ops?: { readonly ops: readonly unknown[]; readonly pageInfo: PageInfo };
  };
}

interface PageInfo {
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
}

async function readPages(
  client: GraphqlClient,
  pair: readonly [Moment, Moment],
  field: 'changes' | 'ops',
): Promise<unknown[]> {
  const inner = field === 'changes' ? 'changes { id }' : 'ops';
  const query = `query ($from: MomentInput!, $to: MomentInput!, $after: String) {
    diff(from: $from, to: $to, page: {first: 7, after: $after}) { ${field} { ${inner} pageInfo { endCursor hasNextPage } } }
  }`;
  const found: unknown[] = [];
  let after: string | null = null;
  for (;;) {
    const variables: object = { from: momentInput(pair[0]), to: momentInput(pair[1]), after };
    const { diff }: Answer = await client.data<Answer>(query, { ...variables });
    const { pageInfo, ...page } = diff[field]!; // as it was asked
    found.push(...('changes' in page ? page.changes.map(({ id }) => id) : page.ops));
    after = pageInfo.endCursor;
    if (!pageInfo.hasNextPage) return found;
  }
}

async function comparePairs(world: OpenWorld, moments: readonly Moment[], seed: number): Promise<void> {
  const dice = createRandom(seed);
  const client = GraphqlClient.inProcess(world);
  for (let i = 0; i < PAIR_COUNT; i++) {
    const pair = [pick(dice, moments), pick(dice, moments)] as const;
    const graphs = { before: pair[0].graph, after: pair[1].graph };
    const changes = changesPage(graphs, { first: 10_000, after: null, kinds: null }).entries;
    const expected = changes.map(({ id }) => digestToHex(id));
    assert.deepEqual(await readPages(client, pair, 'changes'), expected);
    const ops = [...diffRewrites(graphs, sha256)].flat().map(opToJson);
    assert.deepEqual(await readPages(client, pair, 'ops'), ops);
  }
}

test('the pages of a difference are those of the two graphs, from the loop, from checkpoints, from the log alone', async (context) => {
  const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`seed ${seed}`);
  const folder = makeTempFolder();
  const options = { dataDir: folder.path, checkpointCadence: CADENCE, pastWaitMsMax: Infinity };
  let host = await Host.open(options);
  try {
    const world = host.mustGetWorld('main');
    const dice = createRandom(seed);
    const past: Command[] = [];
    while (world.loop.world.history.size < EVENT_COUNT) {
      const command = generateCommand(dice, world.loop.world, past);
      past.push(command);
      await world.loop.submit(command);
      await world.checkpointer?.idle();
    }
    const moments = momentsOf(await allWorlds(world.log));
    await comparePairs(world, moments, seed + 1);
    await host.close();
    host = await Host.open(options);
    await comparePairs(host.mustGetWorld('main'), moments, seed + 2);
  } finally {
    await host.close();
    folder.remove();
  }
});

/** The law of time travel: what a view was is told as it was told then, at every event, whoever makes the state. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { GraphqlClient } from '@jitos/testkit/servers/graphql-client.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { generateCommand } from '@jitos/testkit/world/generate-commands.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { digestToHex, getWorkspace, trieEntries, type Command } from '@jitos/kernel';
import { Host } from '../host.ts';
import type { OpenWorld } from '../open-world.ts';

const EVENT_COUNT = 150;
/** Fewer where the daemon's own thread folds. */
const MEMORY_EVENT_COUNT = 80;
const CADENCE = { events: 45, sizeBytes: Infinity };

function seedOf(context: TestContext): number {
  const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`seed ${seed}`);
  return seed;
}

/** What each view answers after one event, by view; refusals too. */
type Told = ReadonlyMap<string, unknown>;

/** Views that there are, were, or will be. */
function viewsOf({ loop: { world } }: OpenWorld): readonly string[] {
  const numbers = Array.from({ length: 5 }, (_, i) => world.workspaceCount - 4 + i).filter((number) => number >= 0);
  return ['kind: SYSTEM', ...numbers.map((number) => `kind: SWS, swsId: "${number}"`)];
}

interface PageInfo {
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
}

interface Page {
  readonly nodes: { readonly nodes: readonly object[]; readonly pageInfo: PageInfo };
  readonly edges: { readonly edges: readonly object[]; readonly pageInfo: PageInfo };
}

/** Digest, snapshot and all pages of a view, as it is or as it was. */
async function readAll(client: GraphqlClient, view: string, at: number | null): Promise<unknown> {
  const args = at === null ? '' : `at: "${at}", `;
  const query = `query ($nodes: String, $edges: String) {
    graph(view: {${view}}, ${args}nodesPage: {first: 12, after: $nodes}, edgesPage: {first: 9, after: $edges}) {
      digest snapshotId view { kind swsId snapshotId }
      nodes { nodes { id kind data key_b64 } pageInfo { endCursor hasNextPage } }
      edges { edges { id kind from to data key_b64 } pageInfo { endCursor hasNextPage } }
    }
  }`;
  const pages: unknown[] = [];
  let after: Readonly<Record<string, string | null>> = {};
  for (;;) {
    const { data, errors } = await client.ask(query, after);
    if (errors !== undefined) return errors.map(({ extensions }) => [extensions.reason, extensions.place]);
    const graph = JSON.parse(JSON.stringify(data?.['graph'])) as Page; // what was asked for
    const { nodes, edges } = graph;
    after = { nodes: nodes.pageInfo.endCursor, edges: edges.pageInfo.endCursor };
    // A cursor says at which event the page was read, and a checkpoint may have come in between.
    pages.push({ ...graph, nodes: withoutCursor(nodes), edges: withoutCursor(edges) });
    if (!nodes.pageInfo.hasNextPage && !edges.pageInfo.hasNextPage) return pages;
  }
}

function withoutCursor(connection: { readonly pageInfo: PageInfo }): object {
  return { ...connection, pageInfo: connection.pageInfo.hasNextPage };
}

async function tellAll(world: OpenWorld, views: readonly string[], at: number | null): Promise<Told> {
  const client = GraphqlClient.inProcess(world);
  return new Map(await Promise.all(views.map(async (view) => [view, await readAll(client, view, at)] as const)));
}

/** What a collapse was to compare, as it was told at once before it. */
interface Compared {
  readonly idx: number;
  readonly elements: readonly string[];
  readonly sides: unknown;
}

interface History {
  readonly told: readonly Told[];
  readonly compared: readonly Compared[];
}

const SIDE_FIELDS =
  '{ element id kind from to key_b64 base { digest data } ours { digest data } theirs { digest data } }';
const ELEMENTS_MAX = 40;

/** Elements of the workspace and of System, and one that is nowhere. */
function elementsOf({ loop: { world } }: OpenWorld, number: number): readonly string[] {
  const graphs = [getWorkspace(world, number)?.head.graph, world.system.graph];
  const ids = graphs.flatMap((graph) => {
    if (graph === undefined) return [];
    const count = ELEMENTS_MAX / 4;
    return [...trieEntries(graph.nodes, null, count), ...trieEntries(graph.edges, null, count)].map(
      ({ value }) => value.id,
    );
  });
  return ['0'.repeat(64), ...[...new Set(ids)].map(digestToHex)];
}

async function tellSides(world: OpenWorld, number: number, elements: readonly string[]): Promise<unknown> {
  const query = `query ($id: ID!, $elements: [ID!]!) { sides(swsId: $id, elements: $elements) ${SIDE_FIELDS} }`;
  const { data } = await GraphqlClient.inProcess(world).ask(query, { id: String(number), elements });
  return data?.['sides'];
}

async function tellConflictSides(world: OpenWorld, { idx, elements }: Compared): Promise<unknown> {
  const query = `query ($id: ID!, $elements: [ID!]!) { conflictSides(id: $id, elements: $elements) ${SIDE_FIELDS} }`;
  const { data } = await GraphqlClient.inProcess(world).ask(query, { id: String(idx), elements });
  return data?.['conflictSides'];
}

/** Writes a history, event by event, and records what its views answer after each, and what its collapses compared. */
async function writeHistory(world: OpenWorld, seed: number, eventCount: number): Promise<History> {
  const dice = createRandom(seed);
  const past: Command[] = [];
  const told: Told[] = [await tellAll(world, viewsOf(world), null)];
  const compared: Compared[] = [];
  while (told.length < eventCount) {
    const { size } = world.loop.world.history;
    const command = generateCommand(dice, world.loop.world, past);
    past.push(command);
    const number = command.type === 'collapseWorkspace' ? command.workspace : null;
    const elements = number === null ? [] : elementsOf(world, number);
    const sides = number === null ? undefined : await tellSides(world, number, elements);
    const reply = await world.loop.submit(command);
    const isNew = 'kind' in reply && reply.kind === 'COLLAPSE' && reply.idx >= size;
    if (isNew) compared.push({ idx: reply.idx, elements, sides });
    await world.checkpointer?.idle();
    // A checkpoint writes an event of its own, which changes no view.
    while (told.length < world.loop.world.history.size) told.push(await tellAll(world, viewsOf(world), null));
    assert.ok(world.loop.world.history.size <= size + 2);
  }
  assert.ok(compared.some(({ sides }) => Array.isArray(sides) && sides.length > 0));
  return { told, compared };
}

async function compareAll(world: OpenWorld, { told, compared }: History, order: readonly number[]): Promise<void> {
  for (const each of compared) assert.deepEqual(await tellConflictSides(world, each), each.sides, `before ${each.idx}`);
  for (const idx of order) {
    const expected = told[idx]!;
    assert.deepEqual(await tellAll(world, [...expected.keys()], idx), expected, `after event ${idx}`);
  }
}

function removeCheckpoints(folder: string): void {
  const names = readdirSync(folder).filter((name) => name.endsWith('.checkpoint'));
  assert.equal(names.length, 2);
  for (const name of names) rmSync(`${folder}/${name}`);
}

test('every view answers of every event what it answered then', async (context) => {
  const seed = seedOf(context);
  const folder = makeTempFolder();
  const options = { dataDir: folder.path, checkpointCadence: CADENCE, pastWaitMsMax: Infinity };
  let host = await Host.open(options);
  try {
    const history = await writeHistory(host.mustGetWorld('main'), seed, EVENT_COUNT);
    const { told } = history;
    const forwards = told.map((_, idx) => idx);
    const dice = createRandom(seed + 1);
    const anyhow = forwards.map(() => dice.below(told.length));
    // From the worlds that the loop has passed through.
    await compareAll(host.mustGetWorld('main'), history, anyhow);
    await host.close();
    // From the files: with checkpoints, and without.
    for (const hasCheckpoints of [true, false]) {
      if (!hasCheckpoints) removeCheckpoints(`${folder.path}/worlds/main`);
      host = await Host.open(options);
      await compareAll(host.mustGetWorld('main'), history, hasCheckpoints ? anyhow : forwards.toReversed());
      await host.close();
    }
  } finally {
    await host.close();
    folder.remove();
  }
});

test('so does a world that is nowhere but in memory', async (context) => {
  const world = await openMemoryWorld();
  const history = await writeHistory(world, seedOf(context), MEMORY_EVENT_COUNT);
  await compareAll(world, history, history.told.map((_, idx) => idx).toReversed());
  await world.close();
});

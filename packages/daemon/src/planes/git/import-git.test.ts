import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  decodeValue,
  digestToHex,
  edgesFrom,
  fieldOf,
  isBoxedBytes,
  nodesOfKind,
  trieCount,
  trieEntries,
  trieGet,
  type ElementId,
  type Graph,
  type GraphNode,
  type Trie,
  type Value,
} from '@jitos/kernel';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { listTree, type TreeFile } from '@jitos/testkit/git/list-tree.ts';
import { makeRepository } from '@jitos/testkit/git/make-repository.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Host } from '../../engine/host.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import { replay } from '../../engine/replay.ts';
import { openRepository } from './git-repository.ts';
import { importGit } from './import-git.ts';
import { COMMIT_KIND, FILE_KIND, PATH_KIND, pathToKey } from './import-ops.ts';
import { importPosition } from './import-position.ts';

const COMMITS_MIN = 500;

async function withImport(
  seed: number,
  body: (context: { repository: string; host: Host; world: OpenWorld; run: () => Promise<number> }) => Promise<void>,
): Promise<void> {
  const repositoryFolder = makeTempFolder();
  const dataFolder = makeTempFolder();
  try {
    await makeRepository({ path: repositoryFolder.path, seed, commits: COMMITS_MIN, objectFormat: 'sha1' });
    const host = await Host.open({ dataDir: dataFolder.path });
    const world = await host.createWorld('imported');
    const run = (): Promise<number> => importAll(repositoryFolder.path, world);
    try {
      await body({ repository: repositoryFolder.path, host, world, run });
    } finally {
      await host.close();
    }
  } finally {
    dataFolder.remove();
    repositoryFolder.remove();
  }
}

async function importAll(path: string, world: OpenWorld): Promise<number> {
  const { signal } = new AbortController();
  const repository = await openRepository({ path, environment: process.env, signal });
  const { commitsImported } = await importGit({ repository, world, signal, onProgress: () => undefined });
  return commitsImported;
}

test('at every collapse the file nodes are what git ls-tree lists', async () => {
  await withImport(20_261_121, async ({ repository, world, run }) => {
    const expectedCount = Number(runGit({ cwd: repository, args: ['rev-list', '--count', 'HEAD'] }));
    assert.ok(expectedCount >= COMMITS_MIN);
    assert.equal(await run(), expectedCount);
    let compared = 0;
    await replay(world.log, {
      verify: 'decisions',
      onEvent: ({ event }, { system }) => {
        if (event.kind !== 'COLLAPSE') return;
        const commit = importPosition(system.graph)?.lastOid;
        assert.ok(commit !== undefined && commit !== null);
        assert.deepEqual(filesOf(system.graph), listTree(repository, commit));
        compared += 1;
      },
    });
    console.log(`compared ${compared} commits`);
    assert.equal(compared, expectedCount);
  });
});

test('every commit is a node, with its parents in order, its people and the paths it touched', async () => {
  await withImport(7, async ({ repository, world, run }) => {
    await run();
    const { graph } = world.loop.world.system;
    const lines = runGit({ cwd: repository, args: ['rev-list', '--parents', 'HEAD'] })
      .trim()
      .split('\n');
    const nodeByOid = new Map(nodesOf(graph, COMMIT_KIND).map((node) => [commitField(node, 'oid'), node]));
    assert.equal(nodeByOid.size, lines.length);
    const oidById = new Map([...nodeByOid].map(([oid, node]) => [node.id, oid]));
    for (const line of lines) {
      const [oid, ...parents] = line.split(' ');
      const node = nodeByOid.get(oid ?? '');
      assert.ok(node !== undefined, `commit ${oid} is missing`);
      const edges = trieEntries(edgesFrom(graph, node.id)).map(({ value }) => mustGet(graph.edges, value));
      const parentEdges = edges
        .filter(({ kind }) => kind === 'git.parent')
        .toSorted((a, b) => Number(a.key) - Number(b.key));
      assert.deepEqual(
        parentEdges.map(({ to }) => oidById.get(to)),
        parents,
      );
      assert.equal(edges.filter(({ kind }) => kind === 'git.author').length, 1);
      assert.equal(edges.filter(({ kind }) => kind === 'git.committer').length, 1);
    }
    assert.ok(trieCount(nodesOfKind(graph, PATH_KIND)) >= trieCount(nodesOfKind(graph, FILE_KIND)));
  });
});

test('importing twice changes nothing, not even the history', async () => {
  await withImport(8, async ({ world, run }) => {
    await run();
    const { system, history } = world.loop.world;
    assert.equal(await run(), 0);
    assert.equal(world.loop.world.system.id, system.id);
    assert.equal(world.loop.world.history.size, history.size);
  });
});

test('new commits are imported alone, and a grown history ends as one imported at once', async () => {
  await withImport(9, async ({ repository, host, world, run }) => {
    const head = runGit({ cwd: repository, args: ['rev-parse', 'HEAD'] }).trim();
    const older = runGit({ cwd: repository, args: ['rev-parse', 'HEAD~3'] }).trim();
    runGit({ cwd: repository, args: ['update-ref', 'HEAD', older] });
    const first = await run();
    runGit({ cwd: repository, args: ['update-ref', 'HEAD', head] });
    const second = await run();
    const total = Number(runGit({ cwd: repository, args: ['rev-list', '--count', 'HEAD'] }));
    assert.equal(first + second, total);
    const atOnce = await host.createWorld('at-once');
    await importAll(repository, atOnce);
    assert.deepEqual(filesOf(world.loop.world.system.graph), filesOf(atOnce.loop.world.system.graph));
  });
});

test('a path longer than a key is kept whole beside a key that stands for it', () => {
  const path = 'long/'.repeat(400);
  const key = pathToKey(path);
  assert.equal(key.length, 1024);
  assert.notEqual(key, pathToKey(`${path}x`));
  assert.equal(pathToKey('short'), 'short');
});

function nodesOf(graph: Graph, kind: string): GraphNode[] {
  return trieEntries(nodesOfKind(graph, kind)).map(({ value }) => mustGet(graph.nodes, value));
}

function mustGet<Element>(table: Trie<Element>, id: ElementId): Element {
  const element = trieGet(table, id);
  assert.ok(element !== undefined, 'an index names what is not there');
  return element;
}

/** The file nodes as git would list them. */
function filesOf(graph: Graph): Map<string, TreeFile> {
  const files = nodesOf(graph, FILE_KIND).map((node): [string, TreeFile] => {
    assert.equal(node.type, 'keyed');
    const path = optional(node, 'path');
    assert.ok(path === undefined || isBoxedBytes(path));
    const size = optional(node, 'size') ?? null;
    assert.ok(size === null || typeof size === 'number');
    return [
      path?.$bytes ?? node.key,
      { mode: mustGetField(node, 'mode', 'number'), oid: mustGetField(node, 'oid', 'string'), sizeBytes: size },
    ];
  });
  return new Map(files.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

function optional(node: GraphNode, name: string): Value | undefined {
  const encoded = fieldOf(node, name);
  return encoded === undefined ? undefined : decodeValue(encoded, { nullAllowed: false });
}

function mustGetField<T extends 'number' | 'string'>(
  node: GraphNode,
  name: string,
  type: T,
): T extends 'number' ? number : string {
  const value = optional(node, name);
  assert.equal(typeof value, type, `a file node's ${name}`);
  return value as T extends 'number' ? number : string; // as asserted
}

function commitField(node: GraphNode, name: string): Value | undefined {
  assert.ok(node.type === 'content' && node.payload !== null);
  const payload = decodeValue(node.payload, { nullAllowed: false });
  assert.ok(payload instanceof Map);
  const fields: ReadonlyMap<string, Value> = payload;
  return fields.get(name);
}

test('the digest of one history is the same wherever it is imported', async () => {
  const digests: string[] = [];
  for (let round = 0; round < 2; round++) {
    await withImport(11, async ({ world, run }) => {
      await run();
      digests.push(digestToHex(world.loop.world.system.digest));
    });
  }
  assert.equal(digests[0], digests[1]);
});

/** `bisect` and `diff`: on a history with two checkpoints, against the same questions asked of every world of it. */
import assert from 'node:assert/strict';
import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { digestToHex, nodeValueDigest, trieCount, trieEntries, type Digest, type World } from '@jitos/kernel';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { fillWithCheckpoints } from '@jitos/testkit/engine/checkpointed-folder.ts';
import { allWorlds } from '@jitos/testkit/engine/all-worlds.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { keyedId } from '@jitos/testkit/world/make-ops.ts';
import { worldFolder } from '../engine/host.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';

const temp = makeTempFolder();
let older: number;
let newest: number;
/** By the event after which each stands. */
let worlds: readonly World[];

before(async () => {
  [older, newest] = await fillWithCheckpoints(join(temp.path, 'data'), 'lab');
  await fillWithCheckpoints(join(temp.path, 'data'), 'bare');
  const bare = worldFolder(join(temp.path, 'data'), 'bare');
  for (const name of readdirSync(bare)) if (name.endsWith('.checkpoint')) rmSync(join(bare, name));
  const log = await readFileLog({ disk: nodeDisk(), folder: worldFolder(join(temp.path, 'data'), 'lab') });
  worlds = await allWorlds(log);
});
after(() => temp.remove());

async function run(world: string, ...args: readonly string[]): Promise<CtlRun> {
  return await runCtl([...args, '--world', world], { workingDir: temp.path });
}

interface Flip {
  readonly before: boolean;
  readonly idx: number | null;
  readonly foldedFrom: number;
  readonly events: number;
}

async function bisect(world: string, predicate: string, ...range: readonly string[]): Promise<Flip> {
  return JSON.parse((await run(world, 'bisect', '--predicate', predicate, ...range, '--json')).stdout) as Flip; // its answer
}

function hasTask(world: World, key: string): boolean {
  return trieEntries(world.system.graph.nodes, null, 1000).some(({ value }) => value.id === keyedId('task', key));
}

test('the event at which a predicate flips is found, wherever it is', async () => {
  for (const key of ['k0', 'k9', 'k20', 'k30', 'k39']) {
    const idx = worlds.findIndex((world) => hasTask(world, key));
    for (const world of ['lab', 'bare']) {
      const flip = await bisect(world, `exists(node("task", "${key}"))`);
      assert.deepEqual([flip.before, flip.idx], [false, idx], `${world} ${key}`);
    }
  }
});

test('only the part between two checkpoints in which it flips is folded', async () => {
  const parts: readonly (readonly [bound: number, from: number])[] = [
    [1, 0],
    [older + 1, older - 1],
    [newest + 1, newest - 1],
  ];
  for (const [bound, from] of parts) {
    const count = trieCount(worlds[bound]!.system.graph.nodes);
    const { idx, foldedFrom, events } = await bisect('lab', `count(nodes) > ${count}`);
    assert.ok(idx !== null && idx > bound);
    // And the first event, whose state is asked first.
    assert.deepEqual([foldedFrom, events], [from, idx - from + 1]);
  }
});

test('what does not flip in the range says so, with status 1', async () => {
  assert.deepEqual(await told('count(nodes) >= 0'), [1, `lab: true from event 0 to event ${worlds.length - 1}\n`]);
  const idx = worlds.findIndex((world) => hasTask(world, 'k20'));
  const predicate = 'not exists(node("task", "k20"))';
  assert.equal((await told(predicate, '--to', String(idx - 1)))[0], 1);
  assert.equal((await told(predicate, '--from', String(idx)))[0], 1);
  // True only for a while between the two checkpoints, before the range.
  const count = trieCount(worlds[older + 10]!.system.graph.nodes);
  assert.equal(
    (await told(`count(nodes) == ${count}`, '--from', String(newest - 2), '--to', String(newest - 1)))[0],
    1,
  );
  const found = await told(predicate, '--from', String(idx - 1), '--to', String(idx));
  assert.deepEqual(found, [0, `lab: false after event ${idx} (COLLAPSE of sws:20), true before\n`]);
});

async function told(predicate: string, ...flags: readonly string[]): Promise<[number, string]> {
  const { status, stdout } = await run('lab', 'bisect', '--predicate', predicate, ...flags);
  return [status, stdout];
}

test('a predicate that is none is refused at its column, and where in the history', async () => {
  const unparsed = await run('lab', 'bisect', '--predicate', 'count(node) > 1');
  assert.equal(unparsed.status, 2);
  assert.match(unparsed.stderr, /EXPR_INVALID: .*\n {2}at: --predicate, column 7\n/);
  const untyped = await run('lab', 'bisect', '--predicate', 'node("task", "k9").n > 1');
  assert.equal(untyped.status, 2);
  assert.match(untyped.stderr, /EXPR_TYPE_MISMATCH: .*after event 0\)\n {2}at: --predicate, column 22\n/);
  const late = await run('lab', 'bisect', '--predicate', 'true', '--to', '9999');
  assert.deepEqual([late.status, /EVENT_NOT_FOUND/.test(late.stderr)], [4, true]);
});

interface Side {
  readonly digest: string;
}

interface Difference {
  readonly from: Side;
  readonly to: Side;
  readonly changes: readonly {
    readonly id: string;
    readonly before: Side | null;
    readonly after: Side | null;
  }[];
  readonly pageInfo: { readonly hasNextPage: boolean };
}

async function diff(world: string, from: number, to: number, ...flags: readonly string[]): Promise<Difference> {
  const { stdout } = await run(world, 'diff', '--from', String(from), '--to', String(to), ...flags, '--json');
  return JSON.parse(stdout) as Difference; // its answer
}

function nodesAt(idx: number): ReadonlyMap<string, string> {
  const entries = trieEntries(worlds[idx]!.system.graph.nodes, null, 1000);
  return new Map(entries.map(({ value }) => [digestToHex(value.id), digestToHex(nodeValueDigest(value))]));
}

test('a difference is what is in one state and not in the other, across checkpoints and backwards too', async () => {
  const last = worlds.length - 1;
  const ranges: readonly (readonly [number, number])[] = [
    [0, last],
    [5, 5],
    [older - 3, older + 3],
    [10, newest + 1],
    [last, 4],
  ];
  for (const [from, to] of ranges) {
    const [a, b] = [nodesAt(from), nodesAt(to)];
    const expected = [...new Set([...a.keys(), ...b.keys()])]
      .map((id) => ({ id, before: a.get(id) ?? null, after: b.get(id) ?? null }))
      .filter((change) => change.before !== change.after);
    for (const world of ['lab', 'bare']) {
      const { changes, pageInfo, ...sides } = await diff(world, from, to, '--first', '1000');
      assert.equal(pageInfo.hasNextPage, false);
      const found = changes.map(({ id, before: was, after: is }) => {
        return { id, before: was?.digest ?? null, after: is?.digest ?? null };
      });
      assert.deepEqual(new Set(found), new Set(expected));
      assert.deepEqual([sides.from.digest, sides.to.digest], [digestAt(from), digestAt(to)]);
    }
  }
});

function digestAt(idx: number): string {
  const digest: Digest | undefined = worlds[idx]?.system.digest;
  assert.ok(digest !== undefined);
  return digestToHex(digest);
}

test('a difference of a workspace, page by page, and none', async () => {
  const [rewritten] = worlds.flatMap(({ history }, idx) => (hasTask(worlds[idx]!, 'k0') ? [history.size - 2] : []));
  assert.ok(rewritten !== undefined);
  const one = await run('lab', 'diff', '--from', String(rewritten - 1), '--to', String(rewritten), '--view', 'sws:0');
  assert.match(one.stdout, /^\+ node task "k0" [0-9a-f]{64}\n(?: {4}\w+: \S+\n)+$/);
  const few = await run('lab', 'diff', '--from', '0', '--first', '2');
  const [, cursor] = /^(?:\+ node .*\n(?: {4}.*\n)+){2}more: --after (\S+)\n$/.exec(few.stdout) ?? [];
  assert.ok(cursor !== undefined);
  const next = await run('lab', 'diff', '--from', '0', '--first', '2', '--after', cursor);
  assert.match(next.stdout, /^(?:\+ node .*\n(?: {4}.*\n)+){2}more: /);
  assert.notEqual(next.stdout, few.stdout);
  assert.equal((await run('lab', 'diff', '--from', '4', '--to', '4')).stdout, 'no difference\n');
  const ended = await run('lab', 'diff', '--from', '9', '--view', 'sws:0');
  assert.deepEqual([ended.status, /WORKSPACE_ENDED[^]*at: --view/.test(ended.stderr)], [4, true]);
  const long = await run('lab', 'diff', '--from', '0', '--first', '1001');
  assert.deepEqual([long.status, /PAGE_INVALID[^]*at: --first/.test(long.stderr)], [2, true]);
  const same = await run('lab', 'diff');
  assert.deepEqual([same.status, /USAGE[^]*at: --from/.test(same.stderr)], [2, true]);
});

test('a view is shown as it was after an event, page by page', async () => {
  const idx = older + 10;
  const snapshot = worlds[idx]!.system;
  assert.equal(
    (await run('lab', 'graph', '--at', String(idx), '--digest')).stdout,
    `${digestToHex(snapshot.digest)}\n`,
  );
  const ids: string[] = [];
  for (let further: readonly string[] = []; ;) {
    const { stdout } = await run('lab', 'graph', '--at', String(idx), '--nodes', '10', ...further, '--json');
    const { nodes } = JSON.parse(stdout) as GraphPage;
    ids.push(...nodes.nodes.map(({ id }) => id));
    if (!nodes.pageInfo.hasNextPage) break;
    further = ['--nodes-after', nodes.pageInfo.endCursor];
  }
  assert.deepEqual(ids, [...nodesAt(idx).keys()]);
  const late = await run('lab', 'graph', '--at', '9999');
  assert.deepEqual([late.status, /EVENT_NOT_FOUND: .*\n {2}at: --at\n/.test(late.stderr)], [4, true]);
  const early = await run('lab', 'graph', '--at', '0', '--view', 'sws:0');
  assert.deepEqual([early.status, /WORKSPACE_NOT_FOUND: .*\n {2}at: --view\n/.test(early.stderr)], [4, true]);
});

test('a daemon shows the same', async () => {
  const flags = ['--nodes', '50', '--edges', '50', '--json'] as const;
  const idxs = [0, older - 1, older, newest + 1, worlds.length - 1].map(String);
  const ask = (idx: string): Promise<CtlRun> => run('lab', 'graph', '--at', idx, ...flags);
  const local: string[] = [];
  for (const idx of idxs) local.push((await run('bare', 'graph', '--at', idx, ...flags)).stdout);
  const served = await serveFolder(join(temp.path, 'data'));
  try {
    for (const [i, idx] of idxs.entries()) {
      const { stdout } = await ask(idx);
      assert.equal(stdout.replace('"lab"', '"bare"'), local[i], `event ${idx}`);
    }
    const late = await ask('9999');
    assert.deepEqual([late.status, /EVENT_NOT_FOUND.*--at/.test(late.stderr)], [4, true]);
  } finally {
    await served.close();
  }
});

/** What `graph --nodes` answers. */
interface GraphPage {
  readonly nodes: {
    readonly nodes: readonly { readonly id: string }[];
    readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string };
  };
}

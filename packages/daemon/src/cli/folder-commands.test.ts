/** `log check` and `replay`: on whole folders, damaged ones, ones that tell lies, and beside a daemon. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ZERO_DIGEST } from '@jitos/kernel';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { fillWithCheckpoints } from '@jitos/testkit/engine/checkpointed-folder.ts';
import { copyWorld } from '@jitos/testkit/engine/copy-world.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { worldFolder } from '../engine/host.ts';
import { checkpointName } from '../logs/file/checkpoint-format.ts';

interface Report {
  readonly world: string;
  readonly ok: boolean;
  readonly events: number;
  readonly digest: string | null;
  readonly worldDigest: string | null;
  readonly error: { readonly reason: string; readonly place: string; readonly detail: string } | null;
  readonly from: number;
  readonly threads: number;
  readonly checkpointIdx: number;
  readonly skippedCheckpoints: readonly { readonly idx: number }[];
  readonly divergence: {
    readonly idx: number;
    readonly what: string | null;
    readonly changes: { readonly count: number };
  } | null;
  readonly damage: readonly { readonly segment: string; readonly offset: number; readonly detail: string }[];
}

class Place {
  readonly #folder = makeTempFolder();
  readonly path: string = this.#folder.path;
  readonly dataDir: string = join(this.path, 'data');

  async run(
    ...args: readonly string[]
  ): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
    return await runCtl(args, { workingDir: this.path });
  }

  async report(...args: readonly string[]): Promise<{ readonly status: number; readonly json: Report }> {
    const { status, stdout } = await this.run(...args, '--json');
    return { status, json: JSON.parse(stdout) as Report }; // what each of the two commands answers for one world
  }

  /** A world of seven events: three rewrites and a collapse among them. */
  async fill(world: string): Promise<string> {
    const flags = ['--world', world, '--json'];
    await this.run('world', 'create', world);
    await this.run('sws', 'create', ...flags);
    for (const text of ['a', 'b', 'c'])
      await this.run('rewrite', '--view', 'sws:0', '--add-node', `note=${text}`, ...flags);
    await this.run('sws', 'create', ...flags);
    await this.run('collapse', '0', ...flags);
    const { stdout } = await this.run('graph', '--world', world, '--digest');
    return stdout.trim();
  }

  [Symbol.dispose](): void {
    this.#folder.remove();
  }
}

/** The one segment of a small world. */
function segmentOf(place: Place, world: string): string {
  const folder = worldFolder(place.dataDir, world);
  const name = readdirSync(folder).find((each) => each.endsWith('.seg') || each.endsWith('.log'));
  assert.ok(name !== undefined, readdirSync(folder).join(' '));
  return join(folder, name);
}

test('a whole history is verified, and its digest is the one that the world shows', async () => {
  using place = new Place();
  const digest = await place.fill('lab');
  const verified = await place.report('replay', '--verify', '--world', 'lab');
  assert.deepEqual(
    [verified.status, verified.json.ok, verified.json.events, verified.json.digest],
    [0, true, 7, digest],
  );
  const folded = await place.run('replay', '--world', 'lab');
  assert.match(
    folded.stdout,
    new RegExp(
      `^WORLD\\tHISTORY\\tEVENTS\\tEVENTS/S\\tDIGEST\nlab\\tfolded\\t7\\t\\d+\\t${digest}\nlab: folded from the first event\n$`,
    ),
  );
  const checked = await place.report('log', 'check', '--world', 'lab');
  assert.deepEqual([checked.status, checked.json.ok, checked.json.events, checked.json.damage], [0, true, 7, []]);
});

test('without --world all worlds are looked at, and one that is broken is enough', async () => {
  using place = new Place();
  await place.fill('lab');
  const whole = await place.run('replay', '--verify', '--json');
  const { ok, worlds } = JSON.parse(whole.stdout) as { ok: boolean; worlds: readonly Report[] };
  assert.deepEqual([whole.status, ok, worlds.map(({ world }) => world)], [0, true, ['lab', 'main']]);
  damage(segmentOf(place, 'lab'));
  for (const words of [
    ['replay', '--verify'],
    ['log', 'check'],
  ]) {
    const broken = await place.run(...words, '--json');
    const report = JSON.parse(broken.stdout) as { ok: boolean; worlds: readonly Report[] };
    assert.deepEqual([broken.status, report.ok, report.worlds.map((each) => each.ok)], [1, false, [false, true]]);
  }
});

/** Flips a bit in the third batch. */
function damage(path: string): void {
  const bytes = readFileSync(path);
  const payload = bytes.indexOf('note');
  assert.ok(payload > 0);
  bytes[payload] = (bytes[payload] ?? 0) ^ 1;
  writeFileSync(path, bytes);
}

test('damage is told with the file, the place and the events that are lost', async () => {
  using place = new Place();
  await place.fill('lab');
  damage(segmentOf(place, 'lab'));
  const checked = await place.report('log', 'check', '--world', 'lab');
  assert.equal(checked.status, 1);
  assert.match(checked.json.damage[0]?.detail ?? '', /events 2 to 2 are lost/);
  const text = await place.run('log', 'check', '--world', 'lab');
  assert.match(text.stdout, /\nlab\tdamaged\t7\t1\t0\nLOG_DAMAGED lab: \S+@\d+: .*events 2 to 2 are lost/);
  const replayed = await place.report('replay', '--verify', '--world', 'lab');
  assert.deepEqual([replayed.status, replayed.json.error?.reason, replayed.json.digest], [1, 'LOG_DAMAGED', null]);
  assert.match(replayed.json.error?.place ?? '', /@\d+$/);
});

test('a history that records a digest which it does not reach is found out, at its event', async () => {
  using place = new Place();
  await place.fill('lab');
  await forge(place, 'lab', 'forged', 3);
  const checked = await place.report('log', 'check', '--world', 'forged');
  assert.equal(checked.status, 0, 'every byte is as it was written');
  assert.equal((await place.report('replay', '--world', 'forged')).status, 0, 'folding compares nothing');
  const { status, json } = await place.report('replay', '--verify', '--world', 'forged');
  assert.deepEqual([status, json.error?.reason, json.error?.place, json.events], [1, 'REPLAY_DIVERGED', 'event 3', 3]);
  const text = await place.run('replay', '--verify', '--world', 'forged');
  assert.match(text.stdout, /\nforged\tbroken\t3\t\d+\t\n.*\nREPLAY_DIVERGED forged: event 3: /);
  assert.match(text.stdout, /\n    \+ node [0-9a-f]{64} note: absent → [0-9a-f]{64}\n/);
  const { divergence } = json;
  assert.deepEqual([divergence?.idx, divergence?.what, divergence?.changes.count], [3, 'workspace 0', 1]);
  // What a lie leaves out: before it, and after it where it is only folded.
  assert.equal((await place.report('replay', '--verify', '--to', '2', '--world', 'forged')).json.events, 3);
  assert.equal((await place.report('replay', '--verify', '--from', '4', '--world', 'forged')).json.events, 7);
  for (const range of [
    ['--from', '7'],
    ['--to', '7'],
    ['--from', '3', '--to', '2'],
  ])
    assert.equal((await place.run('replay', ...range, '--world', 'forged')).status, 2);
});

test('only --strict finds that an event could not have been decided', async () => {
  using place = new Place();
  await place.fill('lab');
  await copyWorld(place.dataDir, { from: 'lab', to: 'forged' }, ({ event }) => {
    return event.idx === 3 ? { ...event, pins: { ...event.pins, policyId: 7 } } : event;
  });
  assert.equal((await place.report('replay', '--verify', '--world', 'forged')).json.ok, true);
  const { status, json } = await place.report('replay', '--strict', '--world', 'forged');
  assert.deepEqual([status, json.error?.place, json.divergence?.what], [1, 'event 3', null]);
});

test('a replay begins with the newest good checkpoint that is early enough', async () => {
  using place = new Place();
  const [older, newest] = await fillWithCheckpoints(place.dataDir, 'lab');
  const replayed = async (...range: readonly string[]): Promise<Report> =>
    (await place.report('replay', '--verify', '--world', 'lab', ...range)).json;
  const whole = await replayed();
  assert.deepEqual([whole.ok, whole.checkpointIdx, whole.from], [true, 0, 0]);
  const tail = await replayed('--from', 'checkpoint');
  assert.deepEqual([tail.checkpointIdx, tail.from, tail.digest], [newest, newest, whole.digest]);
  const middle = await replayed('--from', String(newest - 1));
  assert.deepEqual([middle.checkpointIdx, middle.from, middle.digest], [older, newest - 1, whole.digest]);
  const earlier = await replayed('--from', 'checkpoint', '--to', String(newest - 1));
  assert.deepEqual([earlier.checkpointIdx, earlier.events], [older, newest - older]);
  const path = join(worldFolder(place.dataDir, 'lab'), checkpointName(newest));
  writeFileSync(path, readFileSync(path).subarray(0, -20));
  const skipping = await replayed('--from', 'checkpoint');
  assert.deepEqual([skipping.checkpointIdx, skipping.skippedCheckpoints[0]?.idx], [older, newest]);
  const text = await place.run('replay', '--from', 'checkpoint', '--world', 'lab');
  assert.match(text.stdout, new RegExp(`\\nlab: folded from the checkpoint at event ${older}\\n$`));
});

/** Copies a world event by event, but for the digest that the rewrite at `idx` records. */
async function forge(place: Place, from: string, to: string, idx: number): Promise<void> {
  await copyWorld(place.dataDir, { from, to }, ({ event }) => {
    return event.idx === idx && event.kind === 'REWRITE_APPLIED' ? { ...event, viewDigest: ZERO_DIGEST } : event;
  });
}

test('a history with checkpoints is verified in parts, as one pass would', async () => {
  using place = new Place();
  const [older, newest] = await fillWithCheckpoints(place.dataDir, 'lab');
  const verified = await place.report('replay', '--verify', '--world', 'lab');
  const folded = await place.report('replay', '--world', 'lab');
  assert.equal(verified.json.threads, Math.min(3, availableParallelism()));
  const told = ({ json }: typeof folded): unknown[] => [json.ok, json.events, json.digest, json.worldDigest];
  assert.deepEqual(told(verified), told(folded));
  for (const idx of [older, newest])
    assert.equal(
      (await place.report('replay', '--strict', '--to', String(idx), '--world', 'lab')).json.events,
      idx + 1,
    );
});

test('both work while a daemon holds the folder', async () => {
  using place = new Place();
  const digest = await place.fill('lab');
  const daemon = await serveFolder(place.dataDir);
  try {
    assert.equal((await place.report('replay', '--verify', '--world', 'lab')).json.digest, digest);
    assert.equal((await place.report('log', 'check', '--world', 'lab')).json.ok, true);
  } finally {
    await daemon.close();
  }
});

test('worlds that are not there are not found', async () => {
  using place = new Place();
  const nothing = await place.run('log', 'check');
  assert.deepEqual([nothing.status, nothing.stdout], [4, '']);
  assert.match(nothing.stderr, /^error WORLD_NOT_FOUND: there is no world in this data folder/);
  await place.fill('lab');
  assert.equal((await place.run('replay', '--world', 'nowhere')).status, 4);
});

test('a daemon that is named is not passed over in silence', async () => {
  using place = new Place();
  await place.fill('lab');
  for (const command of [['replay'], ['log', 'check'], ['bisect', '--predicate', 'true'], ['backup', 'b']]) {
    const refused = await place.run(...command, '--url', 'http://127.0.0.1:9', '--world', 'lab');
    assert.deepEqual([refused.status, refused.stdout], [2, ''], command.join(' '));
    assert.match(refused.stderr, /^error USAGE: this reads the data folder and asks no daemon[^]*at: --url/);
  }
});

test('a restore from a folder without a backup says so', async () => {
  using place = new Place();
  const refused = await place.run('restore', 'nowhere', '--into', 'new');
  assert.equal(refused.status, 4);
  assert.match(refused.stderr, /^error WORLD_NOT_FOUND: there is no backup here/);
});

/** `backup` and `restore`: beside a daemon that is busy, again and again, and with backups that are not what they say. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { ZERO_DIGEST } from '@jitos/kernel';
import type { InclusionProof } from '@jitos/kernel/verify';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { liveInDataDir, runCommands } from '@jitos/testkit/daemon/sample-data-dir.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { copyWorld } from '@jitos/testkit/engine/copy-world.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { readEvent, readEvents } from '../engine/history-reader.ts';
import { Host, worldFolder } from '../engine/host.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';

const FIRST = `${''.padStart(20, '0')}.log`;

interface Report {
  readonly worlds: readonly {
    readonly world: string;
    readonly events: number;
    readonly segments: number;
    readonly copiedSegments: number;
    readonly worldDigest: string;
  }[];
}

class Place {
  readonly #temporary = makeTempFolder();
  readonly path: string = this.#temporary.path;
  readonly dataDir: string = join(this.path, 'data');
  readonly backup: string = join(this.path, 'backup');
  readonly restored: string = join(this.path, 'restored');

  async run(...args: readonly string[]): Promise<CtlRun> {
    return await runCtl(args, { workingDir: this.path });
  }

  async report(...args: readonly string[]): Promise<Report> {
    const { status, stdout, stderr } = await this.run(...args, '--json');
    assert.equal(status, 0, stderr);
    return JSON.parse(stdout) as Report; // as docs/spec/cli.md has it
  }

  [Symbol.dispose](): void {
    this.#temporary.remove();
  }
}

/** The leaves of a history's first `count` events, which bind its every byte. */
async function leaves(dataDir: string, count: number): Promise<readonly string[]> {
  const log = await readFileLog({ disk: nodeDisk(), folder: worldFolder(dataDir, 'main') });
  const found: string[] = [];
  for await (const { leaf } of readEvents(log, 0)) {
    if (found.length === count) break;
    found.push(leaf);
  }
  return found;
}

test('a backup is not served as a data folder, so that nothing changes it', async () => {
  using place = new Place();
  await runCtl(['world', 'create', 'lab'], { workingDir: place.path });
  await place.report('backup', 'backup', '--world', 'lab');
  for (const words of ['world list', 'graph --digest --world lab', 'key rotate --world lab', 'sws create']) {
    const { status, stderr } = await place.run(...words.split(' '), '--data-dir', 'backup');
    assert.match(stderr, /COPY_NOT_SERVED: the folder is a backup/, words);
    assert.equal(status, 2, words);
  }
  assert.deepEqual(readdirSync(join(place.backup, 'worlds')), ['lab']);
  assert.equal((await place.report('log', 'check', '--data-dir', 'backup')).worlds.length, 1);
  assert.equal((await place.report('backup', 'backup', '--world', 'lab')).worlds[0]?.copiedSegments, 0);
});

test('a restore into the backup itself is refused before anything is written', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  await place.run('backup', 'backup');
  symlinkSync(place.backup, join(place.path, 'link'));
  for (const into of ['backup/worlds/again', 'backup/new/data', 'link/worlds/again']) {
    const { status, stderr } = await place.run('restore', 'backup', '--into', into);
    assert.match(stderr, /USAGE: a data folder may not share a folder with its backup.*\n {2}at: --into/, into);
    assert.equal(status, 2, into);
  }
  assert.deepEqual(readdirSync(place.backup).toSorted(), ['jitos.json', 'worlds']);
  assert.deepEqual(readdirSync(join(place.backup, 'worlds')), ['main']);
});

test('a backup of a closed folder is restored to the very same worlds, which go on', async () => {
  using place = new Place();
  await runCtl(['world', 'create', 'lab'], { workingDir: place.path });
  const before = await liveInDataDir(place.dataDir, 2);
  const { stdout } = await place.run('backup', 'backup');
  assert.match(
    stdout,
    new RegExp(`^WORLD\tEVENTS\tSEGMENTS\tCOPIED\tBYTES\nlab\t1\t1\t1\t\\d+\nmain\t${before.length}\t1\t1\t\\d+\n$`),
  );
  const { worlds } = await place.report('restore', 'backup', '--into', 'restored');
  assert.deepEqual(
    worlds.map(({ world, events }) => [world, events]),
    [
      ['lab', 1],
      ['main', before.length],
    ],
  );
  assert.equal(worlds[1]?.worldDigest, before.worldDigest);
  assert.deepEqual(readdirSync(place.restored).toSorted(), ['jitos.json', 'worlds']);
  assert.deepEqual(readdirSync(worldFolder(place.restored, 'main')), [FIRST]);
  await liveInDataDir(place.restored, 0);
  const log = await readFileLog({ disk: nodeDisk(), folder: worldFolder(place.restored, 'main') });
  // The first start records that the world has a new key.
  assert.equal((await readEvent(log, before.length)).event.kind, 'SIGNING_KEY_CHANGED');
  const publicKey = (dataDir: string): string => readFileSync(join(worldFolder(dataDir, 'main'), 'world.pub'), 'utf8');
  assert.notEqual(publicKey(place.restored), publicKey(place.dataDir));
  assert.ok((await liveInDataDir(place.restored, 1)).length > before.length);
});

test('a restored world goes on under its old key only if the backup reaches the last head that it signed', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  await place.run('key', 'rotate');
  const folder = worldFolder(place.dataDir, 'main');
  const [worldKey, note] = [join(folder, 'world.key'), join(place.path, 'last.note')];
  const signHead = async (): Promise<void> => {
    const host = await Host.open({ dataDir: place.dataDir });
    writeFileSync(note, host.mustGetWorld('main').proofs.treeHead());
    await host.close();
  };
  const restore = async (into: string): Promise<CtlRun> =>
    await place.run(
      'restore',
      'backup',
      '--into',
      into,
      '--world',
      'main',
      '--signing-key',
      worldKey,
      '--tree-head',
      note,
    );
  const keys = async (dataDir: string): Promise<string> =>
    (await place.run('key', 'show', '--data-dir', dataDir)).stdout;
  await signHead();
  await place.report('backup', 'backup');
  assert.match((await restore('same')).stdout, /\nmain\t\d+\tkept\t/);
  assert.equal(await keys('same'), await keys(place.dataDir));
  assert.equal((await keys('same')).split('\n').length, 4);
  await place.run('sws', 'create');
  await signHead();
  assert.match((await restore('behind')).stdout, /\nmain\t\d+\tnew\t/);
  const [, behind = ''] = (await keys('behind')).trimEnd().split('\n');
  assert.match(behind, /^\tjitos\.invalid\/[0-9a-f]{32}\/[0-9a-f]{16}\+/);
  await place.report('backup', 'backup');
  const older = readFileSync(worldKey);
  await place.run('key', 'rotate');
  await place.report('backup', 'backup');
  writeFileSync(worldKey, older);
  const replaced = await restore('replaced');
  assert.match(replaced.stderr, /USAGE: event \d+ names another key since/);
  assert.ok(!existsSync(join(place.path, 'replaced', 'worlds')));
  // The very last head that the older key signed hands over to the next one.
  const handover = readdirSync(folder)
    .filter((name) => name.endsWith('.handover'))
    .toSorted()
    .at(-1)!;
  const { treeHead } = JSON.parse(readFileSync(join(folder, handover), 'utf8')) as InclusionProof; // a handover is one
  writeFileSync(note, treeHead);
  assert.match((await restore('handed-over')).stderr, /USAGE: event \d+ names another key since/);
});

test('a key that a restore can not go on under is told before anything is copied', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 0);
  await place.report('backup', 'backup');
  writeFileSync(join(place.path, 'none'), 'no key\n');
  const worldKey = join(worldFolder(place.dataDir, 'main'), 'world.key');
  for (const [words, told] of [
    ['--signing-key none', /--signing-key and --tree-head together/],
    ['--signing-key none --tree-head none', /none holds no signing key/],
    ['--signing-key missing --tree-head none', /can't be read/],
    [`--signing-key ${worldKey} --tree-head none`, /no tree head that the key signed/],
  ] as const) {
    const { status, stderr } = await place.run('restore', 'backup', '--into', 'restored', ...words.split(' '));
    assert.equal(status, 2);
    assert.match(stderr, told);
    assert.ok(!existsSync(place.restored));
  }
});

test('a backup beside a busy daemon holds all that was acknowledged before it began, and a prefix of the history', async () => {
  using place = new Place();
  const daemon = await serveFolder(place.dataDir);
  try {
    const world = daemon.host.mustGetWorld('main');
    for (let round = 0; round < 3; round++) {
      const acknowledged = world.log.length;
      const [{ worlds }] = await Promise.all([place.report('backup', 'backup'), runCommands(world, round, 120)]);
      const events = worlds[0]?.events ?? 0;
      assert.ok(events >= acknowledged, `${events} of ${acknowledged}`);
      assert.deepEqual(await leaves(place.backup, events), await leaves(place.dataDir, events));
    }
    const { worlds } = await place.report('restore', 'backup', '--into', 'restored');
    assert.deepEqual(await leaves(place.restored, Infinity), await leaves(place.dataDir, worlds[0]?.events ?? 0));
  } finally {
    await daemon.close();
  }
});

test('a second backup copies only what is new', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  assert.equal((await place.report('backup', 'backup')).worlds[0]?.copiedSegments, 1);
  assert.equal((await place.report('backup', 'backup')).worlds[0]?.copiedSegments, 0);
  const { length } = await liveInDataDir(place.dataDir, 1);
  const { worlds } = await place.report('backup', 'backup');
  assert.deepEqual([worlds[0]?.copiedSegments, worlds[0]?.events], [1, length]);
});

test('a restore goes into an empty folder only', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  await place.run('backup', 'backup');
  const { status, stderr } = await place.run('restore', 'backup', '--into', 'data');
  assert.equal(status, 2);
  assert.match(stderr, /^error FOLDER_NOT_EMPTY: /);
  assert.equal((await place.run('restore', 'nowhere', '--into', 'restored')).status, 4);
  assert.equal((await place.run('restore', 'backup')).status, 2);
});

test('a backup that is damaged, shorter than it says, or none, is not restored, and nothing is left behind', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  await place.run('backup', 'backup');
  const folder = worldFolder(place.backup, 'main');
  const path = join(folder, FIRST);
  const whole = readFileSync(path);
  const refused = async (reason: RegExp, exit: number): Promise<void> => {
    const { status, stderr } = await place.run('restore', 'backup', '--into', 'restored');
    assert.equal(status, exit);
    assert.match(stderr, reason);
    assert.deepEqual(existsSync(place.restored) ? readdirSync(place.restored) : [], []);
  };
  const flipped = Buffer.from(whole);
  flipped[200] = (flipped[200] ?? 0) ^ 1;
  writeFileSync(path, flipped);
  await refused(/^error LOG_DAMAGED: /, 5);
  writeFileSync(path, whole.subarray(0, whole.length - 10));
  await refused(/^error LOG_DAMAGED: the backup holds \d+ events/, 5);
  writeFileSync(path, whole);
  rmSync(join(folder, 'backup.json'));
  await refused(/^error COPY_UNFIT: this is no backup/, 2);
});

test('a backup whose history records a digest that it does not reach is not restored', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  let isForged = false;
  await copyWorld(place.dataDir, { from: 'main', to: 'forged' }, ({ event }) => {
    if (isForged || event.kind !== 'REWRITE_APPLIED') return event;
    isForged = true;
    return { ...event, viewDigest: ZERO_DIGEST };
  });
  await place.run('backup', 'backup');
  const { status, stderr } = await place.run('restore', 'backup', '--into', 'restored');
  assert.equal(status, 1);
  assert.match(stderr, /^error REPLAY_DIVERGED: /);
  assert.deepEqual(readdirSync(place.restored), []);
});

test('a backup of another folder is not written over, nor one inside the data', async () => {
  using place = new Place();
  using other = new Place();
  await liveInDataDir(place.dataDir, 1);
  await liveInDataDir(other.dataDir, 2);
  await other.run('backup', place.backup);
  const bytes = readFileSync(join(worldFolder(place.backup, 'main'), FIRST));
  const { status, stderr } = await place.run('backup', 'backup');
  assert.equal(status, 2);
  assert.match(stderr, /^error COPY_UNFIT: it is of another world/);
  assert.ok(readFileSync(join(worldFolder(place.backup, 'main'), FIRST)).equals(bytes));
  for (const folder of ['data', 'data/worlds/main', '.']) {
    assert.equal((await place.run('backup', folder)).status, 2, folder);
  }
});

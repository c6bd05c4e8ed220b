/** `log check`, `log inspect` and `log repair` on a folder with checkpoints, whole and damaged. */
import assert from 'node:assert/strict';
import { cpSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { liveInDataDir } from '@jitos/testkit/daemon/sample-data-dir.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { worldFolder } from '../engine/host.ts';
import { catchUpRewrites } from '../engine/index-rewrites.ts';
import { checkpointNameToIdx } from '../logs/file/checkpoint-format.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';
import { openFileRewriteIndex } from '../logs/file/rewrite-index.ts';
import { runName } from '../logs/file/rewrite-run-format.ts';

interface CheckReport {
  readonly ok: boolean;
  readonly damageCount: number;
  readonly checkpoints: readonly { readonly file: string; readonly ok: boolean; readonly detail: string | null }[];
  readonly derived: readonly { readonly file: string; readonly ok: boolean; readonly detail: string | null }[];
}

interface InspectReport {
  readonly segments: readonly { readonly segment: string; readonly header: { readonly worldId: string } | null }[];
  readonly checkpoints: readonly {
    readonly header: { readonly idx: number; readonly worldDigest: string; readonly worldId: string } | null;
  }[];
  readonly event: { readonly kind: string; readonly worldDigest: string } | null;
  readonly problem: string | null;
  readonly body: unknown;
  readonly leaf: string;
  readonly header_b64: string;
  readonly batches: readonly { readonly firstIdx: number; readonly count: number }[];
  readonly damage: readonly { readonly detail: string }[];
}

class Place {
  readonly #temporary = makeTempFolder();
  readonly path: string = this.#temporary.path;
  readonly dataDir: string = join(this.path, 'data');
  readonly folder: string = worldFolder(this.dataDir, 'main');

  async run(...args: readonly string[]): Promise<{ readonly status: number; readonly stdout: string }> {
    return await runCtl(args, { workingDir: this.path });
  }

  async check(): Promise<{ readonly status: number; readonly json: CheckReport }> {
    const { status, stdout } = await this.run('log', 'check', '--world', 'main', '--json');
    return { status, json: JSON.parse(stdout) as CheckReport }; // as docs/spec/cli.md has it
  }

  async inspect(...args: readonly string[]): Promise<{ readonly status: number; readonly json: InspectReport }> {
    const { status, stdout } = await this.run('log', 'inspect', ...args, '--json');
    return { status, json: JSON.parse(stdout) as InspectReport }; // as docs/spec/cli.md has it
  }

  /** Newest first. */
  checkpoints(): readonly string[] {
    return readdirSync(this.folder)
      .filter((name) => checkpointNameToIdx(name) !== undefined)
      .toSorted()
      .toReversed();
  }

  flip(name: string, offsetOf: (sizeBytes: number) => number): void {
    const path = join(this.folder, name);
    const bytes = readFileSync(path);
    const offset = offsetOf(bytes.length);
    bytes[offset] = (bytes[offset] ?? 0) ^ 1;
    writeFileSync(path, bytes);
  }

  /** Makes the first run of the rewrite index, as a world of some thousand events has it; answers its name. */
  async makeRun(): Promise<string> {
    const disk = nodeDisk();
    const log = await readFileLog({ disk, folder: this.folder });
    const index = openFileRewriteIndex({ folder: this.folder, disk, log, eventsPerRun: log.length });
    await catchUpRewrites(log, index, { idx: log.length, rewriteCount: 0 });
    await index.close();
    return runName({ first: { rewriteIdx: 0, eventIdx: 0 }, end: { rewriteIdx: 0, eventIdx: log.length } }, 'run');
  }

  /** What changes when anything is written. */
  state(): unknown {
    return readdirSync(this.folder)
      .toSorted()
      .map((name) => [name, statSync(join(this.folder, name)).mtimeMs, readFileSync(join(this.folder, name), 'hex')]);
  }

  [Symbol.dispose](): void {
    this.#temporary.remove();
  }
}

test('log check tells a bad checkpoint from a damaged log, and changes nothing', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 3);
  const [newest = '', older = ''] = place.checkpoints();
  const whole = await place.check();
  assert.equal(whole.status, 0);
  assert.deepEqual(whole.json.checkpoints, [
    { file: newest, ok: true, detail: null },
    { file: older, ok: true, detail: null },
  ]);
  place.flip(newest, (sizeBytes) => sizeBytes >> 1);
  const before = place.state();
  const { status, json } = await place.check();
  assert.deepEqual([status, json.ok, json.damageCount], [1, false, 0]);
  assert.deepEqual(
    json.checkpoints.map(({ ok }) => ok),
    [false, true],
  );
  assert.match(json.checkpoints[0]?.detail ?? '', /checksum/);
  const { stdout } = await place.run('log', 'check', '--world', 'main');
  assert.match(stdout, /\nmain\twhole\t\d+\t1\t2\nbad checkpoint main: \d+\.checkpoint: .*checksum.* may be deleted/);
  assert.deepEqual(place.state(), before);
});

test('log check finds a checkpoint of another world, and one that the history never recorded', async () => {
  using place = new Place();
  using other = new Place();
  await liveInDataDir(place.dataDir, 3);
  await liveInDataDir(other.dataDir, 3);
  const [newest = '', older = ''] = place.checkpoints();
  assert.deepEqual(other.checkpoints(), [newest, older]);
  writeFileSync(join(place.folder, newest), readFileSync(join(other.folder, newest)));
  writeFileSync(join(place.folder, `${'9'.padStart(20, '0')}.checkpoint`), readFileSync(join(place.folder, older)));
  const { json } = await place.check();
  assert.deepEqual(
    json.checkpoints.map(({ detail }) => detail),
    ['it belongs to another world', null, `the file is the checkpoint at event ${checkpointNameToIdx(older)}`],
  );
});

test('log check says which derived file is bad, and that is no damage where the daemon finds it, too', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  const run = await place.makeRun();
  const reportOf = ({ derived }: CheckReport): unknown => derived.find(({ file }) => file === run);
  assert.deepEqual(reportOf((await place.check()).json), { file: run, ok: true, detail: null, isRemade: true });
  place.flip(run, (sizeBytes) => sizeBytes - 100);
  const { status, json } = await place.check();
  assert.deepEqual([status, json.ok, json.damageCount], [1, false, 0]);
  const bad = await place.run('log', 'check', '--world', 'main');
  const advice =
    'block 0 of 1 is not as it was written; stop the daemon, delete it, and start it again, and look at the disk';
  assert.ok(bad.stdout.includes(`\nbad file main: ${run}: ${advice}\n`), bad.stdout);
  place.flip(run, () => 20);
  const remade = await place.run('log', 'check', '--world', 'main');
  assert.equal(remade.status, 0);
  assert.match(
    remade.stdout,
    /\nmain: rewrites-.*\.run: it is cut short, .*; the daemon makes it again when it starts\n/,
  );
});

test('log check finds hashes of the tree that the disk has changed, and says what to do', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 1);
  const whole = await place.check();
  assert.ok(whole.json.derived.some(({ file, ok }) => file === 'tree-0.hashes' && ok));
  place.flip('tree-0.hashes', (sizeBytes) => sizeBytes >> 1);
  const before = place.state();
  const { status, json } = await place.check();
  assert.deepEqual([status, json.ok, json.damageCount], [1, false, 0]);
  const { stdout } = await place.run('log', 'check', '--world', 'main');
  assert.match(
    stdout,
    /\nbad file main: tree-0\.hashes: 1 of \d+ hashes .* delete tree-\*\.hashes, and start it again/,
  );
  assert.deepEqual(place.state(), before);
});

test('log inspect shows the headers of segments and checkpoints', async () => {
  using place = new Place();
  const { worldDigest } = await liveInDataDir(place.dataDir, 3);
  const { status, json } = await place.inspect();
  assert.equal(status, 0);
  assert.deepEqual([json.segments.length, json.checkpoints.length], [1, 2]);
  const [, newest] = json.checkpoints;
  assert.equal(newest?.header?.worldId, json.segments[0]?.header?.worldId);
  assert.notEqual(newest?.header?.worldDigest, worldDigest, 'events follow it');
  const { stdout } = await place.run('log', 'inspect');
  assert.match(
    stdout,
    /^SEGMENT\tBYTES\tORDINAL\tFIRST\tWORLD ID\n0{20}\.log\t1048576\t0\t0\t[0-9a-f]{32}\n\nCHECKPOINT\t/,
  );
});

test('log inspect shows an event: where it stands, what it says, and its very bytes', async () => {
  using place = new Place();
  await liveInDataDir(place.dataDir, 2);
  const headers = await place.inspect();
  const header = headers.json.checkpoints[0]?.header;
  const { status, json } = await place.inspect(String(header?.idx));
  assert.deepEqual([status, json.problem, json.event?.kind], [0, null, 'CHECKPOINT']);
  assert.equal(json.event?.worldDigest, header?.worldDigest);
  assert.ok(Buffer.from(json.header_b64, 'base64').includes('CHECKPOINT'));
  const first = await place.inspect('0');
  assert.deepEqual(first.json.body, [2, 1000]);
  const { stdout } = await place.run('log', 'inspect', '0');
  assert.match(stdout, /^event\t0\nsegment\t0{20}\.log@64\nbatch\t0 to 0, \d+ bytes\n/);
  assert.match(stdout, new RegExp(`\nleaf\t${first.json.leaf}\nkind\tWORLD_CREATED\n(.*\n)*says\t\\[2,1000\\]\n$`));
});

test('log inspect shows a segment with its damage, and an event that is not there is not found', async () => {
  using place = new Place();
  const { length } = await liveInDataDir(place.dataDir, 1);
  const whole = await place.inspect('5', '--segment');
  assert.deepEqual([whole.status, whole.json.damage], [0, []]);
  assert.equal(
    whole.json.batches.reduce((sum, { count }) => sum + count, 0),
    length,
  );
  place.flip(`${''.padStart(20, '0')}.log`, () => 64 + 70);
  const damaged = await place.inspect('5', '--segment');
  assert.equal(damaged.status, 1);
  assert.match(damaged.json.damage[0]?.detail ?? '', /events 0 to 0 are lost/);
  assert.equal((await place.run('log', 'inspect', '0')).status, 5);
  assert.equal((await place.run('log', 'inspect', '5')).status, 0);
  assert.equal((await place.run('log', 'inspect', String(length))).status, 4);
  assert.equal((await place.run('log', 'inspect', '--segment')).status, 2);
  assert.equal((await place.run('log', 'inspect', '--world', 'nowhere')).status, 4);
});

const FIRST = `${''.padStart(20, '0')}.log`;

test('log repair says what it would do, does it when told to, and saves what it changes', async () => {
  using place = new Place();
  const { worldDigest } = await liveInDataDir(place.dataDir, 1);
  const whole = await place.run('log', 'repair');
  assert.deepEqual([whole.status, whole.stdout], [0, 'main: the log is whole; nothing was changed\n']);
  const copy = join(place.path, 'copy');
  cpSync(place.folder, copy, { recursive: true });
  place.flip(FIRST, () => 64 + 70);
  const damaged = readFileSync(join(place.folder, FIRST));
  const before = place.state();
  const told = await place.run('log', 'repair');
  assert.equal(told.status, 1);
  assert.match(told.stdout, /^LOG_DAMAGED main: .*events 0 to 0 are lost.*\nmain: name a copy with --from; nothing/);
  const planned = await place.run('log', 'repair', '--from', 'copy');
  assert.equal(planned.status, 1);
  assert.match(planned.stdout, /^main: 0+\.log: would restore from .*copy\nmain: nothing was changed; .* --yes\n$/);
  assert.deepEqual(place.state(), before);
  const { status, stdout } = await place.run('log', 'repair', '--from', 'copy', '--yes');
  assert.equal(status, 0, stdout);
  assert.match(stdout, /restored from .*copy\nmain: 0+\.log: as it was in 0+\.log\.saved-1\nmain: the log is whole\n$/);
  assert.ok(readFileSync(join(place.folder, `${FIRST}.saved-1`)).equals(damaged));
  assert.equal((await place.check()).status, 0);
  assert.equal((await liveInDataDir(place.dataDir, 0)).worldDigest, worldDigest);
});

test('log repair cuts a torn tail, and does nothing where the copy is of no use', async () => {
  using place = new Place();
  const { length } = await liveInDataDir(place.dataDir, 1);
  const last = readFileSync(join(place.folder, FIRST)).findLastIndex((byte) => byte !== 0);
  place.flip(FIRST, () => last);
  const { stdout } = await runCtl(['log', 'repair', '--yes', '--json'], { workingDir: place.path });
  const report = JSON.parse(stdout) as { ok: boolean; done: boolean; cut: { firstIdx: number }; saved: unknown };
  assert.deepEqual([report.ok, report.done], [true, true]);
  assert.ok(report.cut.firstIdx < length);
  assert.deepEqual(report.saved, [{ segment: FIRST, saved: `${FIRST}.saved-1` }]);
  const copy = join(place.path, 'copy');
  cpSync(place.folder, copy, { recursive: true });
  place.flip(FIRST, () => 64 + 70);
  cpSync(place.folder, copy, { recursive: true });
  const unmended = await place.run('log', 'repair', '--from', 'copy', '--yes');
  assert.equal(unmended.status, 1);
  assert.match(unmended.stdout, /the copy does not mend this; nothing was changed\n$/);
});

test('log repair keeps off a log that a daemon has open', async () => {
  using place = new Place();
  const daemon = await serveFolder(place.dataDir);
  try {
    for (const words of [[], ['--yes']]) {
      const { status, stderr } = await runCtl(['log', 'repair', ...words], { workingDir: place.path });
      assert.equal(status, 5);
      assert.match(stderr, /^error LOG_LOCKED: /);
    }
  } finally {
    await daemon.close();
  }
});

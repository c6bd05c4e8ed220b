/** `log archive` and `log unarchive`, and what every other command says of a world whose early segments are archived. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER } from '@jitos/testkit/engine/disk-world.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { applyRewrite, collapseWorkspace, createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';

const folder = makeTempFolder();
after(() => folder.remove());

async function run(words: string): Promise<CtlRun> {
  return await runCtl(words.split(' '), { workingDir: folder.path });
}

async function json(words: string): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await run(`${words} --json`);
  assert.equal(status, 0, `${words}: ${stderr}`);
  return JSON.parse(stdout) as Record<string, unknown>; // docs/spec/cli.md
}

/** Puts a world of some small segments into the data folder; answers how many events it has. */
async function makeWorld(dataDir: string): Promise<number> {
  const disk = new MemoryDisk();
  const world = await openDiskWorld({ disk, cadence: { events: 60, sizeBytes: Infinity }, keysInFolder: true });
  for (let i = 0; i < 80; i++) {
    await world.loop.submit(createWorkspace());
    await world.loop.submit(applyRewrite(i, [putNode('file', `f${i}`, { i, text: 'x'.repeat(300) })]));
    await world.loop.submit(collapseWorkspace(i));
  }
  await world.checkpointer?.idle();
  const { length } = world.log;
  await world.close();
  for (const name of disk.list(WORLD_FOLDER)) {
    const path = join(folder.path, dataDir, 'worlds', 'w', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, disk.bytes(`${WORLD_FOLDER}/${name}`), { mode: 0o600 });
  }
  await run(`world list --data-dir ${dataDir}`); // which makes it a data folder
  return length;
}

const EVENTS = await makeWorld('data');
const ARCHIVED = 'EVENT_ARCHIVED';

test('without its early segments a world is checked, replayed, asked, proved, backed up and restored', async () => {
  const whole = await json('replay --verify --world w');
  const { segments, firstIdx, baseIdx } = await json('log archive --to archive --world w');
  assert.ok(Number(segments) > 2 && Number(firstIdx) > 50 && Number(baseIdx) >= Number(firstIdx));
  const check = await json('log check --world w');
  assert.deepEqual([check['ok'], check['firstIdx'], check['baseFaults']], [true, firstIdx, []]);
  assert.match(
    (await run('log check --world w')).stdout,
    new RegExp(`w: the events before ${String(firstIdx)} are archived`),
  );
  const { worldDigest, ok, from } = await json('replay --verify --world w');
  assert.deepEqual([ok, worldDigest], [true, whole['worldDigest']]);
  assert.ok(Number(from) >= Number(firstIdx));
  assert.equal((await json(`log inspect ${EVENTS - 1} --world w`))['problem'], null);
  for (const words of [
    'log inspect 3',
    'graph --at 3 --digest',
    'diff --from 3',
    'bisect --predicate true',
    'replay --verify --to 3',
    'prove event 3',
  ]) {
    const { status, stderr } = await run(`${words} --world w --json`);
    const { error } = JSON.parse(stderr) as { error: { reason: string; detail: string } };
    assert.deepEqual([status, error.reason], [4, ARCHIVED], words);
    assert.match(error.detail, /archived, in \S+archive when that was done; `npx jitosctl log unarchive/, words);
  }
  assert.equal((await run(`graph --at ${EVENTS - 1} --digest --world w`)).status, 0);
  assert.equal((await run(`diff --from ${EVENTS - 2} --world w`)).status, 0);
  for (const words of [`event ${EVENTS - 1}`, 'consistency 1', `consistency 3 ${String(firstIdx)}`]) {
    await run(`prove ${words} --world w --out proof.json`);
    assert.equal((await run('verify-proof proof.json --key data/worlds/w/world.pub')).status, 0, words);
  }
  const rewrites = await run('rewrites --world w --first 5');
  assert.equal(rewrites.status, 0, rewrites.stderr);
  await json('backup backup');
  const restored = await json('restore backup --into restored');
  assert.equal(
    (restored['worlds'] as { world: string; worldDigest: string }[]).find(({ world }) => world === 'w')?.worldDigest,
    worldDigest,
  );
  assert.deepEqual((await json('log check --world w --data-dir restored'))['ok'], true);
  assert.equal((await run('sws create --world w --data-dir restored')).status, 0);
  assert.deepEqual((await json('log check --world w --data-dir restored'))['ok'], true);
  assert.equal((await run('rewrites --world w --data-dir restored')).status, 0);
  // Of workspaces that ended lately the world itself knows.
  assert.equal((await run('sws show 0 --world w --data-dir restored')).status, 0);
  await run('prove consistency 1 --world w --data-dir restored --out proof.json');
  assert.equal((await run('verify-proof proof.json --key restored/worlds/w/world.pub')).status, 0);
});

test('what was archived is brought back, and is refused where it does not belong', async () => {
  await run('world create other');
  assert.match((await run('log unarchive --from archive --world other')).stderr, /COPY_UNFIT/);
  const { stdout } = await run('log archive --to archive --world other');
  assert.match(stdout, /segments moved\t0\n[^]*nothing was moved: the last segment stays/);
  assert.match((await run('log unarchive --from nowhere --world w')).stderr, /USAGE/);
  const served = await serveFolder(join(folder.path, 'data'));
  try {
    assert.match((await run('log unarchive --from archive --world w')).stderr, /LOG_LOCKED/);
  } finally {
    await served.close();
  }
  const { segments, firstIdx } = await json('log unarchive --from archive --world w');
  assert.ok(Number(segments) > 2 && firstIdx === 0);
  assert.equal((await json('replay --verify --world w'))['from'], 0);
  assert.equal((await run('graph --at 3 --digest --world w')).status, 0);
  assert.equal((await json('log check --world w'))['firstIdx'], 0);
});

test('a daemon archives while it serves, and a later backup keeps what it held', async () => {
  await makeWorld('served');
  await run('backup served-backup --data-dir served');
  const served = await serveFolder(join(folder.path, 'served'));
  try {
    const at = (idx: number): string => `graph --at ${idx} --digest --world w --data-dir served`;
    const seen = [await run(at(50)), await run(at(EVENTS - 1))];
    const { segments } = await json('log archive --to served-archive --before 100 --world w --data-dir served');
    assert.ok(Number(segments) > 0);
    // The thread that showed the one has read segments that are gone now.
    const { status, stderr: told } = await run(at(20));
    assert.deepEqual([seen[0]!.status, status, /EVENT_ARCHIVED: .*\n {2}at: --at\n/.test(told)], [0, 4, true], told);
    assert.deepEqual(await run(at(EVENTS - 1)), seen[1]);
    assert.equal((await run('sws create --world w --data-dir served')).status, 0);
    const { stderr } = await run('log archive --to served/worlds/w/in --world w --data-dir served');
    assert.match(stderr, /USAGE: an archive may not be among the worlds/);
  } finally {
    await served.close();
  }
  await json('backup served-backup --data-dir served');
  const names = readdirSync(join(folder.path, 'served-backup', 'worlds', 'w')).filter((name) => name.endsWith('.log'));
  assert.ok(names.includes(`${''.padStart(20, '0')}.log`));
  await json('restore served-backup --into served-restored');
  assert.equal((await json('log check --world w --data-dir served-restored'))['firstIdx'], 0);
  const manifest = readFileSync(join(folder.path, 'served-archive', 'archive.json'), 'utf8');
  assert.match(
    manifest,
    /^\{"check":"sha256:[0-9a-f]{64}","format":"jitos-archive\/1","segments":\[\{"digest":"sha256:/,
  );
  assert.ok(!existsSync(join(folder.path, 'served', 'worlds', 'w', `${''.padStart(20, '0')}.log`)));
});

test('an archive is no world: it is refused among them, and left as it is where it was put there', async () => {
  await makeWorld('apart');
  for (const to of ['apart/worlds/old', 'apart/worlds', 'apart/worlds/main/old', 'apart']) {
    const { status, stderr } = await run(`log archive --to ${to} --world w --data-dir apart`);
    assert.match(stderr, /USAGE: an archive may not (?:be among the worlds|share a folder)/, to);
    assert.equal(status, 2, to);
  }
  assert.deepEqual(readdirSync(join(folder.path, 'apart', 'worlds')), ['main', 'w']);
  await json('log archive --to apart-archive --world w --data-dir apart');
  renameSync(join(folder.path, 'apart-archive'), join(folder.path, 'apart', 'worlds', 'old'));
  assert.match(
    (await run('graph --digest --world old --data-dir apart')).stderr,
    /COPY_NOT_SERVED: the folder is an archive/,
  );
  assert.equal((await run('graph --digest --world w --data-dir apart')).status, 0);
  const { firstIdx } = await json('log unarchive --from apart/worlds/old --world w --data-dir apart');
  assert.equal(firstIdx, 0);
});

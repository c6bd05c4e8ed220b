/** Archiving: what a world still does without its early segments, what it tells of them, and how they come back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { worldDigest } from '@jitos/kernel';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { openDiskWorld, WORLD_FOLDER, type DiskWorld } from '@jitos/testkit/engine/disk-world.ts';
import { applyRewrite, createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';
import { Failure } from '../errors/failure.ts';
import { bringBackSegments, readArchive } from '../logs/file/archive-segments.ts';
import { baseFolders, findBaseFaults, readBase } from '../logs/file/base-files.ts';
import { manifestText, parseManifest } from '../logs/file/canonical-json.ts';
import { checkTreeFiles } from '../logs/file/check-tree.ts';
import { listCheckpoints } from '../logs/file/checkpoint-reader.ts';
import { FileCheckpoints } from '../logs/file/file-checkpoints.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';
import { isRewritesName } from '../logs/file/rewrite-run-format.ts';
import { encodeSegmentHeader } from '../logs/file/segment-format.ts';
import { archiveHistory, type ArchiveReport } from './archive-history.ts';
import { readEvent, readEvents } from './history-reader.ts';
import { worldAt } from './replay-history.ts';
import { sha256 } from './sha256.ts';

const ARCHIVE = '/archive';
const CADENCE = { events: 60, sizeBytes: Infinity };

function open(disk: MemoryDisk): Promise<DiskWorld> {
  return openDiskWorld({ disk, cadence: CADENCE, keysInFolder: true });
}

function checkpointsOf(disk: MemoryDisk, { log }: DiskWorld): FileCheckpoints {
  return new FileCheckpoints({ disk, folder: WORLD_FOLDER, worldId: log.worldId });
}

function archive(disk: MemoryDisk, world: DiskWorld, before: number | null = null): Promise<ArchiveReport> {
  const parts = { disk, folder: WORLD_FOLDER, log: world.log, checkpoints: checkpointsOf(disk, world), world };
  return archiveHistory(parts, { to: ARCHIVE, before });
}

/** Rewrites that fill a few small segments. */
async function live(world: DiskWorld, count: number): Promise<void> {
  const number = world.loop.world.workspaceCount;
  await world.loop.submit(createWorkspace());
  for (let i = 0; i < count; i++) {
    await world.loop.submit(applyRewrite(number, [putNode('file', `f${i % 20}`, { i, text: 'x'.repeat(200) })]));
  }
  await world.checkpointer?.idle();
}

async function leavesOf(world: DiskWorld, fromIdx: number): Promise<readonly string[]> {
  const leaves: string[] = [];
  for await (const { leaf } of readEvents(world.log, fromIdx)) leaves.push(leaf);
  return leaves;
}

async function archivedWorld(): Promise<{
  disk: MemoryDisk;
  report: ArchiveReport;
  leaves: readonly string[];
  digest: string;
}> {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  const leaves = await leavesOf(world, 0);
  const report = await archive(disk, world);
  const digest = worldDigest(world.loop.world, sha256);
  await world.close();
  return { disk, report, leaves, digest };
}

test('a world whose early segments are archived starts from its base, goes on, and proves what is there', async () => {
  const { disk, report, leaves } = await archivedWorld();
  assert.ok(report.segments > 2 && report.firstIdx > 100, JSON.stringify(report));
  for (const idx of listCheckpoints(disk, WORLD_FOLDER))
    disk.remove(`${WORLD_FOLDER}/${String(idx).padStart(20, '0')}.checkpoint`);
  const world = await open(disk);
  assert.equal(world.startIdx, report.baseIdx);
  assert.equal(world.log.firstIdx, report.firstIdx);
  assert.deepEqual(await leavesOf(world, report.firstIdx), leaves.slice(report.firstIdx, world.log.length));
  await live(world, 10);
  const size = world.log.length;
  for (const old of [0, 1, 17, report.firstIdx, size]) assert.equal(world.proofs.consistency(old).kind, 'consistency');
  assert.ok(world.proofs.tile(0, 0, 100).length === 3200);
  assert.equal((await world.proofs.inclusion(report.firstIdx, size)).idx, report.firstIdx);
  const archived = { name: 'Failure', reason: 'EVENT_ARCHIVED', message: /before \d+ are archived, in \/archive/ };
  await assert.rejects(world.proofs.inclusion(3), archived);
  await assert.rejects(world.proofs.entries(0, 10), archived);
  await assert.rejects(readEvent(world.log, report.firstIdx - 1), archived);
  const history = { log: world.log, checkpoints: checkpointsOf(disk, world), onSkipped: () => undefined };
  await assert.rejects(worldAt(history, report.firstIdx - 1), archived);
  assert.equal((await worldAt(history, size - 1)).history.size, size);
  await world.close();
});

test('what is archived comes back, byte for byte, and the world is whole again', async () => {
  const { disk, report, leaves } = await archivedWorld();
  const manifest = readArchive({ disk, folder: ARCHIVE })!;
  assert.equal(manifest.segments.length, report.segments);
  const { worldId } = manifest;
  const parts = { disk, folder: WORLD_FOLDER, archive: ARCHIVE, worldId, onProgress: () => undefined };
  const back = await bringBackSegments({ ...parts, firstIdx: report.firstIdx });
  assert.equal(back.length, report.segments);
  for (const name of disk.list(WORLD_FOLDER).filter((each) => each.startsWith('tree-')))
    disk.remove(`${WORLD_FOLDER}/${name}`);
  const world = await open(disk);
  assert.equal(world.log.firstIdx, 0);
  assert.deepEqual((await leavesOf(world, 0)).slice(0, leaves.length), leaves);
  const again = await archive(disk, world);
  assert.deepEqual([again.segments, again.firstIdx], [report.segments, report.firstIdx]);
  assert.deepEqual(await findBaseFaults({ disk, folder: WORLD_FOLDER }, readBase({ disk, folder: WORLD_FOLDER })!), []);
  await world.close();
});

test('archiving goes on where it ended, up to an event, and does nothing where there is nothing to do', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  const some = await archive(disk, world, 100);
  assert.ok(some.segments > 0 && some.firstIdx <= 100, JSON.stringify(some));
  assert.equal(some.baseIdx, listCheckpoints(disk, WORLD_FOLDER).at(-1), 'the oldest that will do');
  assert.deepEqual(await archive(disk, world, some.firstIdx), { ...some, segments: 0, sizeBytes: 0, baseIdx: null });
  const rest = await archive(disk, world);
  assert.ok(rest.firstIdx > some.firstIdx);
  assert.equal(readArchive({ disk, folder: ARCHIVE })?.segments.length, some.segments + rest.segments);
  for (const folder of baseFolders(WORLD_FOLDER)) assert.deepEqual(listCheckpoints(disk, folder), [rest.baseIdx]);
  await world.close();
  const other = new MemoryDisk();
  const stranger = await open(other);
  await live(stranger, 100);
  const checkpoints = checkpointsOf(other, stranger);
  const parts = { disk: other, folder: WORLD_FOLDER, log: stranger.log, checkpoints, world: stranger };
  for (const to of [WORLD_FOLDER, `${WORLD_FOLDER}/in`, `${WORLD_FOLDER}/..in`, '/']) {
    await assert.rejects(archiveHistory(parts, { to, before: null }), { reason: 'USAGE' }, to);
  }
  await stranger.close();
});

test('a base that is damaged is told; its copy serves, and without either the world is set aside', async () => {
  const { disk, report, digest } = await archivedWorld();
  for (const idx of listCheckpoints(disk, WORLD_FOLDER))
    disk.remove(`${WORLD_FOLDER}/${String(idx).padStart(20, '0')}.checkpoint`);
  const [base, copy] = baseFolders(WORLD_FOLDER) as [string, string];
  const name = `${String(report.baseIdx).padStart(20, '0')}.checkpoint`;
  const damage = (path: string): void => void (disk.bytes(path)[300]! ^= 1);
  damage(`${base}/${name}`);
  damage(`${base}/base.json`);
  const faults = await findBaseFaults({ disk, folder: WORLD_FOLDER }, readBase({ disk, folder: WORLD_FOLDER })!);
  assert.deepEqual(
    faults.map(({ file }) => file),
    ['base/base.json', `base/${name}`],
  );
  const world = await open(disk);
  assert.equal(worldDigest(world.loop.world, sha256), digest);
  await world.close();
  const kept = disk.clone();
  damage(`${copy}/${name}`);
  await assert.rejects(open(disk), { reason: 'LOG_DAMAGED', place: 'base' });
  kept.bytes(`${copy}/base.json`)[10]! ^= 1;
  await assert.rejects(open(kept), { reason: 'LOG_DAMAGED', place: `${copy}/base.json` });
});

test('hashes of archived events are never made anew over what is left of them', async () => {
  const { disk } = await archivedWorld();
  const path = `${WORLD_FOLDER}/tree-0.hashes`;
  for (const change of [
    (bytes: Buffer) => bytes.subarray(0, 2000),
    (bytes: Buffer) => {
      const changed = Buffer.from(bytes);
      changed[30]! ^= 1;
      return changed;
    },
  ]) {
    const damaged = disk.clone();
    const bytes = change(damaged.bytes(path));
    damaged.put(path, bytes);
    await assert.rejects(open(damaged), { reason: 'LOG_DAMAGED', place: path, message: /archived events/ });
    assert.ok(damaged.bytes(path).equals(bytes));
  }
  const flipped = disk.clone();
  flipped.bytes(path)[1000]! ^= 1;
  const [fault] = await findBaseFaults(
    { disk: flipped, folder: WORLD_FOLDER },
    readBase({ disk: flipped, folder: WORLD_FOLDER })!,
  );
  assert.equal(fault?.file, 'tree-0.hashes');
});

test('a rewrite index that is lost begins anew behind the archived events', async () => {
  const { disk, report } = await archivedWorld();
  const before = await open(disk);
  const readable = before.rewrites.last(1000).filter(({ eventIdx }) => eventIdx >= report.firstIdx);
  const length = before.rewrites.length;
  await before.close();
  assert.ok(readable.length > 10 && readable.length < length);
  for (const name of disk.list(WORLD_FOLDER)) if (isRewritesName(name)) disk.remove(`${WORLD_FOLDER}/${name}`);
  for (const life of ['first', 'second']) {
    const world = await open(disk);
    assert.deepEqual(world.rewrites.last(1000), readable, `the ${life} time`);
    assert.equal(world.rewrites.length, length);
    await world.close();
  }
});

test('who reads beside the daemon is told that what was there is archived now', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  const log = await readFileLog({ disk, folder: WORLD_FOLDER });
  const { firstIdx } = await archive(disk, world);
  await assert.rejects(readEvent(log, 3), { reason: 'EVENT_ARCHIVED', place: 'event 3' });
  assert.equal((await readEvent(log, firstIdx)).event.idx, firstIdx);
  await world.close();
});

test('a base is never made of a checkpoint that is damaged, nor written over with one', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  const some = await archive(disk, world, 50);
  const name = `${String(some.baseIdx).padStart(20, '0')}.checkpoint`;
  const good = Buffer.from(disk.bytes(`${WORLD_FOLDER}/${name}`));
  disk.bytes(`${WORLD_FOLDER}/${name}`)[300]! ^= 1;
  const rest = await archive(disk, world, some.baseIdx);
  assert.ok(rest.segments > 0);
  assert.equal(rest.baseIdx, some.baseIdx);
  for (const folder of baseFolders(WORLD_FOLDER)) assert.ok(disk.bytes(`${folder}/${name}`).equals(good), folder);
  await world.close();
});

test('the checkpoints of the world may go while segments are copied', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  const checkpoints = checkpointsOf(disk, world);
  const onProgress = (): void => checkpoints.keepNewest(0);
  const parts = { disk, folder: WORLD_FOLDER, log: world.log, checkpoints, world, onProgress };
  const report = await archiveHistory(parts, { to: ARCHIVE, before: null });
  assert.ok(report.segments > 2);
  assert.deepEqual(listCheckpoints(disk, WORLD_FOLDER), []);
  await world.close();
  const again = await open(disk);
  assert.equal(again.startIdx, report.baseIdx);
  await again.close();
});

test('an archiving that fails excuses no missing segment', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  const onProgress = (done: number): void => {
    if (done === 2) throw new Error('no more');
  };
  const parts = {
    disk,
    folder: WORLD_FOLDER,
    log: world.log,
    checkpoints: checkpointsOf(disk, world),
    world,
    onProgress,
  };
  await assert.rejects(archiveHistory(parts, { to: ARCHIVE, before: null }), /no more/);
  const [first] = world.log.segments;
  await world.close();
  disk.remove(`${WORLD_FOLDER}/${first!.name}`);
  await assert.rejects(open(disk), { reason: 'LOG_DAMAGED', message: /a file is missing/ });
});

test('a hash that is not that of its events is found before it is all that is left of them', async () => {
  const disk = new MemoryDisk();
  const first = await open(disk);
  await live(first, 300);
  await first.close();
  const name = `${WORLD_FOLDER}/tree-0.hashes`;
  const good = Buffer.from(disk.bytes(name));
  let refused = 0;
  for (const path of [name, `${WORLD_FOLDER}/tree-8.hashes`]) {
    const { length } = disk.bytes(path);
    for (let at = path === name ? 64 : 0; at < length; at += 32 * 13) {
      const damaged = disk.clone();
      damaged.bytes(path)[at]! ^= 1;
      const world = await open(damaged);
      try {
        const { firstIdx } = await archive(damaged, world);
        // Not among the archived ones, or opening has found it.
        const { treeHashes } = readBase({ disk: damaged, folder: WORLD_FOLDER })!;
        for (const { file, offset, sizeBytes } of treeHashes) {
          const [kept, wanted] = [damaged, disk].map((each) =>
            each.bytes(`${WORLD_FOLDER}/${file}`).subarray(offset, offset + sizeBytes),
          );
          assert.ok(kept!.equals(wanted!), `${file} from ${firstIdx} with ${path}@${at}`);
        }
      } catch (error) {
        assert.ok(error instanceof Failure && error.reason === 'LOG_DAMAGED', String(error));
        assert.equal(world.log.firstIdx, 0);
        assert.match(error.message, /delete tree-\*\.hashes/);
        refused += 1;
      }
      await world.close();
    }
  }
  assert.ok(good.equals(disk.bytes(name)));
  assert.ok(refused > 10, `${refused}`);
});

test('nobody is told to delete the hashes of archived events', async () => {
  const { disk } = await archivedWorld();
  disk.bytes(`${WORLD_FOLDER}/tree-0.hashes`)[64 + 32]! ^= 1;
  const world = await open(disk);
  assert.throws(() => world.proofs.consistency(1), { reason: 'LOG_DAMAGED', message: /log unarchive/ });
  await world.close();
});

test("what lies in the archive under a segment's name lasts before the segment goes", async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  disk.makeFolder(ARCHIVE);
  const { name } = world.log.segments[0]!;
  const bytes = Buffer.from(disk.bytes(`${WORLD_FOLDER}/${name}`));
  const copy = disk.open(`${ARCHIVE}/${name}`, 'create');
  copy.writeSync(bytes, bytes.length, 0);
  copy.close();
  assert.ok((await archive(disk, world)).segments > 0);
  await world.close();
  assert.ok(
    disk
      .afterPowerCut(() => 0)
      .bytes(`${ARCHIVE}/${name}`)
      .equals(bytes),
  );
});

test('nothing is put among the segments of another world', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  await archive(disk, world, 100);
  const strange = encodeSegmentHeader({ ordinal: 0, firstIdx: 0, worldId: new Uint8Array(16).fill(7) });
  disk.put('/other/00000000000000000000.log', strange);
  const parts = { disk, folder: WORLD_FOLDER, log: world.log, checkpoints: checkpointsOf(disk, world), world };
  const before = disk.list('/other');
  await assert.rejects(archiveHistory(parts, { to: '/other', before: null }), {
    reason: 'COPY_UNFIT',
    place: '/other/00000000000000000000.log',
  });
  assert.deepEqual(disk.list('/other'), before);
  assert.equal(readBase({ disk, folder: WORLD_FOLDER })?.archive, ARCHIVE);
  await world.close();
});

test('a change of keys that was cut off is ended before its event is archived', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  world.loop.subscribe(({ events }) => {
    if (events.some(({ event }) => event.kind === 'SIGNING_KEY_CHANGED')) disk.capacityBytes = 0;
  });
  await assert.rejects(world.keys.rotate('operator'), { reason: 'LOG_FULL' });
  disk.capacityBytes = Infinity;
  await live(world, 200);
  const report = await archive(disk, world);
  assert.ok(report.firstIdx > 10);
  const { publicKey } = world.keys.publicKeys;
  await world.close();
  const again = await open(disk);
  assert.equal(again.keys.publicKeys.publicKey, publicKey);
  assert.equal(again.keys.publicKeys.handovers.length, 1);
  await again.close();
});

test('a change of keys that the history does not name is undone where the events since are archived', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  const { publicKey } = world.keys.publicKeys;
  const next = disk.clone();
  const cut = await open(next);
  await cut.keys.rotate('operator');
  await cut.close();
  await live(world, 200);
  await archive(disk, world);
  await world.close();
  // Another key that was made at the first event, and is in no event of this history.
  disk.put(`${WORLD_FOLDER}/world.key.next`, Buffer.from(next.bytes(`${WORLD_FOLDER}/world.key`)));
  const again = await open(disk);
  assert.equal(again.keys.publicKeys.publicKey, publicKey);
  assert.ok(!disk.has(`${WORLD_FOLDER}/world.key.next`));
  await again.close();
});

test('a tail that is cut costs no hash of an archived event', async () => {
  const { disk, report } = await archivedWorld();
  const whole = await open(disk);
  const { length } = whole.log;
  const tiles = whole.proofs.tile(0, 0, 100);
  const last = whole.log.segments.at(-1)!;
  await whole.close();
  disk.bytes(`${WORLD_FOLDER}/${last.name}`)[last.endOffset - 1]! ^= 1;
  for (const isFirst of [true, false]) {
    const world = await open(disk);
    if (isFirst) assert.ok(world.log.length < length);
    assert.ok(world.hashes.length === world.log.length && world.log.firstIdx === report.firstIdx);
    assert.deepEqual(world.proofs.tile(0, 0, 100), tiles);
    for (let size = 1; size <= world.log.length; size += 7) world.proofs.consistency(size);
    await live(world, 8);
    await world.close();
  }
  assert.deepEqual(await findBaseFaults({ disk, folder: WORLD_FOLDER }, readBase({ disk, folder: WORLD_FOLDER })!), []);
});

test('a check does not promise hashes of archived events that no opening makes', async () => {
  const { disk } = await archivedWorld();
  const path = `${WORLD_FOLDER}/tree-0.hashes`;
  const check = async (damaged: MemoryDisk): Promise<readonly boolean[]> => {
    const log = await readFileLog({ disk: damaged, folder: WORLD_FOLDER });
    const files = await checkTreeFiles({ disk: damaged, folder: WORLD_FOLDER, log, sha256 });
    return files.filter(({ fault }) => fault !== undefined).map(({ isRemade }) => isRemade);
  };
  assert.deepEqual(await check(disk), []);
  const flipped = disk.clone();
  flipped.bytes(path)[30]! ^= 1;
  const short = disk.clone();
  short.put(path, disk.bytes(path).subarray(0, 2000));
  for (const damaged of [flipped, short]) {
    assert.deepEqual(await check(damaged), [false]);
    await assert.rejects(open(damaged), { reason: 'LOG_DAMAGED' });
  }
});

test('a retry whose event is archived acts no second time, and is told where its answer went', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  const command = { ...createWorkspace(), requestId: 'once' };
  await world.loop.submit(command);
  await live(world, 200);
  await archive(disk, world);
  const { length } = world.log;
  await assert.rejects(world.loop.submit(command), { reason: 'EVENT_ARCHIVED' });
  assert.equal(world.log.length, length);
  await world.close();
});

test('a manifest with the right check, but with a name that leads elsewhere or no number, is none', async () => {
  const disk = new MemoryDisk();
  const world = await open(disk);
  await live(world, 200);
  await archive(disk, world, 100);
  const forge = (path: string, change: (text: string) => string): void => {
    const { check: _, ...said } = JSON.parse(disk.bytes(path).toString()) as Record<string, unknown>; // it was written
    const forged = manifestText(JSON.parse(change(JSON.stringify(said))) as Record<string, unknown>); // still an object
    assert.ok(parseManifest(forged) !== undefined);
    disk.put(path, Buffer.from(forged));
  };
  const kept = Buffer.from(disk.bytes(`${ARCHIVE}/archive.json`));
  for (const change of [
    (text: string) => text.replace('"name":"', '"name":"../'),
    (text: string) => text.replace(/"endIdx":\d+/, '"endIdx":"9"'),
    (text: string) => text.replace(/"segments":\[/, '"segments":[null,'),
    (text: string) => text.replace(/"digest":"sha256:/, '"digest":"md5:'),
  ]) {
    forge(`${ARCHIVE}/archive.json`, change);
    assert.throws(() => readArchive({ disk, folder: ARCHIVE }), { reason: 'COPY_UNFIT' });
    disk.put(`${ARCHIVE}/archive.json`, kept);
  }
  assert.ok(readArchive({ disk, folder: ARCHIVE }) !== undefined);
  for (const folder of baseFolders(WORLD_FOLDER)) {
    forge(`${folder}/base.json`, (text) => text.replace('"file":"tree-', '"file":"../tree-'));
  }
  assert.throws(() => readBase({ disk, folder: WORLD_FOLDER }), { reason: 'LOG_DAMAGED' });
});

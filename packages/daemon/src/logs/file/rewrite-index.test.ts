import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { faultyDisk, type DiskOperation } from '@jitos/testkit/disk/faulty-disk.ts';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { rewriteIndexContract } from '@jitos/testkit/rewrite-index-contract.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Failure } from '../../errors/failure.ts';
import type { Disk } from '../../ports/disk.ts';
import type { RewriteEntry, RewriteIndex, RewritePosition } from '../../ports/rewrite-index.ts';
import { MemoryRewriteIndex } from '../memory/memory-rewrite-index.ts';
import { nodeDisk } from './node-disk.ts';
import { openFileRewriteIndex } from './rewrite-index.ts';
import { checkRun } from './rewrite-run.ts';
import { parseRunName } from './rewrite-run-format.ts';

const FOLDER = '/world';
const worldId = new Uint8Array(16).fill(5);

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeFolder(FOLDER);
  return disk;
}

interface Opening {
  readonly logLength?: number;
  readonly world?: Uint8Array;
  readonly eventsPerRun?: number;
}

function open(disk: Disk, { logLength = Infinity, world = worldId, eventsPerRun = 16 }: Opening = {}): RewriteIndex {
  return openFileRewriteIndex({ folder: FOLDER, disk, log: { worldId: world, length: logLength }, eventsPerRun });
}

/** Every second event is a rewrite: workspaces of three and a collapse each, and workspace 7 now and then. */
function sampleEntries(fromEvent: number, toEvent: number): RewriteEntry[] {
  const entries: RewriteEntry[] = [];
  for (let eventIdx = fromEvent + (fromEvent % 2 === 0 ? 1 : 0); eventIdx < toEvent; eventIdx += 2) {
    const rewriteIdx = (eventIdx - 1) / 2;
    const workspace = rewriteIdx % 11 === 0 ? 7 : 10 + (rewriteIdx >> 2);
    entries.push({ rewriteIdx, eventIdx, views: rewriteIdx % 4 === 3 ? [workspace, 'system'] : [workspace] });
  }
  return entries;
}

/** Appends events up to `toEvent`, letting go of the turn now and then. */
async function grow(index: RewriteIndex, toEvent: number, step = 40): Promise<void> {
  while (index.eventIdxEnd < toEvent) {
    const end = Math.min(toEvent, index.eventIdxEnd + step);
    index.append(sampleEntries(index.eventIdxEnd, end), end);
    await setImmediate();
  }
}

function plain(eventCount: number): RewriteIndex {
  const index = new MemoryRewriteIndex();
  index.append(sampleEntries(0, eventCount), eventCount);
  return index;
}

const VIEWS = ['system', 7, 10, 11, 50, 60, 200, 9999] as const;

function questions(): ((index: RewriteIndex) => unknown)[] {
  const pages = VIEWS.flatMap((view) =>
    [-1, 5, 70, 300].map((after) => (index: RewriteIndex) => index.page(view, after, 30)),
  );
  const lasts = VIEWS.map((view) => (index: RewriteIndex) => index.lastOf(view));
  return [...pages, ...lasts, (index) => index.last(1), (index) => index.last(100), (index) => index.last(600)];
}

function answers(index: RewriteIndex): unknown[] {
  return [index.length, index.eventIdxEnd, ...questions().map((ask) => ask(index))];
}

function runsOf(disk: Pick<Disk, 'list'>, folder = FOLDER): string[] {
  return [...disk.list(folder)].toSorted(
    (a, b) => (parseRunName(a)?.firstEventIdx ?? -1) - (parseRunName(b)?.firstEventIdx ?? -1),
  );
}

rewriteIndexContract('the file index', () => open(newDisk(), { eventsPerRun: 4096 }));
rewriteIndexContract('the file index of tiny runs', () => open(newDisk()));

test('it is found again as it was left, beside a real folder too', async () => {
  const temp = makeTempFolder();
  try {
    const options = { folder: temp.path, disk: nodeDisk(), log: { worldId, length: 10_000 }, eventsPerRun: 16 };
    const index = openFileRewriteIndex(options);
    await grow(index, 1300);
    assert.deepEqual(answers(index), answers(plain(1300)));
    await index.close();
    assert.ok(runsOf(nodeDisk(), temp.path).every((name) => parseRunName(name) !== undefined));
    const again = openFileRewriteIndex(options);
    assert.equal(again.eventIdxEnd, 1296);
    await grow(again, 2100);
    assert.deepEqual(answers(again), answers(plain(2100)));
    await again.close();
  } finally {
    temp.remove();
  }
});

test('a bit that flips anywhere in a run is noticed: the run is dropped, or what asks for the place is told', async () => {
  const whole = newDisk();
  const first = open(whole);
  await grow(first, 700);
  await first.close();
  const runs = runsOf(whole);
  assert.ok(runs.length >= 5, runs.join());
  const expected = answers(plain(700));
  const tally = { dropped: 0, told: 0 };
  for (const name of runs) {
    const sizeBytes = whole.bytes(`${FOLDER}/${name}`).length;
    for (let offset = 0; offset < sizeBytes; offset += offset < 76 ? 1 : 41) {
      const disk = whole.clone();
      disk.bytes(`${FOLDER}/${name}`)[offset]! ^= 1 << (offset % 8);
      const found = parseRunName(name);
      assert.ok(found !== undefined);
      const { fault, isRemade } = checkRun({ disk, folder: FOLDER, name: found, worldId });
      assert.ok(fault !== undefined && isRemade === offset < 76, `${name}@${offset}`);
      const index = open(disk, { logLength: 700 });
      if (index.eventIdxEnd < 688) tally.dropped += 1;
      await grow(index, 700, 700);
      if (offset < 76) assert.deepEqual(answers(index), expected, 'a bad header costs the run, and no more');
      else tally.told += assertTold(index);
      await index.close();
    }
  }
  assert.ok(tally.dropped >= 76 * runs.length && tally.told > 20, JSON.stringify(tally));
});

/** Every answer is right or a failure that says so; answers 1 if any was a failure. */
function assertTold(index: RewriteIndex): number {
  const right = plain(700);
  let told = 0;
  for (const ask of questions()) {
    let answer: unknown;
    try {
      answer = ask(index);
    } catch (fault) {
      assert.ok(fault instanceof Failure && fault.reason === 'LOG_DAMAGED', String(fault));
      assert.match(fault.message, /delete it, and start again/);
      told = 1;
      continue;
    }
    assert.deepEqual(answer, ask(right));
  }
  return told;
}

test('a run that is cut short is dropped with all that follow it', async () => {
  const whole = newDisk();
  const first = open(whole);
  await grow(first, 700);
  await first.close();
  for (const [i, name] of runsOf(whole).entries()) {
    const bytes = whole.bytes(`${FOLDER}/${name}`);
    for (const sizeBytes of [0, 40, 76, bytes.length - 1024, bytes.length - 1]) {
      const disk = whole.clone();
      disk.put(`${FOLDER}/${name}`, bytes.subarray(0, sizeBytes));
      const index = open(disk, { logLength: 700 });
      assert.equal(index.eventIdxEnd, parseRunName(name)?.firstEventIdx);
      assert.equal(disk.list(FOLDER).length, i, 'what is of no use is removed');
      await grow(index, 700);
      assert.deepEqual(answers(index), answers(plain(700)));
      await index.close();
    }
  }
});

test('another world’s runs are dropped, and so are those of events that the log does not hold', async () => {
  const disk = newDisk();
  const index = open(disk);
  await grow(index, 300);
  await index.close();
  for (const [logLength, kept] of [
    [300, 288],
    [287, 272],
    [255, 128],
    [127, 0],
  ] as const) {
    const shorter = open(disk.clone(), { logLength });
    assert.equal(shorter.eventIdxEnd, kept);
    await shorter.close();
  }
  const foreign = open(disk, { world: new Uint8Array(16) });
  assert.deepEqual([foreign.length, disk.list(FOLDER)], [0, []]);
  await foreign.close();
});

test('where early events are archived a chain of runs may begin behind the first', async () => {
  const disk = newDisk();
  const index = open(disk);
  index.clear({ rewriteIdx: 50, eventIdx: 101 });
  await grow(index, 400);
  await index.close();
  const kept = openFileRewriteIndex({
    folder: FOLDER,
    disk: disk.clone(),
    log: { worldId, firstIdx: 101, length: 400 },
    eventsPerRun: 16,
  });
  assert.deepEqual([kept.eventIdxEnd, kept.length], [400, 200]);
  assert.deepEqual(kept.last(600), plain(400).last(150));
  await kept.close();
  const whole = open(disk, { logLength: 400 });
  assert.equal(whole.eventIdxEnd, 0, 'the events are back, so it is made anew');
  await whole.close();
});

test('a refused run is gone for good before the log can grow over its events', async () => {
  const disk = newDisk();
  const index = open(disk);
  await grow(index, 300);
  await index.close();
  const lasting = disk.clone();
  const shorter = open(lasting, { logLength: 100 });
  assert.equal(shorter.eventIdxEnd, 0);
  assert.deepEqual(lasting.afterPowerCut(() => 0).list(FOLDER), []);
  await shorter.close();
});

test('what earlier versions kept, drafts, and runs that were merged are removed', async () => {
  const disk = newDisk();
  const index = open(disk);
  await grow(index, 120);
  await index.close();
  const smaller = disk.bytes(`${FOLDER}/rewrites-0-16.run`);
  const longer = open(disk);
  await grow(longer, 200);
  await longer.close();
  disk.put(`${FOLDER}/rewrites-0-16.run`, smaller);
  for (const name of ['rewrites.idx', 'views.tmp', 'rewrites-0-1024.tmp']) disk.put(`${FOLDER}/${name}`, smaller);
  disk.put(`${FOLDER}/lock.db`, smaller);
  const again = open(disk);
  assert.equal(again.eventIdxEnd, 192);
  const kept = [0, 128, 144, 160, 176].map((at) => `rewrites-${at}-${at === 0 ? 128 : at + 16}.run`);
  assert.deepEqual(runsOf(disk), ['lock.db', ...kept]);
  await again.close();
});

test('an index whose process died lacks what was not merged yet, and is never wrong', async () => {
  const disk = newDisk();
  const index = open(disk);
  await grow(index, 500);
  const again = open(disk); // the first one's process is gone
  assert.equal(again.eventIdxEnd, 384);
  await grow(again, 500);
  assert.deepEqual(answers(again), answers(index));
});

test('on a full disk it goes on in memory, and catches up when there is room', async () => {
  const disk = newDisk();
  const index = open(disk);
  await grow(index, 200);
  disk.capacityBytes = 12_000;
  await grow(index, 3000);
  const names = disk.list(FOLDER);
  assert.ok(names.length > 2 && !names.includes('rewrites-0-1024.run'), names.join());
  assert.deepEqual(answers(index), answers(plain(3000)));
  disk.capacityBytes = Infinity;
  await grow(index, 6000);
  assert.deepEqual(answers(index), answers(plain(6000)));
  await index.close();
  const again = open(disk);
  assert.equal(again.eventIdxEnd, 6000);
  assert.deepEqual(answers(again), answers(plain(6000)));
  await again.close();
});

test('a disk that fails when a run is written ends the append; one that fails later only costs a later opening', async () => {
  const fails = async (verb: DiskOperation['verb'], whenSize: number): Promise<[RewriteIndex, MemoryDisk]> => {
    const disk = newDisk();
    let isBad = false;
    const index = open(faultyDisk(disk, (one) => (isBad && one.verb === verb ? { code: 'EIO' } : undefined)));
    await grow(index, whenSize);
    isBad = true;
    return [index, disk];
  };
  const [unwritten] = await fails('write', 500);
  await assert.rejects(grow(unwritten, 600), { name: 'Failure', reason: 'LOG_FAILED', place: FOLDER });
  for (const verb of ['sync', 'rename'] as const) {
    const [index, disk] = await fails(verb, 500);
    await grow(index, 2000);
    assert.deepEqual(answers(index), answers(plain(2000)));
    await index.close();
    const again = open(disk);
    assert.equal(again.eventIdxEnd, 384, verb);
    await grow(again, 2000);
    assert.deepEqual(answers(again), answers(plain(2000)));
    await again.close();
  }
});

test('what is damaged is not merged, and told to whoever asks for it', async () => {
  const disk = newDisk();
  const index = open(disk);
  await grow(index, 980);
  const name = 'rewrites-256-384.run';
  disk.bytes(`${FOLDER}/${name}`)[400]! ^= 8;
  await grow(index, 2100);
  assert.ok(disk.list(FOLDER).includes(name));
  assert.throws(() => index.page('system', -1, 500), { reason: 'LOG_DAMAGED', place: `${FOLDER}/${name}` });
  assert.deepEqual(index.page('system', 200, 500), plain(2100).page('system', 200, 500));
  await index.close();
});

test('files are few at any length, and lists are merged in small steps', async () => {
  const disk = newDisk();
  let writtenBytes = 0;
  const counting = faultyDisk(disk, ({ verb, sizeBytes = 0 }) => {
    if (verb === 'write') writtenBytes += sizeBytes;
    return undefined;
  });
  const index = open(counting);
  let [filesMax, stepMax] = [0, 0];
  for (let end = 16; end <= 40_000; end += 16) {
    const before = writtenBytes;
    await grow(index, end);
    stepMax = Math.max(stepMax, writtenBytes - before);
    filesMax = Math.max(filesMax, disk.list(FOLDER).length);
  }
  assert.ok(filesMax <= 45, `${filesMax} files`);
  assert.ok(stepMax < 40_000, `${stepMax} bytes in one step`);
  assert.deepEqual(answers(index), answers(plain(40_000)));
  await index.close();
});

test('opening reads a few headers, and a page a few blocks, after a million rewrites', async () => {
  const disk = newDisk();
  let [readCount, readBytes] = [0, 0];
  const counting = faultyDisk(disk, ({ verb, sizeBytes = 0 }) => {
    if (verb !== 'read') return undefined;
    readCount += 1;
    readBytes += sizeBytes;
    return undefined;
  });
  const count = 1_000_000;
  const index = open(counting, { eventsPerRun: 4096 });
  for (let end = 0; end < count;) {
    const start = end;
    end += 1000;
    const entries = Array.from({ length: end - start }, (_, i): RewriteEntry => {
      const at = start + i;
      return { rewriteIdx: at, eventIdx: at, views: at % 1000 === 3 ? [3, 'system'] : [at % 10 === 0 ? 0 : at] };
    });
    index.append(entries, end);
    await setImmediate();
  }
  await index.close();
  [readCount, readBytes] = [0, 0];
  const again = open(counting, { eventsPerRun: 4096 });
  assert.ok(count - again.eventIdxEnd < 4096);
  assert.ok(readCount <= 40 && readBytes < 4000, `${readCount} reads of ${readBytes} bytes`);
  const pages: [() => readonly RewritePosition[], number, number][] = [
    [() => again.page(0, 499_995, 100), 100, 30],
    [() => again.page('system', -1, 200), 200, 30],
    [() => again.page(999, -1, 10), 1, 200],
    [() => again.last(20), 20, 20],
  ];
  for (const [ask, length, reads] of pages) {
    readCount = 0;
    assert.equal(ask().length, length);
    assert.ok(readCount <= reads, `${readCount} reads for a page of ${length}`);
  }
  await again.close();
});

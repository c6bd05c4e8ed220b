/** The contract of the log port: one suite, which every adapter passes. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import type { Batch, Log } from '@jitos/daemon/ports/log.ts';
import {
  BATCH_EVENT_COUNT_MAX,
  BATCH_SIZE_BYTES_MAX,
  EVENT_BODY_SIZE_BYTES_MAX,
  EVENT_HEADER_SIZE_BYTES_MAX,
} from '@jitos/daemon/ports/log.ts';
import { bytesFrom, type Bytes } from '@jitos/kernel';
import * as fc from 'fast-check';
import {
  appendAndWait,
  assertSameBatches,
  collect,
  makeBatch,
  readAll,
  sampleBatch,
  sampleEvent,
} from './log-samples.ts';

/** Where one world's log lives while a test runs. */
export interface LogHome {
  /** Opens the log; the one opened before is closed by then. The first finds no events. */
  open(): Promise<Log>;
  dispose(): Promise<void>;
}

/** Declares the suite for one adapter. `makeHome` is called once a test. */
export function logContract(name: string, makeHome: () => Promise<LogHome>): void {
  describe(`${name} keeps the log contract`, () => {
    const law = (title: string, body: (home: LogHome) => Promise<void>): void => {
      test(title, async () => {
        const home = await makeHome();
        try {
          await body(home);
        } finally {
          await home.dispose();
        }
      });
    };
    law('a new log is empty', isEmptyWhenNew);
    law('what is appended is read, byte for byte, and again after opening', readsWhatWasAppended);
    law('length moves when the append settles, not before', movesLengthWhenDurable);
    law('events of no bytes and of the greatest size come back', keepsExtremeSizes);
    law('bytes are kept in whichever form the engine holds their string', keepsStringsOfAnyForm);
    law('a batch that is out of order or over a bound is a bug and changes nothing', refusesBadBatches);
    law('reading begins with the batch that holds fromIdx', readsFromAnyIdx);
    law('reading stops at the length of the time of the call', readsToLengthAtCall);
    law('readers and the writer do not disturb each other', readsWhileWriting);
    law('appends in one turn of the event loop, where the log lets them, are all kept', appendsInOneTurn);
    law('a reader may leave early', leavesEarly);
    law('closing waits for a pending append, is idempotent and final', closesOnce);
    law('any sequence of appends and openings reads as one history', equalsModel);
  });
}

async function isEmptyWhenNew(home: LogHome): Promise<void> {
  const log = await home.open();
  assert.equal(log.length, 0);
  assert.deepEqual(await readAll(log), []);
  await log.close();
}

async function readsWhatWasAppended(home: LogHome): Promise<void> {
  const batches = [sampleBatch(0, 1), sampleBatch(1, 5), sampleBatch(6, 2)];
  const log = await home.open();
  await appendAndWait(log, ...batches);
  assertSameBatches(await readAll(log), batches);
  assertSameBatches(await readAll(log), batches);
  await log.close();
  const again = await home.open();
  assert.equal(again.length, 8);
  assertSameBatches(await readAll(again), batches);
  await again.close();
}

async function movesLengthWhenDurable(home: LogHome): Promise<void> {
  const log = await home.open();
  for (let i = 0; i < 4; i++) {
    const before = log.length;
    const pending = log.append(sampleBatch(before, 3));
    assert.equal(log.length, pending === undefined ? before + 3 : before);
    if (pending !== undefined) assert.throws(() => log.append(sampleBatch(before, 3)), isBug);
    await pending;
    assert.equal(log.length, before + 3);
  }
  await log.close();
}

async function keepsExtremeSizes(home: LogHome): Promise<void> {
  const batches = [
    makeBatch(0, [sampleEvent(1, 0, 0)]),
    makeBatch(1, [sampleEvent(2, EVENT_HEADER_SIZE_BYTES_MAX, EVENT_BODY_SIZE_BYTES_MAX), sampleEvent(3, 1, 0)]),
    makeBatch(3, [sampleEvent(4, 0, 1)]),
  ];
  const log = await home.open();
  await appendAndWait(log, ...batches);
  const read = await readAll(log);
  assert.deepEqual(
    read.map((batch) => batch.events.map(({ header, body }) => [header.length, body.length])),
    batches.map((batch) => batch.events.map(({ header, body }) => [header.length, body.length])),
  );
  assertSameBatches(read, batches);
  await log.close();
}

/** Joined from pieces, cut out of a longer one, and cut out of one of two bytes a character. */
async function keepsStringsOfAnyForm(home: LogHome): Promise<void> {
  const bytes = bytesFrom(Uint8Array.from({ length: 256 }, (_, i) => i));
  const halves = [bytes.slice(0, 128), bytes.slice(128)];
  const forms = [halves.join(''), halves[0]! + halves[1]!, `ab${bytes}cd`.slice(2, -2), `\u0100${bytes}`.slice(1)];
  const events = forms.map((form) => ({ header: form as Bytes, body: form as Bytes })); // equal to `bytes`, all of them
  const log = await home.open();
  await appendAndWait(log, makeBatch(0, events));
  const plain = forms.map(() => ({ header: bytes, body: bytes }));
  assertSameBatches(await readAll(log), [makeBatch(0, plain)]);
  await log.close();
}

async function refusesBadBatches(home: LogHome): Promise<void> {
  const log = await home.open();
  const first = sampleBatch(0, 2);
  await appendAndWait(log, first);
  const tiny = sampleEvent(0, 0, 0);
  const bodyCount = BATCH_SIZE_BYTES_MAX / EVENT_BODY_SIZE_BYTES_MAX;
  const large = sampleEvent(0, 0, EVENT_BODY_SIZE_BYTES_MAX);
  const bad: Batch[] = [
    sampleBatch(1, 1),
    sampleBatch(3, 1),
    makeBatch(2, []),
    makeBatch(2, [sampleEvent(0, EVENT_HEADER_SIZE_BYTES_MAX + 1, 0)]),
    makeBatch(2, [sampleEvent(0, 0, EVENT_BODY_SIZE_BYTES_MAX + 1)]),
    makeBatch(2, new Array(BATCH_EVENT_COUNT_MAX + 1).fill(tiny)),
    makeBatch(2, new Array(bodyCount).fill(large)),
    { ...sampleBatch(2, 1), treeRootBefore: 'short' as Batch['treeRootBefore'] }, // wrong on purpose
  ];
  for (const batch of bad) assert.throws(() => log.append(batch), isBug);
  assert.equal(log.length, 2);
  await appendAndWait(log, sampleBatch(2, 1));
  assertSameBatches(await readAll(log), [first, sampleBatch(2, 1)]);
  await log.close();
}

async function readsFromAnyIdx(home: LogHome): Promise<void> {
  const log = await home.open();
  const batches = [sampleBatch(0, 3), sampleBatch(3, 1), sampleBatch(4, 4)];
  await appendAndWait(log, ...batches);
  const beginnings = [0, 0, 0, 1, 2, 2, 2, 2, 3, 3];
  for (const [fromIdx, beginning] of beginnings.entries()) {
    assertSameBatches(await readAll(log, fromIdx), batches.slice(beginning));
  }
  await assert.rejects(readAll(log, -1), isBug);
  await assert.rejects(readAll(log, 0.5), isBug);
  await log.close();
}

async function readsToLengthAtCall(home: LogHome): Promise<void> {
  const log = await home.open();
  const empty = log.batches(0);
  await appendAndWait(log, sampleBatch(0, 2));
  const one = log.batches(0);
  await appendAndWait(log, sampleBatch(2, 2));
  assert.deepEqual(await collect(empty), []);
  assertSameBatches(await collect(one), [sampleBatch(0, 2)]);
  await log.close();
}

async function readsWhileWriting(home: LogHome): Promise<void> {
  const log = await home.open();
  const batches: Batch[] = [];
  const readers: Promise<Batch[]>[] = [];
  for (let i = 0; i < 40; i++) {
    const batch = sampleBatch(log.length, 1 + (i % 4));
    const pending = log.append(batch);
    readers.push(readAll(log, 0));
    await pending;
    batches.push(batch);
  }
  for (const [i, reader] of readers.entries()) {
    const read = await reader;
    assert.ok(read.length === i || read.length === i + 1);
    assertSameBatches(read, batches.slice(0, read.length));
  }
  await log.close();
}

async function appendsInOneTurn(home: LogHome): Promise<void> {
  const log = await home.open();
  const batches: Batch[] = [];
  for (let i = 0; i < 150; i++) {
    const batch = sampleBatch(log.length, 1 + (i % 7));
    const pending = log.append(batch);
    if (pending !== undefined) await pending;
    batches.push(batch);
  }
  await new Promise(setImmediate);
  assertSameBatches(await readAll(log), batches);
  await log.close();
  const again = await home.open();
  assertSameBatches(await readAll(again), batches);
  await again.close();
}

async function leavesEarly(home: LogHome): Promise<void> {
  const log = await home.open();
  await appendAndWait(log, sampleBatch(0, 1), sampleBatch(1, 1));
  for (let i = 0; i < 3; i++) {
    for await (const batch of log.batches(0)) {
      assert.equal(batch.firstIdx, 0);
      break;
    }
  }
  await appendAndWait(log, sampleBatch(2, 1));
  assert.equal((await readAll(log)).length, 3);
  await log.close();
}

async function closesOnce(home: LogHome): Promise<void> {
  const log = await home.open();
  const pending = log.append(sampleBatch(0, 3));
  await Promise.all([log.close(), log.close()]);
  await pending;
  await log.close();
  assert.throws(() => log.append(sampleBatch(3, 1)), isBug);
  assert.throws(() => log.batches(0), isBug);
  const again = await home.open();
  assertSameBatches(await readAll(again), [sampleBatch(0, 3)]);
  await again.close();
}

async function equalsModel(home: LogHome): Promise<void> {
  const model: Batch[] = [];
  let log = await home.open();
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({ kind: fc.constant('append' as const), count: fc.integer({ min: 1, max: 40 }) }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('open' as const) }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('read' as const), part: fc.double({ min: 0, max: 1, noNaN: true }) }),
    },
  );
  // one history grows through all runs: each begins where the last one ended
  const steps = fc.array(step, { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(steps, async (todo) => {
      for (const action of todo) {
        if (action.kind === 'append') {
          const batch = sampleBatch(log.length, action.count);
          await log.append(batch);
          model.push(batch);
        } else if (action.kind === 'open') {
          await log.close();
          log = await home.open();
        } else {
          const fromIdx = Math.floor(action.part * (log.length + 1));
          const expected = model.filter((batch) => batch.firstIdx + batch.events.length > fromIdx);
          assertSameBatches(await readAll(log, fromIdx), expected);
        }
        assert.equal(
          log.length,
          model.reduce((sum, batch) => sum + batch.events.length, 0),
        );
      }
    }),
    { numRuns: 30, endOnFailure: true },
  );
  await log.close();
}

/** A bug is a plain error: no code, because no user is told what to do about it. */
function isBug(fault: unknown): boolean {
  return fault instanceof Error && !(fault instanceof Failure);
}

/** What verifying makes of an event that another engine decided: its digests count, what we would decide doesn't. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  encodeEvent,
  ZERO_DIGEST,
  type Bytes,
  type CollapseBatch,
  type Command,
  type Event,
  type Op,
} from '@jitos/kernel';
import { MemoryLog } from '../logs/memory/memory-log.ts';
import { MemoryRewriteIndex } from '../logs/memory/memory-rewrite-index.ts';
import type { Log, Batch } from '../ports/log.ts';
import { decodeStored } from './history-reader.ts';
import { openWorld } from './open-world.ts';
import { replay } from './replay.ts';
import { sha256 } from './sha256.ts';

const LOCAL = { principal: 'local', requestId: 'r-1', validUntil: null, meta: null } as const;
const ADD: Op = { op: 'AddNode', kind: 'demo', payload: 'hello' as Bytes, expect: null }; // ASCII
const SCRIPT: readonly Command[] = [
  { ...LOCAL, type: 'createWorkspace', from: null },
  { ...LOCAL, requestId: 'r-2', type: 'applyRewrite', view: 0, ops: [ADD] },
];

const COLLAPSE: Command = {
  ...LOCAL,
  requestId: 'r-3',
  type: 'collapseWorkspace',
  workspace: 0,
  policyId: null,
  footprint: null,
};
const BATCH: Command = {
  ...LOCAL,
  requestId: 'r-3',
  type: 'collapseBatch',
  workspaces: [0],
  order: 'any',
  policyId: null,
};

/** A history that ends with a collapse, one batch an event; `forge` changes the collapse. */
async function historyWith(forge: (event: Event) => Event, collapseBy = COLLAPSE): Promise<Pick<Log, 'batches'>> {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'inline' });
  const { loop } = await openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
  for (const command of [...SCRIPT, collapseBy]) await loop.submit(command);
  const batches: Batch[] = [];
  for await (const batch of log.batches(0)) batches.push(batch);
  const last = batches.at(-1)!; // of four
  const [collapse] = last.events as [Batch['events'][number]]; // it was submitted alone
  const forged = encodeEvent(forge(decodeStored(collapse, 3).event), sha256);
  const all = [...batches.slice(0, -1), { ...last, events: [forged] }];
  return {
    async *batches() {
      yield* all;
    },
  };
}

function byAnotherEngine(event: Event): Event {
  return { ...event, pins: { ...event.pins, engine: event.pins.engine + 1 } };
}

test('an event of another engine is not decided again', async () => {
  const replayed = await replay(await historyWith(byAnotherEngine), { verify: 'decisions' });
  assert.equal(replayed?.history.size, 4);
});

test('the digest of System is compared, whichever engine recorded it', async () => {
  const forge = (event: Event): Event => {
    assert.equal(event.kind, 'COLLAPSE');
    return byAnotherEngine({ ...event, targetDigest: ZERO_DIGEST });
  };
  await assert.rejects(replay(await historyWith(forge), { verify: 'decisions' }), {
    reason: 'REPLAY_DIVERGED',
    place: 'event 3',
    message: /0{64} for System/,
  });
});

test('a batch is verified as a collapse is: by the digests of its target, and by deciding it again', async () => {
  assert.ok((await replay(await historyWith((event) => event, BATCH), { verify: 'decisions' })) !== null);
  const forged = (change: Partial<CollapseBatch>): ((event: Event) => Event) => {
    return (event) => {
      assert.equal(event.kind, 'COLLAPSE_BATCH');
      return { ...event, ...change };
    };
  };
  const cases = [
    [forged({ targetDigest: ZERO_DIGEST }), 'digests', /0{64} for System,/],
    [forged({ targetSnapshotId: ZERO_DIGEST }), 'digests', /0{64} for the snapshot of System,/],
    [forged({ abortedCount: 1 }), 'decisions', /gives another one/],
  ] as const;
  for (const [forge, verify, message] of cases) {
    const place = 'event 3';
    await assert.rejects(replay(await historyWith(forge, BATCH), { verify }), {
      reason: 'REPLAY_DIVERGED',
      place,
      message,
    });
  }
});

test('a history whose requests had ids verifies', async () => {
  assert.ok((await replay(await historyWith((event) => event), { verify: 'decisions' })) !== null);
});

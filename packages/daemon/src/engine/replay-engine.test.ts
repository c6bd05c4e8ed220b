/** What verifying makes of an event that another engine decided: its digests count, what we would decide doesn't. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodeEvent, ZERO_DIGEST, type Bytes, type Command, type Event, type Op } from '@jitos/kernel';
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
  { ...LOCAL, requestId: 'r-3', type: 'collapseWorkspace', workspace: 0, policyId: null, footprint: null },
];

/** A history that ends with a collapse, one batch an event; `forge` changes the collapse. */
async function historyWith(forge: (event: Event) => Event): Promise<Pick<Log, 'batches'>> {
  const log = new MemoryLog({ store: { batches: [] }, sync: 'inline' });
  const { loop } = await openWorld({ name: 'w', log, openRewriteIndex: () => new MemoryRewriteIndex() });
  for (const command of SCRIPT) await loop.submit(command);
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

test('a history whose requests had ids verifies', async () => {
  assert.ok((await replay(await historyWith((event) => event), { verify: 'decisions' })) !== null);
});

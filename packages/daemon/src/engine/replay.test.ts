import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  contentNode,
  createWorld,
  decide,
  encodeEvent,
  treeHead,
  worldDigest,
  ZERO_DIGEST,
  type Bytes,
  type Command,
  type EncodedEvent,
  type Event,
  type World,
} from '@jitos/kernel';
import { MemoryLog } from '../logs/memory/memory-log.ts';
import type { Batch } from '../ports/log.ts';
import { DivergenceFailure } from './replay-verify.ts';
import { replay } from './replay.ts';
import { sha256 } from './sha256.ts';

const LOCAL = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;

const SCRIPT: readonly Command[] = [
  { ...LOCAL, type: 'createWorkspace', from: null },
  {
    ...LOCAL,
    type: 'applyRewrite',
    view: 0,
    ops: [{ op: 'AddNode', kind: 'demo', payload: 'hello' as Bytes, expect: null }], // ASCII
  },
  { ...LOCAL, type: 'collapseWorkspace', workspace: 0, policyId: null, footprint: null },
];

/** One batch an event; `forge` may change an event before it is stored. */
function makeHistory(
  forge: (encoded: EncodedEvent) => EncodedEvent = (encoded) => encoded,
  script: readonly Command[] = SCRIPT,
): {
  world: World;
  batches: Batch[];
} {
  const first = createWorld({ quantumMs: 1000 }, sha256);
  const batches: Batch[] = [batchOf(sha256(new Uint8Array(0)), first.encoded)];
  let world = first.world;
  for (const command of script) {
    const decision = decide(world, command, sha256);
    assert.ok(decision.ok && !decision.repeated);
    batches.push(batchOf(treeHead(world.history, sha256), forge(decision.encoded)));
    world = decision.world;
  }
  return { world, batches };
}

function batchOf(treeRootBefore: Batch['treeRootBefore'], encoded: EncodedEvent): Batch {
  return { firstIdx: encoded.event.idx, treeRootBefore, events: [encoded] };
}

function logOf(batches: Batch[]): MemoryLog {
  return new MemoryLog({ store: { batches }, sync: 'inline' });
}

test('a history replays to the world that wrote it, every digest compared', async () => {
  const { world, batches } = makeHistory();
  const seen: number[] = [];
  const replayed = await replay(logOf(batches), {
    verify: 'decisions',
    onProgress: (eventCount) => seen.push(eventCount),
  });
  assert.ok(replayed !== null);
  assert.equal(worldDigest(replayed, sha256), worldDigest(world, sha256));
  assert.deepEqual(seen, [1, 2, 3, 4]);
});

test('a replay goes on from any world of the history, in the middle of a batch too', async () => {
  const { world, batches } = makeHistory();
  const whole: Batch = { ...batches[0]!, events: batches.flatMap(({ events }) => events) };
  for (const stored of [batches, [whole]]) {
    for (let length = 1; length <= batches.length; length++) {
      const start = await replay(logOf(batches.slice(0, length)), { verify: false });
      const seen: number[] = [];
      const replayed = await replay(logOf(stored), {
        start,
        verify: 'decisions',
        onEvent: ({ event }) => seen.push(event.idx),
      });
      assert.ok(replayed !== null);
      assert.equal(worldDigest(replayed, sha256), worldDigest(world, sha256));
      assert.deepEqual(
        seen,
        [0, 1, 2, 3].filter((idx) => idx >= length),
      );
    }
  }
});

test('an empty log replays to nothing', async () => {
  assert.equal(await replay(logOf([]), { verify: 'decisions' }), null);
});

test('a recorded digest that the replay does not reach names the event and both digests', async () => {
  const { batches } = makeHistory((encoded) => {
    const { event } = encoded;
    return event.kind === 'REWRITE_APPLIED' ? encodeEvent({ ...event, viewDigest: ZERO_DIGEST }, sha256) : encoded;
  });
  // The forged header changes the tree too: only the events up to the forged one are well chained.
  await assert.rejects(replay(logOf(batches.slice(0, 3)), { verify: 'decisions' }), {
    reason: 'REPLAY_DIVERGED',
    place: 'event 2',
    message: /0{64}.*[0-9a-f]{64}/,
  });
});

test('a divergence tells the elements that the event changes', async () => {
  const { batches } = makeHistory((encoded) => {
    const { event } = encoded;
    return event.kind === 'REWRITE_APPLIED' ? encodeEvent({ ...event, viewDigest: ZERO_DIGEST }, sha256) : encoded;
  });
  await assert.rejects(replay(logOf(batches.slice(0, 3)), { verify: 'digests' }), (error) => {
    assert.ok(error instanceof DivergenceFailure);
    const { idx, kind, what, recorded, computed, changes } = error.divergence;
    assert.deepEqual([idx, kind, what, recorded], [2, 'REWRITE_APPLIED', 'workspace 0', ZERO_DIGEST]);
    assert.notEqual(computed, ZERO_DIGEST);
    const { id } = contentNode('demo', 'hello' as Bytes, sha256); // ASCII
    assert.deepEqual(changes, { count: 1, first: [{ element: 'node', id, kind: 'demo', before: null, after: id }] });
    return true;
  });
});

test('a rewrite that is recorded as having changed nothing is found by its digests', async () => {
  const first = createWorld({ quantumMs: 1000 }, sha256);
  const { snapshotId, viewDigest } = { snapshotId: first.world.system.id, viewDigest: first.world.system.digest };
  const { batches } = makeHistory((encoded) => {
    const { event } = encoded;
    return event.kind === 'REWRITE_APPLIED' ? encodeEvent({ ...event, snapshotId, viewDigest }, sha256) : encoded;
  });
  await assert.rejects(replay(logOf(batches.slice(0, 3)), { verify: 'digests' }), {
    reason: 'REPLAY_DIVERGED',
    place: 'event 2',
  });
});

const fork: Command = { ...LOCAL, type: 'createWorkspace', from: null };

function note(view: number, payload: string): Command {
  const op = { op: 'AddNode', kind: 'demo', payload: payload as Bytes, expect: null } as const; // ASCII
  return { ...LOCAL, type: 'applyRewrite', view, ops: [op] };
}

function collapse(workspace: number): Command {
  return { ...LOCAL, type: 'collapseWorkspace', workspace, policyId: null, footprint: null };
}

const MOVED: readonly Command[] = [fork, fork, fork, note(0, 'a'), note(1, 'b'), note(2, 'c'), collapse(0)];
const REBASE = {
  ...LOCAL,
  type: 'rebaseWorkspace',
  workspace: 1,
  policyId: null,
  choices: [],
  footprint: null,
} as const;
const MERGES: readonly Command[] = [
  collapse(1),
  { ...LOCAL, type: 'collapseBatch', workspaces: [1, 2], order: 'any', policyId: null },
  { ...REBASE, ops: [] },
  { ...REBASE, ops: [{ op: 'AddNode', kind: 'demo', payload: 'd' as Bytes, expect: null }] }, // ASCII
];

for (const [i, merge] of MERGES.entries()) {
  test(`a merge (${merge.type}, ${i}) that is recorded as having changed nothing is found by its digests`, async () => {
    const script = [...MOVED, merge];
    const moved = makeHistory(undefined, MOVED).world.system;
    const { batches } = makeHistory(undefined, script);
    assert.equal((await replay(logOf(batches), { verify: 'digests' }))?.history.size, script.length + 1);
    const forged = makeHistory((encoded) => {
      const { event } = encoded;
      if (event.idx < script.length || !('snapshotId' in event || 'targetSnapshotId' in event)) return encoded;
      const asBefore =
        'targetSnapshotId' in event
          ? { ...event, targetDigest: moved.digest, targetSnapshotId: moved.id }
          : { ...event, viewDigest: moved.digest, snapshotId: moved.id };
      return encodeEvent(asBefore, sha256);
    }, script);
    await assert.rejects(replay(logOf(forged.batches), { verify: 'digests' }), (error) => {
      assert.ok(error instanceof DivergenceFailure);
      assert.deepEqual([error.divergence.idx, error.divergence.recorded], [script.length, moved.digest]);
      assert.ok((error.divergence.changes?.count ?? 0) > 0);
      return true;
    });
  });
}

test('a replay ends where it is told to, in the middle of a batch too, and verifies from where it is told', async () => {
  const { batches } = makeHistory((encoded) => {
    const { event } = encoded;
    return event.kind === 'SWS_CREATED' ? encodeEvent({ ...event, baseSnapshotId: ZERO_DIGEST }, sha256) : encoded;
  });
  const whole: Batch = { ...batches[0]!, events: batches.flatMap(({ events }) => events) };
  for (let endIdx = 1; endIdx <= 4; endIdx++) {
    const done: number[] = [];
    const onProgress = (eventCount: number): void => void done.push(eventCount);
    const end = await replay(logOf([whole]), { verify: 'digests', verifyFromIdx: 2, endIdx, onProgress });
    assert.equal(end?.history.size, endIdx);
    assert.deepEqual(done, [endIdx]);
  }
  const found = { reason: 'REPLAY_DIVERGED', place: 'event 1' };
  await assert.rejects(replay(logOf([whole]), { verify: 'digests', verifyFromIdx: 1, endIdx: 2 }), found);
});

test('a batch that continues another history is damage', async () => {
  const { batches } = makeHistory();
  const forged = batches.map((batch) => (batch.firstIdx === 2 ? { ...batch, treeRootBefore: ZERO_DIGEST } : batch));
  await assert.rejects(replay(logOf(forged), { verify: false }), { reason: 'LOG_DAMAGED', place: 'event 2' });
});

test('bytes that are no event are damage, by the number of the event', async () => {
  const { batches } = makeHistory();
  const noEvent = { header: '\xff' as Bytes, body: '\xf6' as Bytes }; // a byte each
  const forged = batches.map((batch) => (batch.firstIdx === 1 ? { ...batch, events: [noEvent] } : batch));
  await assert.rejects(replay(logOf(forged), { verify: false }), { reason: 'LOG_DAMAGED', place: 'event 1' });
});

const FORGERIES: readonly [string, (event: Event) => Event][] = [
  [
    'a snapshot id that nothing gives',
    (event) => (event.kind === 'REWRITE_APPLIED' ? { ...event, snapshotId: ZERO_DIGEST } : event),
  ],
  ['a rewriteIdx with a gap', (event) => (event.kind === 'REWRITE_APPLIED' ? { ...event, rewriteIdx: 1000 } : event)],
  [
    'a base that System never had',
    (event) => (event.kind === 'SWS_CREATED' ? { ...event, baseSnapshotId: ZERO_DIGEST } : event),
  ],
  ['a pin of another policy', (event) => ({ ...event, pins: { ...event.pins, policyId: 7 } })],
];

for (const [title, forge] of FORGERIES) {
  test(`verifying finds ${title}`, async () => {
    const { batches } = makeHistory((encoded) => encodeEvent(forge(encoded.event), sha256));
    const forgedIdx = batches.findIndex((_, idx) => idx > 0 && !sameHistory(batches, makeHistory().batches, idx));
    await assert.rejects(replay(logOf(batches.slice(0, forgedIdx + 1)), { verify: 'decisions' }), {
      reason: 'REPLAY_DIVERGED',
      place: `event ${forgedIdx}`,
    });
  });
}

function sameHistory(a: readonly Batch[], b: readonly Batch[], idx: number): boolean {
  return a[idx]?.events[0]?.header === b[idx]?.events[0]?.header;
}

test('a world of another format is refused, verified or not', async () => {
  const { encoded } = createWorld({ quantumMs: 1000 }, sha256);
  assert.equal(encoded.event.kind, 'WORLD_CREATED');
  const foreign = encodeEvent({ ...encoded.event, format: 99 }, sha256);
  const log = logOf([batchOf(sha256(new Uint8Array(0)), foreign)]);
  await assert.rejects(replay(log, { verify: false }), { reason: 'DATA_FORMAT_UNKNOWN', place: 'event 0' });
});

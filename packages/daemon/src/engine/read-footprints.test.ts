import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  createWorld,
  decide,
  getWorkspace,
  type Bytes,
  type Command,
  type EncodedValue,
  type EncodedEvent,
  type Footprint,
  type Range,
  type World,
} from '@jitos/kernel';
import { ReadFootprints } from './read-footprints.ts';
import { sha256 } from './sha256.ts';

const LOCAL = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;
const KINDS: readonly Range[] = [
  { range: 'nodes', kind: 'a' },
  { range: 'nodes', kind: 'b' },
];

/** Worlds as commands make them, followed by footprints. */
class Followed {
  world: World;
  readonly reads: ReadFootprints;

  constructor(rangesMax?: number, world: World = createWorld({ quantumMs: 1000 }, sha256).world) {
    this.world = world;
    this.reads = new ReadFootprints(this.world, rangesMax);
  }

  run(...commands: readonly Command[]): void {
    const events: EncodedEvent[] = [];
    for (const command of commands) {
      const decision = decide(this.world, command, sha256);
      assert.ok(decision.ok && !decision.repeated);
      this.world = decision.world;
      events.push(decision.encoded);
    }
    this.reads.follow({ events, world: this.world });
  }

  fork(from: number | null): void {
    this.run({ ...LOCAL, type: 'createWorkspace', from });
  }

  note(number: number, ...ranges: readonly Range[]): void {
    this.reads.note(getWorkspace(this.world, number)!, ranges); // the test has made it
  }

  rangesOf(number: number): Footprint['ranges'] | null {
    return this.reads.footprintOf(getWorkspace(this.world, number)!)?.ranges ?? null; // as above
  }
}

test('ranges are told once each, sorted, with the base', () => {
  const followed = new Followed();
  followed.fork(null);
  followed.note(0, KINDS[1]!, KINDS[0]!, KINDS[1]!);
  assert.deepEqual(followed.rangesOf(0), KINDS);
});

test('too many ranges are the whole view, of one workspace and of all together', () => {
  const followed = new Followed(10_002);
  for (let i = 0; i < 3; i++) followed.fork(null);
  const many = Array.from({ length: 10_001 }, (_, i): Range => ({ range: 'nodes', kind: `k${i}` }));
  followed.note(0, ...many.slice(1));
  assert.equal(followed.rangesOf(0)?.length, 10_000);
  followed.note(1, ...KINDS);
  followed.note(2, KINDS[0]!);
  assert.deepEqual([followed.rangesOf(1)?.length, followed.rangesOf(2)], [2, [{ range: 'view' }]]);
  followed.note(0, many[0]!);
  assert.deepEqual(followed.rangesOf(0), [{ range: 'view' }]);
});

test('an ended workspace is forgotten, and a read of it that comes late, too', () => {
  const followed = new Followed(1);
  followed.fork(null);
  followed.fork(null);
  const ended = getWorkspace(followed.world, 0)!; // it was just made
  followed.note(0, KINDS[0]!);
  followed.run({ ...LOCAL, type: 'discardWorkspace', workspace: 0, reason: null });
  followed.reads.note(ended, KINDS);
  followed.note(1, KINDS[1]!);
  assert.deepEqual(followed.rangesOf(1), [KINDS[1]]);
});

test('forks of a discarded workspace have read what it had, all the way down', () => {
  const followed = new Followed();
  followed.fork(null);
  followed.fork(0);
  followed.fork(1);
  followed.note(0, KINDS[0]!);
  followed.note(1, KINDS[1]!);
  followed.run(
    { ...LOCAL, type: 'discardWorkspace', workspace: 1, reason: null },
    { ...LOCAL, type: 'discardWorkspace', workspace: 0, reason: null },
  );
  assert.deepEqual(followed.rangesOf(2), KINDS);
});

test('what the workspaces of a batch had read is their parent’s, but for those that were aborted', () => {
  const followed = new Followed();
  followed.fork(null);
  for (let i = 0; i < 2; i++) followed.fork(0);
  const put = (view: number, set: string): Command => {
    const patches = [{ name: 'v', value: set as EncodedValue }]; // of one byte
    const op = { op: 'PutNode', kind: 'k', key: 'x' as Bytes, patches, expect: null } as const; // ASCII
    return { ...LOCAL, type: 'applyRewrite', view, ops: [op] };
  };
  followed.run(put(1, '\u0001'), put(0, '\u0002'));
  followed.note(1, KINDS[0]!);
  followed.note(2, KINDS[1]!);
  followed.run({ ...LOCAL, type: 'collapseBatch', workspaces: [1, 2], order: 'any', policyId: null });
  assert.deepEqual([followed.rangesOf(0), followed.rangesOf(1)], [[KINDS[1]], [KINDS[0]]]);
});

test('what a workspace read before is unknown, and so are the reads of whoever takes its over', () => {
  const before = new Followed();
  before.fork(null);
  const followed = new Followed(undefined, before.world);
  followed.fork(0);
  assert.deepEqual([followed.rangesOf(0), followed.rangesOf(1)], [null, []]);
  followed.run({ ...LOCAL, type: 'discardWorkspace', workspace: 0, reason: null });
  assert.equal(followed.rangesOf(1), null);
});

test('a rebase begins anew, and what was unknown is known from then on', () => {
  const before = new Followed();
  before.fork(null);
  const followed = new Followed(undefined, before.world);
  const rebase: Command = {
    ...LOCAL,
    type: 'rebaseWorkspace',
    workspace: 0,
    policyId: null,
    choices: [],
    ops: [],
    footprint: null,
  };
  followed.run(rebase);
  followed.note(0, ...KINDS);
  assert.deepEqual(followed.rangesOf(0), KINDS);
  followed.run(rebase);
  assert.deepEqual(followed.rangesOf(0), []);
});

test('a rebase that found what was read as it was keeps it, and another forgets it', () => {
  for (const [policyId, left] of [
    [4, KINDS],
    [1, []],
  ] as const) {
    const followed = new Followed();
    followed.fork(null);
    followed.note(0, ...KINDS);
    const footprint = policyId === 4 ? followed.reads.footprintOf(getWorkspace(followed.world, 0)!) : null; // it was just made
    followed.run({ ...LOCAL, type: 'rebaseWorkspace', workspace: 0, policyId, choices: [], ops: [], footprint });
    assert.deepEqual(followed.rangesOf(0), left);
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, getEndedWorkspace, getWorkspace, type Event } from '@jitos/kernel';
import { applyRewrite, changeSettings, createWorkspace, putNode } from '@jitos/testkit/world/make-ops.ts';
import { MemoryLog } from '../logs/memory/memory-log.ts';
import { Failure } from '../errors/failure.ts';
import type { Log } from '../ports/log.ts';
import type { SetAlarm } from '../ports/alarm.ts';
import { IdleWorkspaces } from './idle-workspaces.ts';
import { sha256 } from './sha256.ts';
import { WorldLoop } from './world-loop.ts';
import { WorldTime } from './world-time.ts';

const QUANTUM_MS = 100;

/** A world with a clock and an alarm that are moved by hand. */
class Scene {
  upMs = 0;
  afterMs: number | undefined;
  readonly #ring: (() => void)[] = [];
  readonly loop: WorldLoop;
  readonly idle: IdleWorkspaces;
  readonly events: Event[] = [];
  isFull = false;

  constructor() {
    const { world, encoded } = createWorld({ quantumMs: QUANTUM_MS }, sha256);
    const log = new MemoryLog({ store: { batches: [] }, sync: 'inline' });
    void log.append({ firstIdx: 0, treeRootBefore: sha256(new Uint8Array(0)), events: [encoded] });
    const time = new WorldTime({ monotonicMs: () => this.upMs, wallMs: () => 0 }, world);
    const append: MemoryLog['append'] = (batch) => {
      return this.isFull ? Promise.reject(new Failure('LOG_FULL', '', 'made so by the test')) : log.append(batch);
    };
    this.loop = new WorldLoop({ append } as Log, world, { time }); // all that it needs
    this.loop.subscribe(({ events }) => void this.events.push(...events.map(({ event }) => event)));
    const setAlarm: SetAlarm = (afterMs, ring) => {
      this.afterMs = afterMs;
      this.#ring.push(ring);
      return { cancel: () => void this.#ring.splice(this.#ring.indexOf(ring), 1) };
    };
    this.idle = new IdleWorkspaces({ loop: this.loop, time, setAlarm });
  }

  /** Lets the alarm's time pass and rings it. */
  async ring(): Promise<void> {
    assert.equal(this.#ring.length, 1, 'one alarm is set');
    this.upMs += this.afterMs!;
    this.#ring.shift()!();
    await this.idle.idle();
  }

  get alarmCount(): number {
    return this.#ring.length;
  }

  isOpen(number: number): boolean {
    return getWorkspace(this.loop.world, number) !== undefined;
  }
}

test('an idle workspace is discarded when its time has come, and one that is used is kept', async () => {
  const scene = new Scene();
  assert.equal(scene.alarmCount, 0, 'without a limit nobody looks');
  await scene.loop.submit(changeSettings({ workspaceIdleTicksMax: 10 }));
  await scene.idle.idle();
  await scene.loop.submit(createWorkspace());
  await scene.loop.submit(createWorkspace());
  assert.equal(scene.afterMs, 10 * QUANTUM_MS);
  scene.upMs += 6 * QUANTUM_MS;
  await scene.loop.submit(applyRewrite(1, [putNode('file', 'a')]));
  scene.upMs -= 6 * QUANTUM_MS; // the alarm counts from when it was set
  await scene.ring();
  assert.deepEqual([scene.isOpen(0), scene.isOpen(1)], [false, true]);
  assert.equal(getEndedWorkspace(scene.loop.world, 0)?.end, 'DISCARDED');
  const ended = scene.events.find((event) => event.kind === 'DISCARD');
  assert.deepEqual([ended?.cause.principal, ended?.reason], ['world', 'idle since tick 0']);
  assert.equal(scene.afterMs, 6 * QUANTUM_MS, 'it looks again when the other is due');
  await scene.ring();
  assert.equal(scene.isOpen(1), false);
  await scene.idle.close();
  assert.equal(scene.alarmCount, 0);
});

test('a limit that is taken away again ends the waiting', async () => {
  const scene = new Scene();
  await scene.loop.submit(changeSettings({ workspaceIdleTicksMax: 10 }));
  await scene.idle.idle();
  assert.equal(scene.alarmCount, 1);
  await scene.loop.submit(changeSettings({ workspaceIdleTicksMax: 2 ** 32 - 1 }));
  await scene.idle.idle();
  assert.equal(scene.alarmCount, 0);
});

test('one that could not be discarded is looked at again soon, not after another whole limit', async () => {
  const scene = new Scene();
  await scene.loop.submit(changeSettings({ workspaceIdleTicksMax: 160 }));
  await scene.loop.submit(createWorkspace());
  await scene.idle.idle();
  scene.isFull = true;
  await scene.ring();
  assert.deepEqual([scene.isOpen(0), scene.afterMs], [true, 10 * QUANTUM_MS]);
  scene.isFull = false;
  await scene.loop.submit(createWorkspace());
  assert.equal(scene.isOpen(1), true);
  await scene.ring();
  assert.deepEqual([scene.isOpen(0), scene.isOpen(1)], [false, true], 'what was made since is of now');
});

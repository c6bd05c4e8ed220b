import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createWorld, decide, type World } from '@jitos/kernel';
import type { Clock } from '../ports/clock.ts';
import { sha256 } from './sha256.ts';
import { WorldTime } from './world-time.ts';

/** A clock whose hands are moved by hand. */
class HandClock implements Clock {
  upMs = 77;
  nowMs = 1_700_000_000_000;

  monotonicMs(): number {
    return this.upMs;
  }

  wallMs(): number {
    return this.nowMs;
  }
}

const { world: FRESH } = createWorld({ quantumMs: 100 }, sha256);

/** The world once its time is what it should be. */
function advanced(time: WorldTime, world: World): World {
  const due = time.due(world);
  if (due === undefined) return world;
  const decision = decide(world, due, sha256);
  assert.ok(decision.ok && !decision.repeated);
  return decision.world;
}

test('a tick is due once a quantum has passed, and one event stands for all that have', () => {
  const clock = new HandClock();
  const time = new WorldTime(clock, FRESH);
  clock.upMs += 99.9;
  assert.equal(time.due(FRESH), undefined);
  clock.upMs += 0.1;
  assert.equal(time.due(FRESH)?.ticks, 1);
  clock.upMs += 250;
  const world = advanced(time, FRESH);
  assert.equal(world.clock.tick, 3);
  assert.equal(time.due(world), undefined);
  clock.upMs += 50;
  assert.equal(time.due(world)?.ticks, 1, 'a tick begins where the one before it ended');
});

test('the clock on the wall moves no tick while the daemon runs, however it is set', () => {
  const clock = new HandClock();
  const time = new WorldTime(clock, FRESH);
  for (const byMs of [1e9, -3e9]) {
    clock.nowMs += byMs;
    assert.equal(time.due(FRESH), undefined);
  }
});

test('over a restart as much time has passed as the wall says, and none if it was set back', () => {
  const clock = new HandClock();
  clock.upMs += 100;
  const world = advanced(new WorldTime(new HandClock(), FRESH), FRESH);
  assert.equal(world.clock.wallMs, null);
  const time = new WorldTime(clock, world);
  clock.upMs += 700;
  const stopped = advanced(time, world);
  assert.deepEqual(stopped.clock, { tick: 7, wallMs: clock.nowMs });
  const later = new HandClock();
  later.nowMs = clock.nowMs + 1050;
  assert.equal(new WorldTime(later, stopped).due(stopped)?.ticks, 10);
  later.nowMs = clock.nowMs - 1e6;
  assert.equal(new WorldTime(later, stopped).due(stopped), undefined);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { advanceClock } from '@jitos/testkit/world/make-ops.ts';
import { fold, reread, WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import { TICKS_MAX } from '../clock/clock.ts';

test('time passes by an event, which replay finds again, and moves nothing else', () => {
  const driver = new WorldDriver();
  const before = driver.world;
  assert.deepEqual(before.clock, { tick: 0, wallMs: null });
  const first = driver.must('TICK', advanceClock(3, { wallMs: 5000 }));
  const second = driver.must('TICK', advanceClock(1, { wallMs: 4000 }));
  assert.deepEqual([first.tick, second.tick, second.ticks], [3, 4, 1]);
  const clock = { tick: 4, wallMs: 4000 };
  assert.deepEqual({ ...driver.world, history: before.history }, { ...before, clock });
  assert.deepEqual(fold(driver.events.map(reread)).clock, clock);
});

test('only whole ticks pass, at least one, and a clock shows whole milliseconds', () => {
  const driver = new WorldDriver();
  const refusalOf = (ticks: number, wallMs = 0): unknown => {
    const { reason, place } = driver.refused(advanceClock(ticks, { wallMs }));
    return [reason, place];
  };
  for (const ticks of [0, -1, 1.5, TICKS_MAX + 1, NaN]) {
    assert.deepEqual(refusalOf(ticks), ['CLOCK_INVALID', 'ticks'], String(ticks));
  }
  for (const wallMs of [-1, 0.5, 2 ** 53]) {
    assert.deepEqual(refusalOf(1, wallMs), ['CLOCK_INVALID', 'wallMs'], String(wallMs));
  }
});

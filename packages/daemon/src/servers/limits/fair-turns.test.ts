import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairTurns } from './fair-turns.ts';

/** An event loop by hand: what was left to later turns, and a clock that only `cost` moves. */
class HandLoop {
  nowMs = 0;
  readonly served: string[] = [];
  #callbacks: (() => void)[] = [];
  readonly #keeps = new Set<string>();
  readonly turns = new FairTurns({
    clock: { monotonicMs: () => this.nowMs, wallMs: () => 0 },
    nextTurn: (callback) => void this.#callbacks.push(callback),
  });

  ask(principal: string, costMs = 0.1): void {
    this.turns.enter(principal, () => {
      this.served.push(principal);
      this.nowMs += costMs;
      if (!this.#keeps.has(principal)) this.turns.leave(principal);
    });
  }

  /** From now on what a principal asks is not answered before `answer` is called for it. */
  keep(principal: string): void {
    this.#keeps.add(principal);
  }

  answer(principal: string): void {
    this.turns.leave(principal);
  }

  /** Runs what was left until now; says who was served. */
  turn(): string {
    const callbacks = this.#callbacks;
    this.#callbacks = [];
    for (const callback of callbacks) callback();
    return this.take();
  }

  take(): string {
    return this.served.splice(0).join('');
  }

  get isQuiet(): boolean {
    return this.#callbacks.length === 0;
  }
}

test('who asks alone is served at once, however often', () => {
  const loop = new HandLoop();
  for (let i = 0; i < 100; i++) loop.ask('a');
  assert.equal(loop.take().length, 100);
  assert.ok(loop.isQuiet);
});

test('with a second principal there a turn is short, and everyone has one', () => {
  const loop = new HandLoop();
  loop.ask('b');
  loop.turn();
  loop.take();
  for (let i = 0; i < 100; i++) loop.ask('a');
  assert.equal(loop.take(), 'aaa');
  assert.equal(loop.turns.waitingCount, 97);
  for (let i = 0; i < 20; i++) {
    const served = loop.turn();
    assert.ok(served.length >= 1 && served.length <= 3, served);
  }
  loop.ask('b');
  assert.match(loop.take() + loop.turn(), /b/);
});

test('nobody who waits is forgotten, though others come without end', () => {
  const loop = new HandLoop();
  loop.ask('b');
  for (let i = 0; i < 50; i++) loop.ask('a');
  let served = loop.take();
  for (let turn = 0; turn < 100; turn++) {
    for (let i = 0; i < 5; i++) loop.ask('b');
    served += loop.take() + loop.turn();
  }
  assert.equal(served.match(/a/g)?.length, 50);
});

test('once all were served nothing is left to do', () => {
  const loop = new HandLoop();
  for (const principal of ['a', 'b', 'a', 'a', 'a', 'a', 'a']) loop.ask(principal);
  for (let turn = 0; turn < 10; turn++) loop.turn();
  assert.deepEqual([loop.turns.waitingCount, loop.isQuiet], [0, true]);
});

test('whose requests cost much waits longer than whose cost little', () => {
  const loop = new HandLoop();
  loop.ask('x', 1);
  for (let i = 0; i < 40; i++) {
    loop.ask('a', 2);
    loop.ask('b', 0.05);
  }
  let served = loop.take();
  while (loop.turns.waitingCount > 0) served += loop.turn();
  const behindB = served.slice(served.lastIndexOf('b'));
  assert.ok(behindB.length > 30, served);
});

test('with a second principal there only so many of one are under way at a time, and the second finds room', () => {
  const loop = new HandLoop();
  loop.keep('a');
  loop.ask('b');
  for (let i = 0; i < 100; i++) loop.ask('a', 0);
  for (let turn = 0; turn < 20; turn++) loop.turn();
  assert.deepEqual([loop.turns.waitingCount, loop.isQuiet], [84, true]);
  loop.ask('b');
  assert.equal(loop.take(), 'b');
  for (let i = 0; i < 100; i++) {
    loop.answer('a');
    loop.turn();
    loop.turn();
  }
  assert.equal(loop.turns.waitingCount, 0);
});

test('what waits is bounded, for each principal', () => {
  const loop = new HandLoop();
  loop.ask('b', 1);
  const ask = (): void => loop.ask('a');
  assert.throws(
    () => {
      for (let i = 0; i < 8200; i++) ask();
    },
    { reason: 'OVERLOADED' },
  );
  assert.equal(loop.turns.waitingCount, 8192);
  loop.ask('c');
});

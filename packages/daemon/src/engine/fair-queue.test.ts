import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FairQueue } from './fair-queue.ts';

/** Takes all there is; `costOf` says what each has cost. */
function takeAll(queue: FairQueue<string>, costOf: (item: string) => number = () => 1): string {
  const taken: string[] = [];
  for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
    taken.push(item);
    queue.charge(costOf(item));
  }
  return taken.join(' ');
}

function filled(...items: readonly string[]): FairQueue<string> {
  const queue = new FairQueue<string>();
  for (const item of items) queue.push(item[0]!, item);
  return queue;
}

test('a line is first in, first out, and lines take turns', () => {
  assert.equal(takeAll(filled('a1', 'a2', 'a3', 'a4', 'b1', 'b2')), 'a1 b1 a2 b2 a3 a4');
});

test('who costs more waits longer', () => {
  const queue = filled('a1', 'a2', 'a3', 'b1', 'b2', 'b3', 'b4', 'b5');
  assert.equal(
    takeAll(queue, (item) => (item.startsWith('a') ? 3 : 1)),
    'a1 b1 b2 b3 a2 b4 b5 a3',
  );
});

test('who comes late begins where the others are: it neither waits for what they had nor has it coming', () => {
  const queue = filled(...Array.from({ length: 8 }, (_, i) => `a${i}`));
  for (let i = 0; i < 5; i++) {
    queue.shift();
    queue.charge(1);
  }
  for (const item of ['b1', 'b2', 'b3']) queue.push('b', item);
  assert.equal(takeAll(queue), 'b1 a5 b2 a6 b3 a7');
});

test('who comes while somebody pays for something dear does not pay for it', () => {
  const queue = filled('a1', ...Array.from({ length: 99 }, (_, i) => `b${i}`));
  queue.shift();
  queue.charge(1000);
  queue.push('c', 'c1');
  assert.equal(takeAll(queue).split(' ').indexOf('c1'), 1);
});

test('who asks for one dear thing after the other pays for each while others wait', () => {
  const queue = filled(...Array.from({ length: 40 }, (_, i) => `b${i}`));
  const taken: string[] = [];
  for (let i = 0; i < 30; i++) {
    if (queue.lengthOf('a') === 0 && taken.at(-1) !== 'a') queue.push('a', 'a');
    const item = queue.shift()!; // some wait
    queue.charge(item === 'a' ? 10 : 1);
    taken.push(item);
  }
  assert.equal(taken.filter((item) => item === 'a').length, 3);
});

test('when nobody waits nobody has anything to pay', () => {
  const queue = filled('a1', 'b1');
  queue.shift();
  queue.charge(1000);
  queue.shift();
  for (const item of ['a2', 'b2']) queue.push(item[0]!, item);
  assert.equal(takeAll(queue), 'a2 b2');
});

test('whose turn it is stays so until it is taken, whoever comes and whatever it costs', () => {
  const queue = filled('a1', 'a2');
  assert.equal(queue.peek(), 'a1');
  queue.charge(100);
  queue.push('b', 'b1');
  assert.deepEqual([queue.peek(), queue.shift(), queue.peek()], ['a1', 'a1', 'b1']);
});

test('everyone who waits has an even part of a whole', () => {
  const queue = filled('a1', 'a2', 'b1');
  assert.deepEqual([queue.shareOf('a', 30), queue.shareOf('c', 30)], [15, 10]);
  assert.deepEqual([queue.length, queue.lengthOf('a'), queue.lengthOf('c')], [3, 2, 0]);
  assert.deepEqual(queue.takeAll(), ['a1', 'a2', 'b1']);
  assert.deepEqual([queue.length, queue.peek(), queue.shift()], [0, undefined, undefined]);
});

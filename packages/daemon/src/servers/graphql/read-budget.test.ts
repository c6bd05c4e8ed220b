import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReadBudget, REQUEST_SIZE_BYTES_MAX } from './read-budget.ts';

test('reads that wait for the disk go one after another, so the last is refused by what the first took', async () => {
  const budget = new ReadBudget(1);
  const begun: number[] = [];
  const read = (number: number): Promise<number> =>
    budget.inTurn(async () => {
      budget.beginPage();
      begun.push(number);
      await new Promise((resolve) => setImmediate(resolve));
      budget.endPage(1, REQUEST_SIZE_BYTES_MAX);
      return number;
    });
  const [first, second, third] = await Promise.allSettled([read(1), read(2), read(3)]);
  assert.deepEqual(begun, [1]);
  assert.equal(first.status, 'fulfilled');
  assert.deepEqual(
    [second, third].map((turn) => turn.status === 'rejected' && String(turn.reason)),
    Array(2).fill(`Failure: the answer holds ${REQUEST_SIZE_BYTES_MAX} bytes already`),
  );
});

test('what is asked for several times counts as often', () => {
  const budget = new ReadBudget(40);
  budget.beginPage();
  budget.endPage(1, REQUEST_SIZE_BYTES_MAX / 40);
  assert.throws(() => budget.beginPage(), { reason: 'QUERY_TOO_LARGE' });
});

test('room is taken before a mutation acts, as often as its answer repeats it, and not at all beyond the bound', () => {
  const budget = new ReadBudget(2);
  budget.reserve('a', REQUEST_SIZE_BYTES_MAX / 4);
  assert.throws(() => budget.reserve('b', REQUEST_SIZE_BYTES_MAX / 4 + 1), { reason: 'QUERY_TOO_LARGE', place: 'b' });
  budget.reserve('c', REQUEST_SIZE_BYTES_MAX / 4);
  assert.throws(() => budget.reserve('d', 1), { place: 'd' });
  new ReadBudget(0).reserve('nothing of it is told', Infinity);
});

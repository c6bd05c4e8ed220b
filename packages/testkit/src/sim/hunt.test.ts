import assert from 'node:assert/strict';
import { test } from 'node:test';
import { hunt } from './hunt.ts';
import { SEEDED_BUGS } from './seeded-bugs.ts';
import { simulate } from './simulation.ts';

test('a hunt ends with the shortest run that it found, which breaks the law again, and one command fewer does not', async () => {
  const bug = SEEDED_BUGS.find(({ name }) => name === 'replies leave before their batch is durable')!;
  const { wrapping } = bug;
  const counts: number[] = [];
  const { find, seedCount } = await hunt({
    firstSeed: 50,
    commandCount: 80,
    goesOn: (done) => done < 12,
    onRun: ({ broken }) => counts.push(broken === undefined ? 0 : 1),
    wrapping,
  });
  assert.equal(seedCount, 12);
  assert.ok(counts.filter((found) => found === 1).length > 2, 'there were several to choose from');
  assert.ok(find !== undefined && find.commandCount < 20, `${find?.commandCount} commands`);
  const { seed, commandCount, run } = find;
  assert.match(String(run.broken), bug.breaks);
  const again = await simulate({ seed, commandCount, wrapping });
  assert.equal(again.trace.digest(), run.trace.digest());
  assert.equal(String(again.broken), String(run.broken));
  const shorter = await simulate({ seed, commandCount: commandCount - 1, wrapping });
  assert.equal(shorter.broken, undefined);
  assert.equal((await simulate({ seed, commandCount })).broken, undefined, 'it passes without the bug');
});

/** The simulator on the engine as it is: the laws hold, whatever strikes, and a seed is a run. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Event } from '@jitos/kernel';
import { hunt } from './hunt.ts';
import { KINDS_OF } from './orders.ts';
import { simulate } from './simulation.ts';
import { addCounts, COSTS, FAULT_KINDS, RARE_LAWS, type Cost, type FaultKind, type RareLaw } from './trace.ts';

const SHORT = { seedCount: 2000, commandCount: 24 };
const LONG = { seedCount: 30, commandCount: 300 };

test('the same seed gives the same trace to the byte, alone or among others', async () => {
  const alone = await simulate({ seed: 4711, commandCount: 150 });
  const [again, other] = await Promise.all([
    simulate({ seed: 4711, commandCount: 150 }),
    simulate({ seed: 4712, commandCount: 150 }),
  ]);
  assert.ok(alone.eventCount > 20);
  assert.equal(again.trace.lines.join('\n'), alone.trace.lines.join('\n'));
  assert.equal(again.trace.digest(), alone.trace.digest());
  assert.notEqual(other.trace.digest(), alone.trace.digest());
});

for (const { seedCount, commandCount } of [SHORT, LONG]) {
  test(`the laws hold in ${seedCount} runs of ${commandCount} commands of every kind, and every fault strikes`, async () => {
    const struck = new Map<FaultKind, number>();
    const paid = new Map<Cost, number>();
    const held = new Map<RareLaw, number>();
    const told = new Map<Event['kind'], number>();
    let isBroken = false;
    const { eventCount, find } = await hunt({
      firstSeed: 1,
      commandCount,
      goesOn: (done) => done < seedCount && !isBroken,
      onRun: ({ trace, broken }) => {
        isBroken = broken !== undefined;
        addCounts(struck, trace.faults);
        addCounts(paid, trace.costs);
        addCounts(held, trace.held);
        addCounts(told, trace.replies);
      },
    });
    assert.equal(find, undefined, `npm run sim -- --seed ${find?.seed} --events ${find?.commandCount}`);
    assert.ok(eventCount > (seedCount * commandCount) / 4, `only ${eventCount} events`);
    const isRare = <Key>(counts: ReadonlyMap<Key, number>, key: Key): boolean => (counts.get(key) ?? 0) < 3;
    const rare = {
      faults: FAULT_KINDS.filter((kind) => isRare(struck, kind)),
      // Short histories leave little on the disk that a fault could cost.
      costs: COSTS.filter((cost) => commandCount === LONG.commandCount && isRare(paid, cost)),
      // In long histories most workspaces are older than the process, which knows nothing of their reads then.
      laws: RARE_LAWS.filter((law) => commandCount === SHORT.commandCount && isRare(held, law)),
      // The daemon takes the steps of a check itself: as a rule before a client does, or withdraws the pack.
      commands: Object.entries(KINDS_OF)
        .flatMap(([type, kinds]) => (type === 'checkRules' || type === 'withdrawRules' ? [] : kinds))
        .filter((kind) => isRare(told, kind)),
    };
    assert.deepEqual(rare, { faults: [], costs: [], laws: [], commands: [] }, 'some of these hardly ever come');
  });
}

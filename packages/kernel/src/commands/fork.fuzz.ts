/** Laws of forks: what was written on the way to a workspace is its own once nobody else has it. */
import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import { worldProblems } from '@jitos/testkit/world/describe-world.ts';
import { oneIn, pick, tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { generateOps } from '@jitos/testkit/world/generate-commands.ts';
import { applyRewrite, collapseWorkspace, createWorkspace, discardWorkspace } from '@jitos/testkit/world/make-ops.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import { elementValue, type Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { trieEntries } from '../trie/walk.ts';
import { getWorkspace } from '../world.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 50, maxLength: 1500, size: 'max' });

/** Writes to a workspace, and returns the rewrites that ran. */
function write(driver: WorldDriver, dice: Dice, number: number): Op[][] {
  const ran: Op[][] = [];
  for (let left = dice.below(3); left > 0; left--) {
    const ops = generateOps(dice, driver.head(number).graph);
    if (driver.run(applyRewrite(number, ops)).ok) ran.push(ops);
  }
  return ran;
}

/** Workspaces each forked from the one before, and what was written before each fork. They go on writing after it. */
function chainOf(
  driver: WorldDriver,
  dice: Dice,
): { readonly numbers: number[]; readonly rewrites: Op[][]; readonly bases: Graph[] } {
  const numbers: number[] = [];
  const rewrites: Op[][] = [];
  const bases: Graph[] = [];
  for (let depth = 2 + dice.below(3); depth > 0; depth--) {
    const from = numbers.at(-1);
    const number = driver.must('SWS_CREATED', createWorkspace(from === undefined ? {} : { from })).view;
    numbers.push(number);
    bases.push(driver.head(number).graph);
    rewrites.push(...write(driver, dice, number));
  }
  for (const number of numbers.slice(0, -1)) write(driver, dice, number);
  return { numbers, rewrites, bases };
}

/** Ends a workspace: into its parent where that is possible and the dice want it. */
function end(driver: WorldDriver, dice: Dice, number: number): void {
  const isOurs = driver.workspace(number).parent !== null && oneIn(dice, 2);
  if (isOurs) driver.run(collapseWorkspace(number, { policyId: pick(dice, [1, 2, 5]) }));
  if (getWorkspace(driver.world, number) !== undefined) driver.must('DISCARD', discardWorkspace(number));
}

law('a fork whose workspaces have all gone, without System, is as if it had written alone what led to it', {
  inputs: tapes,
  runs: 150,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const driver = new WorldDriver();
    driver.commit(...generateFirst(dice, driver));
    const { numbers, rewrites, bases } = chainOf(driver, dice);
    const last = numbers.pop()!; // there are two at least
    while (numbers.length > 0) {
      end(driver, dice, numbers.splice(dice.below(numbers.length), 1)[0]!); // below its length
      assert.deepEqual(worldProblems(driver.world), []);
    }
    const alone = driver.fork();
    for (const ops of rewrites) driver.must('REWRITE_APPLIED', applyRewrite(alone, ops));
    const [left, same] = [driver.workspace(last), driver.workspace(alone)];
    assert.equal(left.head.digest, same.head.digest);
    assert.deepEqual(
      [left.opCount, left.base.id, left.baseView, left.parent, left.parentAtFork],
      [same.opCount, same.base.id, null, null, null],
    );
    const held = new Set(trieEntries(left.expected).map(({ key }) => key));
    for (const { value } of trieEntries(same.expected)) {
      const { element, id } = value;
      if (held.delete(id)) continue;
      // What came back to the value that it had was another one in the base that it was expected of.
      const values = new Set(bases.map((graph) => elementValue(graph, element, id)));
      assert.ok(values.size > 1, 'an expectation is lost');
    }
    assert.deepEqual([...held], [], 'more is expected than was');
  },
});

law('a workspace’s base is a snapshot of the view that it names, whatever has become of that', {
  inputs: tapes,
  runs: 100,
  holds: (tape) => {
    const seen = new Set<string>();
    runScript(tapeDice(tape), 60, ({ after }) => {
      seen.add(`null ${after.system.id}`);
      for (const { value } of trieEntries(after.workspaces)) seen.add(`${value.number} ${value.head.id}`);
      for (const { value } of trieEntries(after.workspaces)) assert.ok(seen.has(`${value.baseView} ${value.base.id}`));
      for (const { value } of trieEntries(after.ended.workspaces)) {
        assert.ok(seen.has(`${value.baseView} ${value.parentSnapshotId}`));
      }
    });
  },
});

/** Ops that run on System. */
function generateFirst(dice: Dice, driver: WorldDriver): Op[] {
  for (;;) {
    const ops = generateOps(dice, driver.world.system.graph);
    const trial = driver.fork();
    const ran = driver.run(applyRewrite(trial, ops)).ok;
    driver.must('DISCARD', discardWorkspace(trial));
    if (ran) return ops;
  }
}

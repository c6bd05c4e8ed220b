/** Laws of rule packs in a world: what is installed step by step, beside everything else that goes on. */
import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeWorld, worldProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { generateMigration, generateRules } from '@jitos/testkit/world/generate-rules.ts';
import { RULED_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { checkRules, proposeRules } from '@jitos/testkit/world/make-ops.ts';
import { naiveGraph } from '@jitos/testkit/world/naive-graph.ts';
import { naiveBreaks, naiveMigrate } from '@jitos/testkit/world/naive-rules.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import { reread, type WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import { apply } from '../apply.ts';
import { WorldReader } from '../checkpoint/world-reader.ts';
import { worldRecords } from '../checkpoint/world-records.ts';
import { createWorld } from '../decide.ts';
import { Fold } from '../fold.ts';
import { worldDigest, type World } from '../world.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 50, maxLength: 2500, size: 'max' });

function readBack(world: World): World | undefined {
  const reader = new WorldReader(sha256);
  for (const record of [...worldRecords(world)].flat()) reader.take(record);
  return reader.world;
}

law('with packs proposed and checked in between, every world is sound and keeps to its pack, folded or read back too', {
  inputs: tapes,
  runs: 25,
  holds: (tape) => {
    const { encoded } = createWorld({ quantumMs: 1000 }, sha256);
    let folded: World = apply(null, encoded, sha256);
    const inPlace = new Fold(null, sha256);
    inPlace.apply(encoded);
    const watch = ({ decision, after }: Parameters<NonNullable<Parameters<typeof runScript>[2]>>[0]): void => {
      if (!decision.ok || decision.repeated) return;
      folded = apply(folded, reread(decision.encoded), sha256);
      const live = describeWorld(after);
      assert.deepEqual(describeWorld(folded), live);
      assert.deepEqual(describeWorld(inPlace.apply(decision.encoded)), live);
      assert.deepEqual(worldProblems(after), []);
      if (!decision.encoded.event.kind.startsWith('RULES_')) return;
      const back = readBack(after);
      assert.ok(back !== undefined);
      assert.deepEqual(describeWorld(back), live);
      assert.equal(worldDigest(back, sha256), worldDigest(after, sha256));
    };
    runScript(tapeDice(tape), 70, watch, RULED_PLAYGROUND);
  },
});

/** A world with some history, and a proposal for it. */
function proposed(dice: Dice): WorldDriver {
  const { driver } = runScript(dice, 50);
  const rules = generateRules(dice);
  driver.run(proposeRules(rules.bytes, generateMigration(dice, rules)));
  return driver;
}

/** Checks on until it has ended. */
function install(driver: WorldDriver, elementCountMax: () => number): World {
  for (let left = 1000; driver.world.installation?.status === 'checking'; left--) {
    assert.ok(left > 0, 'it does not end');
    driver.run(checkRules(elementCountMax()));
  }
  return driver.world;
}

law('installing in steps is checking at once: the same System, or the same offenders, which a whole look finds', {
  inputs: fc.tuple(tapes, tapes),
  runs: 150,
  holds: ([tape, steps]) => {
    const [one, other] = [proposed(tapeDice(tape)), proposed(tapeDice(tape))];
    const { installation, system } = one.world;
    if (installation === null) return; // the pack was the default one, or its migration no good
    const migrated = naiveMigrate(naiveGraph(system.graph), installation.migration, () => true);
    const breaks = naiveBreaks(migrated, installation.rules);
    const dice = tapeDice(steps);
    const atOnce = install(one, () => 10_000);
    const inSteps = install(other, () => 1 + dice.below(9));
    assert.equal(inSteps.system.id, atOnce.system.id);
    assert.equal(inSteps.installation?.checkedCount, atOnce.installation?.checkedCount);
    assert.deepEqual(inSteps.installation?.offenders, atOnce.installation?.offenders);
    assert.equal(inSteps.installation?.offendersDigest, atOnce.installation?.offendersDigest);
    assert.equal(atOnce.installation?.status, breaks.length === 0 ? 'active' : 'refused');
    assert.equal(atOnce.system.rules.id === installation.rules.id, breaks.length === 0);
    for (const { element, id, rule } of atOnce.installation?.offenders ?? []) {
      assert.ok(breaks.some((each) => each.startsWith([element, id, rule].join('/'))));
    }
  },
});

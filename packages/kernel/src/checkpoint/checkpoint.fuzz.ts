/** Laws of checkpoints: a world read back is the world that was written, and nothing else passes for it. */
import assert from 'node:assert/strict';
import { flipByte } from '@jitos/testkit/kernel/bytes.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import * as fc from 'fast-check';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalError } from '../bytes/canonical-reader.ts';
import { decide } from '../decide.ts';
import { worldDigest, type World } from '../world.ts';
import { WorldReader } from './world-reader.ts';
import { worldRecords } from './world-records.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 1500, size: 'max' });

function recordsOf(world: World): Bytes[] {
  return [...worldRecords(world)].flat();
}

function readBack(records: readonly Bytes[]): World | undefined {
  const reader = new WorldReader(sha256);
  for (const record of records) reader.take(record);
  return reader.world;
}

law('a world read back is the world that was written, indexes included', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const { driver } = runScript(tapeDice(tape), 60);
    const back = readBack(recordsOf(driver.world));
    assert.ok(back !== undefined);
    assert.equal(worldDigest(back, sha256), worldDigest(driver.world, sha256));
    assert.equal(JSON.stringify(describeWorld(back)), JSON.stringify(describeWorld(driver.world)));
  },
});

law('history goes on from a world read back as it would have', {
  inputs: fc.tuple(tapes, tapes),
  runs: 40,
  holds: ([tape, later]) => {
    const start = runScript(tapeDice(tape), 40).driver.world;
    let world = readBack(recordsOf(start))!;
    const { commands } = runScript(tapeDice(later), 40);
    let expected = start;
    for (const command of commands) {
      const decision = decide(expected, command, sha256);
      const again = decide(world, command, sha256);
      assert.deepEqual(
        again.ok && !again.repeated ? again.encoded : again,
        decision.ok && !decision.repeated ? decision.encoded : decision,
      );
      if (decision.ok && !decision.repeated) expected = decision.world;
      if (again.ok && !again.repeated) world = again.world;
    }
    assert.equal(worldDigest(world, sha256), worldDigest(expected, sha256));
  },
});

law('a record with another byte is refused, or gives a world with another digest', {
  inputs: fc.tuple(tapes, fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 })),
  runs: 150,
  holds: ([tape, which, where, change]) => {
    const { driver } = runScript(tapeDice(tape), 30);
    const records = recordsOf(driver.world);
    const at = which % records.length;
    records[at] = flipByte(records[at]!, where % records[at]!.length, change);
    let back: World | undefined;
    try {
      back = readBack(records);
    } catch (error) {
      assert.ok(error instanceof CanonicalError);
      return;
    }
    assert.notEqual(back && worldDigest(back, sha256), worldDigest(driver.world, sha256));
  },
});

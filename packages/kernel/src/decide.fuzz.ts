import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeWorld } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import type { Command } from './commands/command.ts';
import { decide } from './decide.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 1500, size: 'max' });

law('a refused command and a repeat leave the world identical', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    runScript(tapeDice(tape), 60, ({ command, before, after, decision }) => {
      if (decision.ok && !decision.repeated) return;
      assert.equal(after, before);
      const text = JSON.stringify(describeWorld(before));
      decide(before, command, sha256);
      assert.equal(JSON.stringify(describeWorld(before)), text);
    });
  },
});

law('deciding leaves the world before it as it was, commands carried out included', {
  inputs: tapes,
  runs: 30,
  holds: (tape) => {
    let text: string | null = null;
    runScript(tapeDice(tape), 60, ({ before, after }) => {
      if (text !== null) assert.equal(JSON.stringify(describeWorld(before)), text);
      text = JSON.stringify(describeWorld(after));
    });
  },
});

law('a script of commands run twice writes the same bytes', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const { driver, commands } = runScript(tapeDice(tape), 60);
    const again = new WorldDriver();
    for (const command of commands) again.run(command);
    assert.deepEqual(again.events, driver.events);
  },
});

law('a retry never acts twice: each request has one event at most, and every repeat is answered with it', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    const idxByRequest = new Map<string, number>();
    const request = ({ principal, requestId }: Command): string | null =>
      requestId === null ? null : JSON.stringify([principal, requestId]);
    runScript(tapeDice(tape), 60, ({ command, decision }) => {
      const name = request(command);
      if (!decision.ok || name === null) return;
      const known = idxByRequest.get(name);
      if (decision.repeated) return assert.equal(decision.idx, known);
      assert.equal(known, undefined, `${name} acted twice`);
      idxByRequest.set(name, decision.encoded.event.idx);
    });
  },
});

law('sending every command again, at once, changes nothing', {
  inputs: tapes,
  runs: 30,
  holds: (tape) => {
    const { driver, commands } = runScript(tapeDice(tape), 60);
    const eager = new WorldDriver();
    for (const command of commands) {
      eager.run(command);
      if (command.requestId !== null) eager.run(command);
    }
    assert.deepEqual(eager.events, driver.events);
  },
});

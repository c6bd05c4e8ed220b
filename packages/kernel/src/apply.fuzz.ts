/** The law of the house: history is the truth, and folding it gives the live world. */
import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph, describeWorld, worldProblems } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import { reread } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import { apply } from './apply.ts';
import { createWorld } from './decide.ts';
import { Fold } from './fold.ts';
import { trieEntries } from './trie/walk.ts';
import { changesSince, Head, withChanges } from './view/head.ts';
import type { World } from './world.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 20, maxLength: 1500, size: 'max' });

law('applying the events as they come, or read from their bytes, is the live world after every command', {
  inputs: tapes,
  runs: 30,
  holds: (tape) => {
    const { encoded } = createWorld({ quantumMs: 1000 }, sha256);
    let folded: World = apply(null, encoded, sha256);
    let reReadFolded: World = apply(null, reread(encoded), sha256);
    runScript(tapeDice(tape), 60, ({ decision, after }) => {
      if (!decision.ok || decision.repeated) return;
      folded = apply(folded, decision.encoded, sha256);
      reReadFolded = apply(reReadFolded, reread(decision.encoded), sha256);
      const live = describeWorld(after);
      assert.deepEqual(describeWorld(folded), live);
      assert.deepEqual(describeWorld(reReadFolded), live);
    });
  },
});

law('a fold that changes nodes in place is the live world after every command, and leaves the worlds it began with', {
  inputs: fc.record({ tape: tapes, foldEvery: fc.integer({ min: 1, max: 40 }) }),
  runs: 60,
  holds: ({ tape, foldEvery }) => {
    const { encoded } = createWorld({ quantumMs: 1000 }, sha256);
    let fold = new Fold(null, sha256);
    fold.apply(encoded);
    const kept: { readonly world: World; readonly described: unknown }[] = [];
    runScript(tapeDice(tape), 60, ({ decision, after }) => {
      if (!decision.ok || decision.repeated) return;
      const world = fold.apply(decision.encoded);
      assert.deepEqual(describeWorld(world), describeWorld(after));
      assert.deepEqual(worldProblems(world), []);
      if (world.history.size % foldEvery > 0) return;
      kept.push({ world, described: describeWorld(world) });
      fold = new Fold(world, sha256);
    });
    for (const { world, described } of kept) assert.deepEqual(describeWorld(world), described);
  },
});

law('every world that commands lead to is sound: whole edges, true indexes, true digests, live or folded', {
  inputs: tapes,
  runs: 30,
  holds: (tape) => {
    const { encoded } = createWorld({ quantumMs: 1000 }, sha256);
    let folded: World = apply(null, encoded, sha256);
    runScript(tapeDice(tape), 60, ({ decision, after }) => {
      if (!decision.ok || decision.repeated) return;
      folded = apply(folded, decision.encoded, sha256);
      assert.deepEqual(worldProblems(after), []);
      assert.deepEqual(worldProblems(folded), []);
    });
  },
});

law('workspaces that rest after every command are those that never do', {
  inputs: tapes,
  runs: 30,
  holds: (tape) => {
    const { encoded } = createWorld({ quantumMs: 1000 }, sha256);
    let folded: World = apply(null, encoded, sha256);
    runScript(tapeDice(tape), 60, ({ decision, after }) => {
      if (!decision.ok || decision.repeated) return;
      folded = apply(folded, decision.encoded, sha256);
      for (const { value } of trieEntries(after.workspaces)) if (value.head instanceof Head) value.head.rest();
      assert.deepEqual(describeWorld(after), describeWorld(folded));
      for (const { value } of trieEntries(after.workspaces)) {
        const { graph } = value.base;
        const built = withChanges(graph, changesSince(value.base, value.head), value.base.rules, sha256);
        assert.deepEqual(describeGraph(built), describeGraph(value.head.graph));
      }
    });
  },
});

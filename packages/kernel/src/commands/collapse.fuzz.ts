import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { graphProblems } from '@jitos/testkit/world/describe-world.ts';
import { pick, tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { SMALL_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { growGraph, type Growth } from '@jitos/testkit/world/generate-graphs.ts';
import { generateRules } from '@jitos/testkit/world/generate-rules.ts';
import {
  addEdge,
  applyRewrite,
  checkRules,
  collapseWorkspace,
  contentId,
  createWorkspace,
  addNode,
  proposeRules,
  rebaseWorkspace,
} from '@jitos/testkit/world/make-ops.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import { WorldDriver } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import type { Digest } from '../bytes/digest.ts';
import { POLICIES } from '../collapse/policy.ts';
import { EMPTY_GRAPH } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { encodeRulePack } from '../graph/rules/rule-pack-codec.ts';
import type { EdgeRule, FieldRule } from '../graph/rules/rule-pack.ts';
import { trieEntries } from '../trie/walk.ts';
import { getWorkspace } from '../world.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 50, maxLength: 1500, size: 'max' });
const WRITERS = 4;
const HUB = contentId('hub');

interface Part {
  readonly base: Growth;
  readonly changes: Growth;
  /** An edge to a node that everybody knows and nobody writes. */
  readonly toHub: readonly Op[];
}

/** A part of the graph that one workspace alone writes: what was there, and what it does. */
function generatePart(dice: Dice, number: number): Part {
  const playground = { ...SMALL_PLAYGROUND, prefix: `w${number}-` };
  const base = growGraph(dice, EMPTY_GRAPH, 6, playground);
  const changes = growGraph(dice, base.graph, dice.below(6), playground);
  const [first] = trieEntries(changes.graph.nodes, null, 1);
  return { base, changes, toHub: first === undefined ? [] : [addEdge(first.value.id, HUB, 'knows')] };
}

/** System's digest after all parts were written in workspaces of their own and collapsed in this order. */
function collapseAll(parts: readonly Part[], order: readonly number[]): Digest {
  const driver = new WorldDriver();
  const base = driver.fork(addNode('hub'));
  for (const part of parts)
    for (const ops of part.base.rewrites) driver.must('REWRITE_APPLIED', applyRewrite(base, ops));
  driver.must('COLLAPSE', collapseWorkspace(base));
  const numbers = parts.map(() => driver.must('SWS_CREATED', createWorkspace()).view);
  parts.forEach(({ changes, toHub }, i) => {
    const number = numbers[i] ?? 0;
    for (const ops of changes.rewrites) driver.must('REWRITE_APPLIED', applyRewrite(number, ops));
    if (toHub.length > 0) driver.must('REWRITE_APPLIED', applyRewrite(number, toHub));
  });
  for (const i of order) assert.notEqual(driver.must('COLLAPSE', collapseWorkspace(numbers[i] ?? 0)).mode, null);
  return driver.world.system.digest;
}

law('disjoint workspaces collapse to one digest in any order', {
  inputs: fc.record({
    tape: tapes,
    order: fc.shuffledSubarray([...Array(WRITERS).keys()], { minLength: WRITERS }),
  }),
  runs: 30,
  holds: ({ tape, order }) => {
    const dice = tapeDice(tape);
    const parts = Array.from({ length: WRITERS }, (_, i) => generatePart(dice, i));
    assert.equal(collapseAll(parts, order), collapseAll(parts, [...parts.keys()]));
  },
});

law('a collapse under any policy ends its workspace and moves its target alone, or leaves every view as it was', {
  inputs: tapes,
  runs: 40,
  holds: (tape) => {
    runScript(tapeDice(tape), 80, ({ decision, before, after }) => {
      if (!decision.ok || decision.repeated || decision.encoded.event.kind !== 'COLLAPSE') return;
      const { view, mode, target, conflictCount } = decision.encoded.event;
      assert.equal(mode === null, conflictCount > 0);
      if (mode === null || target !== null) assert.equal(after.system, before.system);
      assert.equal(getWorkspace(after, view) === undefined, mode !== null);
      for (const { value: workspace } of trieEntries(before.workspaces)) {
        const isMoved = mode !== null && (workspace.number === view || workspace.number === target);
        if (!isMoved) assert.equal(getWorkspace(after, workspace.number)?.head, workspace.head);
      }
    });
  },
});

/** Few elements, so that what one workspace writes is in the way of the others. */
const CROWDED = { ...SMALL_PLAYGROUND, keyCount: 4 };

const OPEN_FIELD: FieldRule = { type: 'any', items: null, required: false, merge: null };
const OPEN_EDGE: EdgeRule = {
  name: null,
  from: null,
  to: null,
  isNeeded: false,
  outMax: null,
  inMax: null,
  key: null,
  payload: null,
  deletion: null,
};

/** Rules that a workspace alone keeps easily, and several together seldom. */
const COUNTING = encodeRulePack(
  {
    unknownKinds: 'allowed',
    nodes: new Map(
      ['file', 'task'].map((kind) => [
        kind,
        { name: null, key: 'key', fields: new Map([['a', OPEN_FIELD]]), isOpen: true, unique: [['a']], deletion: null },
      ]),
    ),
    edges: new Map([
      ['owns', { ...OPEN_EDGE, outMax: 1 }],
      ['next', { ...OPEN_EDGE, inMax: 1 }],
    ]),
  },
  sha256,
);

/** A world under a pack of rules, with something in System. */
function ruledWorld(dice: Dice): WorldDriver {
  const driver = new WorldDriver();
  driver.must('RULES_PROPOSED', proposeRules(pick(dice, [COUNTING, generateRules(dice)]).bytes));
  driver.must('RULES_CHECKED', checkRules(1));
  driver.must('RULES_ACTIVATED', checkRules(1));
  driver.must('COLLAPSE', collapseWorkspace(forkGrown(driver, dice, 12)));
  return driver;
}

function forkGrown(driver: WorldDriver, dice: Dice, rewriteCount: number): number {
  const number = driver.must('SWS_CREATED', createWorkspace()).view;
  const { graph, rules } = driver.head(number);
  for (const ops of growGraph(dice, graph, rewriteCount, CROWDED, rules).rewrites) {
    driver.must('REWRITE_APPLIED', applyRewrite(number, ops));
  }
  return number;
}

law('whatever workspaces write, no policy leaves System with an edge that lacks an end or a rule that is broken', {
  inputs: tapes,
  runs: 150,
  holds: (tape) => {
    const dice = tapeDice(tape);
    const driver = ruledWorld(dice);
    const numbers = Array.from({ length: WRITERS }, () => forkGrown(driver, dice, dice.below(6)));
    for (const number of numbers) {
      const { id: policyId, checksReads } = pick(dice, POLICIES);
      const footprint = { baseSnapshotId: driver.workspace(number).base.id, ranges: [] };
      const options = { policyId, ...(checksReads ? { footprint } : {}) };
      driver.run(pick(dice, [collapseWorkspace, rebaseWorkspace])(number, options));
      const { system } = driver.world;
      const { graph, rules } = getWorkspace(driver.world, number)?.head ?? system;
      assert.deepEqual([...graphProblems(graph, rules), ...graphProblems(system.graph, system.rules)], []);
    }
  },
});

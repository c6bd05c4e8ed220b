/** Laws of rebases: they bring nothing about that the collapse alone would not, and refuse what it would abort. */
import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph } from '@jitos/testkit/world/describe-world.ts';
import { pick, tapeDice, type Dice } from '@jitos/testkit/world/dice.ts';
import { generateOps, RULED_PLAYGROUND, SMALL_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { generateRange } from '@jitos/testkit/world/generate-footprints.ts';
import { applyRewrite, collapseWorkspace, createWorkspace, rebaseWorkspace } from '@jitos/testkit/world/make-ops.ts';
import { runScript } from '@jitos/testkit/world/run-script.ts';
import * as fc from 'fast-check';
import { sortRanges, type Footprint, type Range } from '../collapse/footprint.ts';
import { POLICIES, type Policy } from '../collapse/policy.ts';
import { areDisjoint, writeSetOf, type WriteSet } from '../collapse/write-set.ts';
import { decide, type Decision } from '../decide.ts';
import type { Graph } from '../graph/graph.ts';
import type { Op } from '../graph/op.ts';
import { trieCount } from '../trie/trie.ts';
import { NOTHING_EXPECTED, type Workspace } from '../view/workspace.ts';
import { getWorkspace, mustGetWorkspace, targetOf, type World } from '../world.ts';
import { forkOf } from './collapse.ts';
import type { Command } from './command.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 50, maxLength: 2000, size: 'max' });

/** A workspace that somebody was about to collapse, in the world as it was then. */
interface Moment {
  readonly world: World;
  readonly number: number;
  readonly policy: Policy;
  /** What it has read, where the policy asks for that. */
  readonly read: readonly Range[];
}

/** Each collapse of a script, under every policy. */
function eachMoment(tape: readonly number[], holds: (moment: Moment, dice: Dice) => void): void {
  const dice = tapeDice(tape);
  const playground = pick(dice, [SMALL_PLAYGROUND, RULED_PLAYGROUND]);
  const watch = ({ command, before: world }: { command: Command; before: World }): void => {
    if (command.type !== 'collapseWorkspace') return;
    const workspace = getWorkspace(world, command.workspace);
    if (workspace === undefined || trieCount(workspace.children) > 0) return;
    const read = Array.from({ length: dice.below(3) }, () => generateRange(dice, [workspace.base.graph]));
    for (const policy of POLICIES) {
      holds({ world, number: workspace.number, policy, read: policy.checksReads ? read : [] }, dice);
    }
  };
  runScript(dice, 80, watch, playground);
}

function footprintOf({ world, number, policy, read }: Moment): { footprint?: Footprint } {
  if (!policy.checksReads) return {};
  const baseSnapshotId = mustGetWorkspace(world, number).base.id;
  return { footprint: { baseSnapshotId, ranges: sortRanges(read) } };
}

function rebase(moment: Moment): Decision {
  const { world, number, policy } = moment;
  return decide(world, rebaseWorkspace(number, { policyId: policy.id, ...footprintOf(moment) }), sha256);
}

function collapse(moment: Moment): Decision {
  const { world, number, policy } = moment;
  return decide(world, collapseWorkspace(number, { policyId: policy.id, ...footprintOf(moment) }), sha256);
}

/** The graph that a collapse leads its target to; undefined where it is refused or aborted. */
function collapsed(moment: Moment): Graph | undefined {
  const world = worldAfter(collapse(moment));
  if (world === undefined || getWorkspace(world, moment.number) !== undefined) return undefined;
  const { parent } = mustGetWorkspace(moment.world, moment.number);
  return (parent === null ? world.system : mustGetWorkspace(world, parent).head).graph;
}

function worldAfter(decision: Decision): World | undefined {
  return decision.ok && !decision.repeated ? decision.world : undefined;
}

law('a rebase and then a collapse lead where the collapse alone does, under every policy', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    eachMoment(tape, (moment) => {
      const alone = collapsed(moment);
      if (alone === undefined) return;
      const world = worldAfter(rebase(moment));
      assert.ok(world !== undefined, 'the rebase is refused');
      const after = collapsed({ ...moment, world });
      assert.ok(after !== undefined, 'the collapse after it is refused');
      assert.deepEqual(describeGraph(after), describeGraph(alone));
    });
  },
});

law('a rebase is refused for conflicts where the collapse would be aborted for as many, and nowhere else', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    eachMoment(tape, (moment) => {
      // A rebase moves no System, so a pack that is being checked has no say in it.
      if (moment.world.installation?.status === 'checking') return;
      const [alone, rebased] = [collapse(moment), rebase(moment)];
      if (!alone.ok || alone.repeated || alone.encoded.event.kind !== 'COLLAPSE') return;
      const { mode, conflictCount } = alone.encoded.event;
      if (mode !== null) return assert.ok(rebased.ok, JSON.stringify(rebased));
      assert.ok(!rebased.ok);
      assert.equal(rebased.reason, 'REBASE_CONFLICTS');
      assert.ok(rebased.detail.startsWith(`${conflictCount} elements`), rebased.detail);
    });
  },
});

law('nor does it matter if the target moves on meanwhile, elsewhere', {
  inputs: tapes,
  runs: 60,
  holds: (tape) => {
    eachMoment(tape, (moment, dice) => {
      const { world, number } = moment;
      const between = worldAfter(rebase(moment));
      const ops = generateOps(dice, targetOf(world, mustGetWorkspace(world, number)).graph);
      const moved = moveElsewhere(world, number, ops);
      if (between === undefined || moved === undefined) return;
      const alone = collapsed({ ...moment, world: moved });
      if (alone === undefined) return;
      const movedBetween = moveElsewhere(between, number, ops);
      assert.ok(movedBetween !== undefined);
      const after = collapsed({ ...moment, world: movedBetween });
      assert.ok(after !== undefined, 'the collapse after the rebase is refused');
      assert.deepEqual(describeGraph(after), describeGraph(alone));
    });
  },
});

/** What the workspace collapses into has moved by these ops; undefined if they don't run, or meet what the workspace wrote. */
function moveElsewhere(world: World, number: number, ops: readonly Op[]): World | undefined {
  const workspace = mustGetWorkspace(world, number);
  const { parent } = workspace;
  const moved = parent === null ? commit(world, ops) : worldAfter(decide(world, applyRewrite(parent, ops), sha256));
  if (moved === undefined) return undefined;
  const [theirs, after] = [targetOf(world, workspace), targetOf(moved, workspace)];
  const theirSet = writeSetOf({ rules: theirs.rules, base: theirs.graph, ours: after.graph }, NOTHING_EXPECTED, sha256);
  return areDisjoint([theirSet, writeSet(world, workspace)]) ? moved : undefined;
}

function writeSet(world: World, workspace: Workspace): WriteSet {
  return writeSetOf(forkOf(targetOf(world, workspace), workspace), workspace.expected, sha256);
}

function commit(world: World, ops: readonly Op[]): World | undefined {
  const number = world.workspaceCount;
  let after: World | undefined = world;
  for (const command of [createWorkspace(), applyRewrite(number, ops), collapseWorkspace(number)]) {
    if (after !== undefined) after = worldAfter(decide(after, command, sha256));
  }
  return after;
}

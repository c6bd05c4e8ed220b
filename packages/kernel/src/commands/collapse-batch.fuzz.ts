import assert from 'node:assert/strict';
import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { law } from '@jitos/testkit/kernel/law.ts';
import { describeGraph, describeWorld } from '@jitos/testkit/world/describe-world.ts';
import { tapeDice } from '@jitos/testkit/world/dice.ts';
import { RULED_PLAYGROUND, SMALL_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { collapseWorkspace } from '@jitos/testkit/world/make-ops.ts';
import { runScript, type Step } from '@jitos/testkit/world/run-script.ts';
import { reread } from '@jitos/testkit/world/world-driver.ts';
import * as fc from 'fast-check';
import type { Digest } from '../bytes/digest.ts';
import { apply } from '../apply.ts';
import { decide } from '../decide.ts';
import { isCommitted, type BatchEntry, type Collapse, type CollapseBatch } from '../history/event.ts';
import { trieEntries } from '../trie/walk.ts';
import { workspaceDigest, type Workspace } from '../view/workspace.ts';
import { getWorkspace, type World } from '../world.ts';

const tapes = fc.array(fc.nat(10_000), { minLength: 1000, maxLength: 2500, size: 'max' });
const COMMANDS = 120;
/** More than a script has open at once. */
const WORKSPACES_MAX = 64;
const IN_ORDER: readonly number[] = Array.from({ length: WORKSPACES_MAX }, (_, i) => i);
/** Enough elements that workspaces miss each other more often than not. */
const PLAYGROUNDS = [SMALL_PLAYGROUND, RULED_PLAYGROUND].map((playground) => {
  return { ...playground, keyCount: 16, opsMax: 3, workspacesMax: 12, workspacesMin: 6 };
});

/** Tries the script's batches that were carried out. */
function watchBatches(check: (event: CollapseBatch, step: Step) => void): (step: Step) => void {
  return (step) => {
    const { decision } = step;
    if (!decision.ok || decision.repeated || decision.encoded.event.kind !== 'COLLAPSE_BATCH') return;
    check(decision.encoded.event, step);
  };
}

function workspacesOf({ entries }: CollapseBatch): readonly number[] {
  return entries.map(({ workspace }) => workspace);
}

/** What became of a workspace, by itself or in a batch. */
function outcomeOf({
  createdIdx,
  base,
  ours,
  conflictCount,
  conflictsDigest,
  conflicts,
  resolutions,
}: Outcome): Outcome {
  return { createdIdx, base, ours, conflictCount, conflictsDigest, conflicts, resolutions };
}

type Outcome = Pick<
  Collapse & BatchEntry,
  'createdIdx' | 'base' | 'ours' | 'conflictCount' | 'conflictsDigest' | 'conflicts' | 'resolutions'
>;

function collapseOneByOne(
  world: World,
  { pins, entries }: CollapseBatch,
  order: readonly number[],
): { readonly world: World; readonly outcomes: ReadonlyMap<number, Outcome> } {
  const outcomes = new Map<number, Outcome>();
  let newest = world;
  for (const i of order.filter((each) => each < entries.length)) {
    const command = collapseWorkspace(entries[i]!.workspace, { policyId: pins.policyId! }); // a collapse has a policy
    const decision = decide(newest, command, sha256);
    assert.ok(decision.ok && !decision.repeated, JSON.stringify(decision));
    const { event } = decision.encoded;
    assert.ok(event.kind === 'COLLAPSE');
    outcomes.set(event.view, outcomeOf(event));
    newest = decision.world;
  }
  return { world: newest, outcomes };
}

law('a batch comes to what its workspaces do one by one, in any order or the one given, under every policy and pack', {
  inputs: fc.record({
    tape: tapes,
    playground: fc.constantFrom(...PLAYGROUNDS),
    order: fc.shuffledSubarray([...IN_ORDER], { minLength: WORKSPACES_MAX }),
  }),
  runs: 150,
  holds: ({ tape, playground, order }) => {
    const check = watchBatches((event, { before, after }) => {
      const single = collapseOneByOne(before, event, event.order === 'given' ? IN_ORDER : order);
      for (const entry of event.entries) {
        assert.deepEqual(outcomeOf(entry), single.outcomes.get(entry.workspace), `workspace ${entry.workspace}`);
      }
      const headOf = (world: World): World['system'] =>
        event.target === null ? world.system : getWorkspace(world, event.target)!.head; // it is open
      assert.equal(headOf(after).digest, headOf(single.world).digest);
      assert.deepEqual(describeGraph(headOf(after).graph), describeGraph(headOf(single.world).graph));
      const othersIn = (world: World): Workspace[] =>
        trieEntries(world.workspaces).flatMap(({ value }) => (value.number === event.target ? [] : [value]));
      const digestsIn = (world: World): Digest[] => othersIn(world).map((each) => workspaceDigest(each, sha256));
      assert.deepEqual(digestsIn(after), digestsIn(single.world));
      if (event.target === null) return;
      const [batched, oneByOne] = [after, single.world].map((world) => {
        const { head: _, children, ...workspace } = getWorkspace(world, event.target!)!; // it is open
        return { ...workspace, children: trieEntries(children).map(({ value }) => value) };
      });
      assert.deepEqual(batched, oneByOne);
    });
    runScript(tapeDice(tape), COMMANDS, check, playground);
  },
});

law('a batch read back from its bytes and applied gives the world that was decided, whatever order it was asked in', {
  inputs: fc.record({ tape: tapes, playground: fc.constantFrom(...PLAYGROUNDS) }),
  runs: 60,
  holds: ({ tape, playground }) => {
    const check = watchBatches((event, { command, decision, before, after }) => {
      assert.ok(decision.ok && !decision.repeated && command.type === 'collapseBatch');
      assert.equal(event.committedCount, event.entries.filter(isCommitted).length);
      assert.equal(event.abortedCount, event.entries.length - event.committedCount);
      assert.deepEqual(describeWorld(apply(before, reread(decision.encoded), sha256)), describeWorld(after));
      if (command.order === 'given') {
        assert.deepEqual(workspacesOf(event), command.workspaces);
        return;
      }
      const reversed = { ...command, workspaces: command.workspaces.toReversed() };
      const again = decide(before, reversed, sha256);
      assert.ok(again.ok && !again.repeated);
      assert.equal(again.encoded.leaf, decision.encoded.leaf);
    });
    runScript(tapeDice(tape), COMMANDS, check, playground);
  },
});

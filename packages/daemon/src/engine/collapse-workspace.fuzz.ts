/** The law of previews: what is foretold of a collapse or a rebase is what it then does, to the last part of its event. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { asyncLaw } from '@jitos/testkit/git/async-law.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { pick, tapeDice } from '@jitos/testkit/world/dice.ts';
import { describeWorkspace } from '@jitos/testkit/world/describe-world.ts';
import {
  generateCommand,
  generateRebase,
  RULED_PLAYGROUND,
  SMALL_PLAYGROUND,
} from '@jitos/testkit/world/generate-commands.ts';
import { collapseWorkspace } from '@jitos/testkit/world/make-ops.ts';
import {
  getWorkspace,
  trieEntries,
  type CollapseWorkspace,
  type Command,
  type RebaseWorkspace,
  type Workspace,
} from '@jitos/kernel';
import type { OpenWorld } from './open-world.ts';
import { previewCollapse, previewRebase, submitWithReads } from './collapse-workspace.ts';

const COMMAND_COUNT = 60;

const inputs = fc.record({
  tape: fc.array(fc.nat(10_000), { minLength: 400, maxLength: 1200 }),
  policyIds: fc.array(fc.option(fc.integer({ min: 1, max: 6 })), { minLength: 4, maxLength: 8 }),
});

/** A world with some history. */
async function writtenWorld(tape: readonly number[]): Promise<OpenWorld> {
  const open = await openMemoryWorld();
  const { loop } = open;
  const dice = tapeDice(tape);
  const playground = pick(dice, [SMALL_PLAYGROUND, RULED_PLAYGROUND]);
  const past: Command[] = [];
  for (let i = 0; i < COMMAND_COUNT; i++) {
    const command = generateCommand(dice, loop.world, past, playground);
    past.push(command);
    await loop.submit(command);
  }
  return open;
}

function openWorkspaces({ loop }: OpenWorld): readonly Workspace[] {
  return trieEntries(loop.world.workspaces).map(({ value }) => value);
}

asyncLaw('a preview never differs from the collapse that follows at once, under any policy', {
  inputs,
  runs: 150,
  holds: async ({ tape, policyIds }) => {
    const open = await writtenWorld(tape);
    for (const [i, { number }] of openWorkspaces(open).entries()) {
      const request: CollapseWorkspace = {
        ...collapseWorkspace(number),
        principal: 'local',
        policyId: policyIds[i % policyIds.length] ?? null,
      };
      const { world } = open.loop;
      const foretold = previewCollapse(open, world, request);
      assert.equal(open.loop.world, world, 'a preview changes nothing');
      assert.deepEqual(foretold, await submitWithReads(open, request));
    }
    await open.close();
  },
});

asyncLaw('a preview never differs from the rebase that follows at once, whatever is chosen and written with it', {
  inputs: fc.record({ inputs, rebases: fc.array(fc.nat(10_000), { minLength: 100, maxLength: 200 }) }),
  runs: 150,
  holds: async ({ inputs: { tape, policyIds }, rebases }) => {
    const open = await writtenWorld(tape);
    const dice = tapeDice(rebases);
    for (const [i, { number }] of openWorkspaces(open).entries()) {
      const { world } = open.loop;
      const request: RebaseWorkspace = {
        ...generateRebase(dice, world, number, { principal: 'local' }, SMALL_PLAYGROUND),
        policyId: policyIds[i % policyIds.length] ?? null,
      };
      const foretold = previewRebase(open, world, request);
      assert.equal(open.loop.world, world, 'a preview changes nothing');
      const reply = await submitWithReads(open, request);
      if (!('event' in foretold)) {
        assert.deepEqual(reply, foretold);
        continue;
      }
      assert.deepEqual(reply, foretold.event);
      assert.deepEqual(
        describeWorkspace(getWorkspace(open.loop.world, number)!),
        describeWorkspace(foretold.workspace),
      );
    }
    await open.close();
  },
});

/** The law of previews: what is foretold of a collapse is what it then does, to the last part of its event. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { asyncLaw } from '@jitos/testkit/git/async-law.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { pick, tapeDice } from '@jitos/testkit/world/dice.ts';
import { generateCommand, RULED_PLAYGROUND, SMALL_PLAYGROUND } from '@jitos/testkit/world/generate-commands.ts';
import { trieEntries, type CollapseWorkspace, type Command } from '@jitos/kernel';
import { previewCollapse, submitWithReads } from './collapse-workspace.ts';

const COMMAND_COUNT = 60;

asyncLaw('a preview never differs from the collapse that follows at once, under any policy', {
  inputs: fc.record({
    tape: fc.array(fc.nat(10_000), { minLength: 400, maxLength: 1200 }),
    policyIds: fc.array(fc.option(fc.integer({ min: 1, max: 6 })), { minLength: 4, maxLength: 8 }),
  }),
  runs: 150,
  holds: async ({ tape, policyIds }) => {
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
    const workspaces = trieEntries(loop.world.workspaces).map(({ value }) => value.number);
    for (const [i, workspace] of workspaces.entries()) {
      const policyId = policyIds[i % policyIds.length] ?? null;
      const request: CollapseWorkspace = {
        type: 'collapseWorkspace',
        principal: 'local',
        requestId: null,
        meta: null,
        workspace,
        policyId,
        footprint: null,
      };
      const { world } = loop;
      const foretold = previewCollapse(open, world, request);
      assert.equal(loop.world, world, 'a preview changes nothing');
      assert.deepEqual(foretold, await submitWithReads(open, request));
    }
    await open.close();
  },
});

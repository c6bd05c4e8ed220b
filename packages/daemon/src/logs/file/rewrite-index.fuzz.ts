/** The rewrite index over many lives, each of which ends by closing, by the process's death or by a power cut. */
import assert from 'node:assert/strict';
import { setImmediate } from 'node:timers/promises';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import {
  appendices,
  assertSamePage,
  entriesOf,
  pageRequest,
  type Appendix,
  type PageRequest,
} from '@jitos/testkit/rewrite-index-contract.ts';
import * as fc from 'fast-check';
import { errnoOf } from '../../ports/disk.ts';
import type { RewriteEntry, RewriteIndex } from '../../ports/rewrite-index.ts';
import { openFileRewriteIndex } from './rewrite-index.ts';

const FOLDER = '/world';

interface Life {
  readonly appendices: readonly Appendix[];
  /** Operations of the disk until it dies; more than there are: it closes. */
  readonly diesAfter: number;
  readonly death: 'power' | 'process';
  /** How often it lets go of the turn, for syncs to go on. */
  readonly turnEvery: number;
  readonly pages: readonly PageRequest[];
}

const life: fc.Arbitrary<Life> = fc.record({
  appendices,
  diesAfter: fc.integer({ min: 0, max: 150 }),
  death: fc.constantFrom('power', 'process'),
  turnEvery: fc.integer({ min: 1, max: 4 }),
  pages: fc.array(pageRequest, { minLength: 2, maxLength: 6 }),
});

/** What the log holds: it is ahead of the index, never behind. */
interface History {
  readonly entries: RewriteEntry[];
  eventIdxEnd: number;
}

test('after any death an index is short at most, and every page is that of a plain list', async () => {
  const tally = { reopened: 0, kept: 0, died: 0, closed: 0 };
  await fc.assert(
    fc.asyncProperty(fc.array(life, { minLength: 2, maxLength: 6 }), fc.integer(), async (lives, seed) => {
      const chance = seededChance(seed);
      let disk = new MemoryDisk();
      disk.makeFolder(FOLDER);
      disk.syncFolder(FOLDER);
      const history: History = { entries: [], eventIdxEnd: 0 };
      for (const one of lives) {
        disk.powerCutAt = disk.operationCount + one.diesAfter;
        const isClosed = await live(disk, one, history, tally);
        tally[isClosed ? 'closed' : 'died'] += 1;
        disk.powerCutAt = Infinity;
        if (one.death === 'power') disk = disk.afterPowerCut(chance);
      }
    }),
    { numRuns: 300 },
  );
  assert.ok(tally.kept > 50 && tally.died > 50 && tally.closed > 50, JSON.stringify(tally));
});

/** Answers whether it came to its end. */
async function live(disk: MemoryDisk, one: Life, history: History, tally: { kept: number }): Promise<boolean> {
  try {
    const log = { worldId: new Uint8Array(16), length: history.eventIdxEnd };
    const index = openFileRewriteIndex({ folder: FOLDER, disk, log, eventsPerRun: 4 });
    if (index.eventIdxEnd > 0) tally.kept += 1;
    assert.ok(index.eventIdxEnd <= history.eventIdxEnd);
    catchUp(index, history);
    for (const [i, appendix] of one.appendices.entries()) {
      const { fresh, eventIdxEnd } = entriesOf(appendix, index);
      history.entries.push(...fresh);
      history.eventIdxEnd = eventIdxEnd;
      index.append(fresh, eventIdxEnd);
      if (i % one.turnEvery === 0) await setImmediate();
      for (const request of one.pages) assertSamePage(index, history.entries, request);
    }
    await index.close();
    return disk.operationCount <= disk.powerCutAt;
  } catch (fault) {
    const isOfDisk = errnoOf(fault) === 'EIO' || (fault instanceof Error && errnoOf(fault.cause) === 'EIO');
    if (!isOfDisk) throw fault;
    return false;
  }
}

function catchUp(index: RewriteIndex, { entries, eventIdxEnd }: History): void {
  const lacking = entries.filter(({ eventIdx }) => eventIdx >= index.eventIdxEnd);
  index.append(lacking, eventIdxEnd);
}

/** Numbers in [0, 1) that follow from a seed. */
function seededChance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

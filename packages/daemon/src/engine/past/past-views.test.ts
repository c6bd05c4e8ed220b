import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { createWorkspace } from '@jitos/testkit/world/make-ops.ts';
import type { Log } from '../../ports/log.ts';
import { PastViews } from './past-views.ts';

const SNAPSHOT = { ask: 'snapshot' } as const;
const EVENT_COUNT = 60;

interface Watched {
  readonly views: PastViews;
  /** Folds under way, and the most that there were at a time. */
  readonly folds: { now: number; max: number };
}

/** The past of a world whose first moment alone is kept. */
async function watchedPast(): Promise<Watched> {
  const { loop, log } = await openMemoryWorld();
  const folds = { now: 0, max: 0 };
  const watched: Pick<Log, 'batches'> = {
    async *batches(fromIdx) {
      folds.max = Math.max(folds.max, ++folds.now);
      try {
        yield* log.batches(fromIdx);
      } finally {
        folds.now -= 1;
      }
    },
  };
  const deaf = {
    get world() {
      return loop.world;
    },
    subscribe: () => () => undefined,
  };
  const views = new PastViews({ log: watched, loop: deaf, source: null, waitMsMax: Infinity });
  for (let i = 0; i < EVENT_COUNT; i++) await loop.submit(createWorkspace());
  return { views, folds };
}

test('however many ask for what is near, one fold at a time takes turns of the loop', async () => {
  const { views, folds } = await watchedPast();
  const idxs = Array.from({ length: EVENT_COUNT }, (_, i) => i + 1);
  await Promise.all(idxs.map((idx) => views.ask({ idx, view: 'system' }, SNAPSHOT, performance.now())));
  assert.equal(folds.max, 1);
});

test('whoever has left while others were served is not served', async () => {
  const { views, folds } = await watchedPast();
  const gone = new AbortController();
  const served = views.ask({ idx: 5, view: 'system' }, SNAPSHOT, performance.now());
  const left = views.ask({ idx: 9, view: 'system' }, SNAPSHOT, performance.now(), gone.signal);
  gone.abort();
  await assert.rejects(left, { reason: 'INTERRUPTED' });
  await served;
  assert.equal(folds.max, 1);
});

import assert from 'node:assert/strict';
import { copyFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { worldDigest, ZERO_DIGEST, type Event } from '@jitos/kernel';
import { fillWithCheckpoints } from '@jitos/testkit/engine/checkpointed-folder.ts';
import { copyWorld } from '@jitos/testkit/engine/copy-world.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { checkpointName } from '../logs/file/checkpoint-format.ts';
import { nodeDisk } from '../logs/file/node-disk.ts';
import { readFileLog } from '../logs/file/read-only-log.ts';
import { worldFolder } from './host.ts';
import { partStarts, replayParts, type PartsEnd } from './replay-parts.ts';
import { replay, type Verification } from './replay.ts';
import { sha256 } from './sha256.ts';

class Place {
  readonly #temp = makeTempFolder();
  readonly dataDir: string = this.#temp.path;
  readonly skipped: number[] = [];
  lastProgress = 0;

  /** Verifies the world in parts that begin at `starts`. */
  async verify(name: string, starts: readonly number[], verify: Verification = 'decisions'): Promise<PartsEnd> {
    const folder = worldFolder(this.dataDir, name);
    const { length } = await readFileLog({ disk: nodeDisk(), folder });
    return await replayParts({
      folder,
      verify,
      endIdx: length,
      starts,
      onSkipped: (idx) => this.skipped.push(idx),
      onProgress: (eventCount) => (this.lastProgress = eventCount),
    });
  }

  /** A copy of `lab` called `to`, checkpoints included, whose event at `idx` is another. */
  async forge(to: string, idx: number, change: (event: Event) => Event): Promise<void> {
    await copyWorld(this.dataDir, { from: 'lab', to }, ({ event }) => {
      return event.idx === idx ? change(event) : event;
    });
    for (const name of nodeDisk().list(worldFolder(this.dataDir, 'lab'))) {
      if (name.endsWith('.checkpoint')) copyFileSync(this.#path('lab', name), this.#path(to, name));
    }
  }

  damageCheckpoint(idx: number): void {
    const path = this.#path('lab', checkpointName(idx));
    writeFileSync(path, readFileSync(path).subarray(0, -20));
  }

  #path(world: string, name: string): string {
    return join(worldFolder(this.dataDir, world), name);
  }

  [Symbol.dispose](): void {
    this.#temp.remove();
  }
}

test('parts that begin with checkpoints lead to where one pass leads, in any number', async () => {
  using place = new Place();
  const starts = await fillWithCheckpoints(place.dataDir, 'lab');
  const log = await readFileLog({ disk: nodeDisk(), folder: worldFolder(place.dataDir, 'lab') });
  const world = await replay(log, { verify: 'decisions' });
  assert.ok(world !== null);
  for (const some of [[], [starts[0]], starts]) {
    const { systemDigest, worldDigest: whole } = await place.verify('lab', some);
    assert.deepEqual([systemDigest, whole], [world.system.digest, worldDigest(world, sha256)]);
    assert.equal(place.lastProgress, log.length);
  }
  assert.deepEqual(place.skipped, []);
});

test('where a checkpoint is no good the part before it goes on', async () => {
  using place = new Place();
  const [older, newest] = await fillWithCheckpoints(place.dataDir, 'lab');
  const whole = await place.verify('lab', [older, newest]);
  place.damageCheckpoint(newest);
  assert.deepEqual(await place.verify('lab', [older, newest]), whole);
  assert.deepEqual(place.skipped.splice(0), [newest]);
  place.damageCheckpoint(older);
  assert.deepEqual(await place.verify('lab', [older, newest]), whole);
  assert.deepEqual(place.skipped, [older, newest]);
});

test('what comes first in the history is told, whichever part it is in', async () => {
  using place = new Place();
  const [older, newest] = await fillWithCheckpoints(place.dataDir, 'lab');
  for (const idx of [2, older + 2, newest + 1]) {
    const forged = `forged-${idx}`;
    // A history that is forged early is chained otherwise, so every part behind finds something too.
    await place.forge(forged, idx, (event) => ({ ...event, pins: { ...event.pins, policyId: 7 } }));
    const found = { reason: 'REPLAY_DIVERGED', place: `event ${idx}` };
    await assert.rejects(place.verify(forged, [older, newest]), found);
    assert.equal(place.lastProgress, idx);
  }
});

test('a digest that joins two parts is computed by the one that leads to it', async () => {
  using place = new Place();
  const [older, newest] = await fillWithCheckpoints(place.dataDir, 'lab');
  await place.forge('forged', older, (event) => ({ ...event, kind: 'CHECKPOINT', worldDigest: ZERO_DIGEST }) as Event); // it is one
  const found = { reason: 'REPLAY_DIVERGED', place: `event ${older}` };
  await assert.rejects(place.verify('forged', [older, newest]), found);
});

test('what no digest of an event shows, the one that joins two parts does', async () => {
  using place = new Place();
  const [older, newest] = await fillWithCheckpoints(place.dataDir, 'lab');
  await place.forge('forged', older - 2, (event) => ({ ...event, pins: { ...event.pins, policyId: 7 } }));
  const found = { reason: 'REPLAY_DIVERGED', place: `event ${older}`, message: /for the world/ };
  await assert.rejects(place.verify('forged', [older, newest], 'digests'), found);
});

test('there are as many parts as cores, cut where the longest one gets short', () => {
  assert.deepEqual(partStarts([900, 500], 1000, 2), [500]);
  assert.deepEqual(partStarts([900, 500], 1000, 3), [500, 900]);
  assert.deepEqual(partStarts([900, 100], 1000, 2), [900]);
  assert.deepEqual(partStarts([900, 500], 1000, 1), []);
  assert.deepEqual(partStarts([900, 500], 900, 8), [500]);
});

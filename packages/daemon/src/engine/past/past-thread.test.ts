import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import {
  addNode,
  applyRewrite,
  collapseWorkspace,
  contentId,
  createWorkspace,
  putNode,
} from '@jitos/testkit/world/make-ops.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { Digest, Op } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { Host, worldFolder } from '../host.ts';
import { PastThread } from './past-thread.ts';
import type { PastView } from './view-reading.ts';

const folder = makeTempFolder();
after(() => folder.remove());

/** Fills the world with rewrites in workspace 0 that are then collapsed; the digest of System. */
async function fill(name: string, rewrites: readonly (readonly Op[])[]): Promise<Digest> {
  const host = await Host.open({ dataDir: folder.path });
  const { loop } = await host.createWorld(name);
  const commands = [createWorkspace(), ...rewrites.map((ops) => applyRewrite(0, ops)), collapseWorkspace(0)];
  for (const command of commands) assert.ok('kind' in (await loop.submit(command)));
  const { digest } = loop.world.system;
  await host.close();
  return digest;
}

const smallDigest = await fill('small', [[addNode('note', null)]]);
/** Some 40 MB of fields, none like another. */
const largeDigest = await fill(
  'large',
  Array.from({ length: 40 }, (_, i) => [putNode('task', `${i}`, longFields(i))]),
);

function longFields(seed: number): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Array.from({ length: 16 }, (_, i) => [`f${i}`, `${seed} ${i} `.repeat(65_500).slice(0, 65_500)]),
  );
}

const afterCollapse: PastView = { idx: 3, view: 'system' };
const SNAPSHOT = { ask: 'snapshot' } as const;

test('what takes too long is answered so, and is ready later', async () => {
  const thread = new PastThread();
  const source = thread.sourceOf(worldFolder(folder.path, 'small'));
  const late = source.ask(afterCollapse, SNAPSHOT, performance.now());
  const behind = source.ask({ idx: 1, view: 0 }, SNAPSHOT, performance.now());
  const notReady = { name: 'Failure', reason: 'PAST_NOT_READY', place: 'at' };
  await Promise.all([
    assert.rejects(behind, { ...notReady, message: /event 1 .* another one is made before/ }),
    assert.rejects(late, { ...notReady, message: /event 3 .* 0 events are folded/ }),
  ]);
  assert.equal((await source.ask(afterCollapse, SNAPSHOT, Infinity)).digest, smallDigest);
  await thread.close();
});

test('a view that was not there is told as the world would have told it', async () => {
  const thread = new PastThread();
  const source = thread.sourceOf(worldFolder(folder.path, 'small'));
  const fails = (past: PastView, reason: string): Promise<void> =>
    assert.rejects(source.ask(past, SNAPSHOT, Infinity), { name: 'Failure', reason, place: 'view.swsId' });
  await fails({ idx: 0, view: 0 }, 'WORKSPACE_NOT_FOUND');
  await fails({ idx: 3, view: 0 }, 'WORKSPACE_ENDED');
  assert.notEqual(await source.ask({ idx: 2, view: 0 }, { ask: 'node', id: contentId('note', null) }, Infinity), null);
  await thread.close();
});

test('a state that does not fit the heap of the thread costs the thread alone', async () => {
  const thread = new PastThread({ heapMibMax: 16 });
  const large = thread.sourceOf(worldFolder(folder.path, 'large'));
  const small = thread.sourceOf(worldFolder(folder.path, 'small'));
  const tooLarge = large.ask({ idx: 42, view: 'system' }, SNAPSHOT, Infinity);
  const next = small.ask(afterCollapse, SNAPSHOT, Infinity);
  await assert.rejects(tooLarge, { name: 'Failure', reason: 'PAST_TOO_LARGE', place: 'at' });
  assert.equal((await next).digest, smallDigest);
  await thread.close();
  const roomy = new PastThread();
  const source = roomy.sourceOf(worldFolder(folder.path, 'large'));
  assert.equal((await source.ask({ idx: 42, view: 'system' }, SNAPSHOT, Infinity)).digest, largeDigest);
  await roomy.close();
});

test('questions that wait are bounded, and end with the thread', async () => {
  const thread = new PastThread();
  const source = thread.sourceOf(worldFolder(folder.path, 'small'));
  const asked = Array.from({ length: 66 }, () => source.ask(afterCollapse, SNAPSHOT, Infinity));
  const failures = Promise.allSettled(asked);
  await assert.rejects(asked[65]!, { name: 'Failure', reason: 'OVERLOADED', place: 'at' });
  await thread.close();
  const reasons = (await failures).slice(0, 65).map((each) => {
    return each.status === 'rejected' && each.reason instanceof Failure && each.reason.reason;
  });
  assert.deepEqual(new Set(reasons), new Set(['SHUTTING_DOWN']));
  await assert.rejects(source.ask(afterCollapse, SNAPSHOT, Infinity), { reason: 'SHUTTING_DOWN' });
});

test('a question whose request is gone gives up its place', async () => {
  const thread = new PastThread();
  const source = thread.sourceOf(worldFolder(folder.path, 'small'));
  const gone = new AbortController();
  const asked = Array.from({ length: 65 }, () => source.ask(afterCollapse, SNAPSHOT, Infinity, gone.signal));
  const failures = Promise.allSettled(asked);
  gone.abort();
  const reasons = (await failures).map((each) => each.status === 'rejected' && (each.reason as Failure).reason);
  assert.deepEqual(new Set(reasons), new Set(['INTERRUPTED']));
  assert.equal((await source.ask(afterCollapse, SNAPSHOT, Infinity)).digest, smallDigest);
  await thread.close();
});

test('a history that can not be read is told, and the next question is answered', async () => {
  const thread = new PastThread();
  const missing = thread.sourceOf(worldFolder(folder.path, 'none'));
  await assert.rejects(missing.ask(afterCollapse, SNAPSHOT, Infinity), { name: 'Failure', reason: 'WORLD_NOT_FOUND' });
  const small = thread.sourceOf(worldFolder(folder.path, 'small'));
  assert.equal((await small.ask(afterCollapse, SNAPSHOT, Infinity)).digest, smallDigest);
  await thread.close();
});

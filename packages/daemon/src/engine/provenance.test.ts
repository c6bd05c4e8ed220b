import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createRandom } from '@jitos/testkit/git/random.ts';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import { generateCommand } from '@jitos/testkit/world/generate-commands.ts';
import {
  applyRewrite,
  collapseWorkspace,
  createWorkspace,
  discardWorkspace,
  keyedId,
  putNode,
  rebaseWorkspace,
} from '@jitos/testkit/world/make-ops.ts';
import {
  isCommitted,
  type Collapse,
  type Command,
  type ElementId,
  type Event,
  type Op,
  type Rebase,
  type ViewId,
} from '@jitos/kernel';
import { isCollapse, workspacesOf } from './event-workspaces.ts';
import { readEvents } from './history-reader.ts';
import { elementOf } from './op-element.ts';
import type { OpenWorld } from './open-world.ts';
import { findWriter, searchBaseFrom, searchFrom, type Provenance, type SearchPosition } from './provenance.ts';

/** Who wrote an element: the event, and the collapses that carried it. */
interface Written {
  readonly idx: number;
  readonly carriedBy: readonly number[];
}

type WrittenById = ReadonlyMap<ElementId, Written>;

type Writes = WrittenById;

interface NaiveView {
  /** All that it shows, what it has written itself, and what of its base its target had written itself. */
  readonly all: Writes;
  readonly own: Writes;
  readonly begun: Writes;
  readonly base: Writes;
  readonly target: ViewId;
}

const NOTHING: Writes = new Map();
const EMPTY: NaiveView = { all: NOTHING, own: NOTHING, begun: NOTHING, base: NOTHING, target: 'system' };

function over(below: Writes, above: Iterable<readonly [ElementId, Written]>): Writes {
  return new Map([...below, ...above]);
}

/** The views after an event, from those before it: what each element's writer is, kept from the first event on. */
function naiveStep(views: ReadonlyMap<ViewId, NaiveView>, event: Event): ReadonlyMap<ViewId, NaiveView> {
  if (event.kind === 'COLLAPSE_BATCH') {
    const { idx } = event;
    return event.entries
      .filter(isCommitted)
      .reduce((before, { workspace: view, resolutions }) => naiveCarry(before, { view, idx, resolutions }), views);
  }
  if (event.kind === 'COLLAPSE') return event.mode === null ? views : naiveCarry(views, event);
  const next = new Map(views);
  const see = (view: ViewId): NaiveView => views.get(view) ?? EMPTY;
  const writesOf = (ops: readonly Op[]): Writes =>
    new Map(ops.map((op) => [elementOf(op)[1], { idx: event.idx, carriedBy: [] }]));
  if (event.kind === 'SWS_CREATED') {
    const target = event.parent ?? 'system';
    const { all, own } = see(target);
    next.set(event.view, { all, own: NOTHING, begun: own, base: all, target });
  } else if (event.kind === 'REWRITE_APPLIED') {
    naiveWrite(next, event.view, writesOf(event.ops));
  } else if (event.kind === 'REBASE') {
    const { own: before, target } = see(event.view);
    const { all: base, own: begun } = see(target);
    const own = over(resolved(before, event), writesOf(event.ops));
    next.set(event.view, { all: over(base, own), own, begun, base, target });
  } else if (event.kind === 'DISCARD') {
    const { base, begun, target } = see(event.view);
    for (const [number, child] of views) {
      const middle = views.get(child.target);
      // Its forks’ forks began with what the forks take over, too.
      if (middle?.target === event.view) next.set(number, { ...child, begun: over(middle.begun, child.begun) });
    }
    naiveEnd(next, event.view, (child) => ({ ...child, base, begun, target, own: over(child.begun, child.own) }));
  }
  return next;
}

function naiveWrite(views: Map<ViewId, NaiveView>, view: ViewId, writers: Writes): void {
  const { all, own, ...rest } = views.get(view) ?? EMPTY;
  views.set(view, { ...rest, all: over(all, writers), own: over(own, writers) });
}

function naiveEnd(views: Map<ViewId, NaiveView>, view: ViewId, orphan: (child: NaiveView) => NaiveView): void {
  views.delete(view);
  for (const [other, child] of views) if (child.target === view) views.set(other, orphan(child));
}

/** A workspace's writes are its target's. */
function naiveCarry(
  views: ReadonlyMap<ViewId, NaiveView>,
  collapse: Pick<Collapse, 'idx' | 'resolutions'> & { readonly view: number },
): ReadonlyMap<ViewId, NaiveView> {
  const next = new Map(views);
  const { own, target, begun } = views.get(collapse.view) ?? EMPTY;
  const carried = [...own].map(([id, { idx, carriedBy }]): readonly [ElementId, Written] => {
    return [id, { idx, carriedBy: [...carriedBy, collapse.idx] }];
  });
  naiveWrite(next, target, resolved(new Map(carried), collapse));
  naiveEnd(next, collapse.view, (child) => ({ ...child, target, begun: over(begun, child.begun) }));
  return next;
}

/** A workspace's writes as a merge left them. */
function resolved(own: Writes, { idx, resolutions }: Pick<Collapse | Rebase, 'idx' | 'resolutions'>): Writes {
  const left = new Map(own);
  for (const { id, takes } of resolutions) {
    if (takes === 'theirs') left.delete(id);
    else left.set(id, { idx, carriedBy: [] });
  }
  return left;
}

async function search({ log, rewrites, loop }: OpenWorld, from: SearchPosition, id: ElementId): Promise<Provenance> {
  let position = from;
  for (;;) {
    const found: Provenance = await findWriter({ log, rewrites, world: loop.world }, id, position);
    if (found.next === null) return found;
    position = found.next;
  }
}

function written({ writer }: Provenance): Written | undefined {
  return writer === null ? undefined : { idx: writer.event.idx, carriedBy: writer.carriedBy.map(({ idx }) => idx) };
}

test('of every element in every view at every event the writer is found that was kept on the way', async (context) => {
  const seed = Number(process.env['JITOS_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
  context.diagnostic(`seed ${seed}`);
  const dice = createRandom(seed);
  const world = await openMemoryWorld();
  const past: Command[] = [];
  while (world.loop.world.history.size < 200) {
    const command = generateCommand(dice, world.loop.world, past);
    past.push(command);
    await world.loop.submit(command);
  }
  let views: ReadonlyMap<ViewId, NaiveView> = new Map([['system', EMPTY]]);
  let compared = 0;
  for await (const { event } of readEvents(world.log, 0)) {
    for (const number of isCollapse(event) ? workspacesOf(event) : []) {
      for (const [id, expected] of (isCollapse(event) && views.get(number)?.base) || []) {
        if (!isCollapse(event)) continue;
        const found = await search(world, searchBaseFrom(number, event), id);
        assert.deepEqual(written(found), expected, `${event.idx}`);
      }
    }
    views = naiveStep(views, event);
    for (const [view, { all }] of views) {
      if (dice.below(4) > 0) continue;
      const from = searchFrom(world.rewrites, view, event.idx);
      for (const [id, expected] of all) {
        assert.deepEqual(written(await search(world, from, id)), expected, `${view} after ${event.idx}`);
        compared += 1;
      }
      assert.equal(written(await search(world, from, keyedId('no', 'such'))), undefined);
    }
  }
  assert.ok(compared > 100);
  await world.close();
});

test('a search ends after so many events, and goes on where it was', async () => {
  const world = await openMemoryWorld();
  const { loop, log, rewrites } = world;
  await loop.submit(createWorkspace());
  await loop.submit(applyRewrite(0, [putNode('file', 'first')]));
  const last = 2500;
  await Promise.all(
    Array.from({ length: last - 1 }, (_, i) => loop.submit(applyRewrite(0, [putNode('file', `${i}`)]))),
  );
  await loop.submit(collapseWorkspace(0));
  const searched: number[] = [];
  let position: SearchPosition | null = searchFrom(rewrites, 'system', loop.world.history.size);
  let found: Provenance | undefined;
  while (position !== null) {
    found = await findWriter({ log, rewrites, world: loop.world }, keyedId('file', 'first'), position);
    searched.push(found.searched);
    position = found.next;
  }
  assert.deepEqual(searched.slice(0, -1), [1000, 1000]);
  assert.equal(found?.writer?.event.idx, 2);
  assert.deepEqual(
    found?.writer?.carriedBy.map(({ idx }) => idx),
    [loop.world.history.size - 1],
  );
  await world.close();
});

test('the last op of a rewrite counts, and a collapse that was aborted has carried nothing', async () => {
  const world = await openMemoryWorld();
  const { loop, log, rewrites } = world;
  const late = [putNode('file', 'a', { v: 1 }), putNode('file', 'a', { v: 2 })];
  const early = [putNode('file', 'a', { v: 3 })];
  for (const command of [
    createWorkspace(),
    createWorkspace(),
    applyRewrite(0, late),
    applyRewrite(1, early),
    collapseWorkspace(1),
    collapseWorkspace(0),
  ]) {
    await loop.submit(command);
  }
  const find = async (view: ViewId): Promise<Provenance> =>
    await findWriter({ log, rewrites, world: loop.world }, keyedId('file', 'a'), searchFrom(rewrites, view, 6));
  assert.deepEqual((await find('system')).writer?.op, early[0]);
  assert.deepEqual((await find(0)).writer?.op, late[1]);
  await world.close();
});

const A = keyedId('file', 'a');
const write = (view: number, v: number): Command => applyRewrite(view, [putNode('file', 'a', { v })]);

test('what a discarded workspace had written is carried with its fork’s', async () => {
  const world = await openMemoryWorld();
  for (const command of [
    createWorkspace(),
    write(0, 1),
    createWorkspace({ from: 0 }),
    discardWorkspace(0),
    collapseWorkspace(1),
  ]) {
    await world.loop.submit(command);
  }
  assert.deepEqual(written(await search(world, searchFrom(world.rewrites, 'system', 5), A)), {
    idx: 2,
    carriedBy: [5],
  });
  await world.close();
});

test('a rebase stands between a workspace and its base: what it took from there, and what it settled', async () => {
  const world = await openMemoryWorld();
  const settle = (side: 'ours' | 'theirs', ...ops: Op[]): Command =>
    rebaseWorkspace(0, { choices: [{ id: A, side }], ops });
  for (const command of [
    createWorkspace(),
    createWorkspace(),
    write(0, 1),
    write(1, 2),
    collapseWorkspace(1),
    settle('theirs'),
    settle('ours', putNode('file', 'a', { v: 3 })),
  ]) {
    await world.loop.submit(command);
  }
  const find = async (idx: number): Promise<Written | undefined> =>
    written(await search(world, searchFrom(world.rewrites, 0, idx), A));
  assert.deepEqual(
    [await find(5), await find(6), await find(7)],
    [
      { idx: 3, carriedBy: [] },
      { idx: 4, carriedBy: [5] },
      { idx: 7, carriedBy: [] },
    ],
  );
  await world.close();
});

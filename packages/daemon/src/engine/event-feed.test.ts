import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Bytes } from '@jitos/kernel';
import { openMemoryWorld } from '@jitos/testkit/servers/open-memory-world.ts';
import type { FeedEntry, FeedTopic } from './feed-entry.ts';
import { EventFeed, FEED_HELD_MAX } from './event-feed.ts';
import type { OpenWorld } from './open-world.ts';

const COMMAND = { principal: 'local', requestId: null, validUntil: null, meta: null } as const;

async function openWorkspaces(count: number): Promise<OpenWorld> {
  const open = await openMemoryWorld();
  for (let i = 0; i < count; i++) await open.loop.submit({ type: 'createWorkspace', from: null, ...COMMAND });
  return open;
}

async function write({ loop }: OpenWorld, view: number, count: number): Promise<void> {
  const ops = [{ op: 'AddNode', kind: 'k', payload: 'p' as Bytes, expect: null }] as const; // ASCII
  await Promise.all(Array.from({ length: count }, () => loop.submit({ type: 'applyRewrite', view, ops, ...COMMAND })));
}

/** What a reader gets, and how often it is woken. */
class Listener {
  readonly positions: number[] = [];
  wakes = 0;
  readonly #reader: ReturnType<OpenWorld['feed']['open']>;
  #next = Promise.withResolvers<void>();

  constructor({ feed }: OpenWorld, topic: FeedTopic, after: number) {
    this.#reader = feed.open(topic, after, () => {
      this.wakes += 1;
      this.#next.resolve();
    });
  }

  /** Reads all there is; gives what was read at once. */
  async drain(): Promise<readonly (readonly FeedEntry[])[]> {
    const reads: (readonly FeedEntry[])[] = [];
    for (;;) {
      const entries = await this.#reader.read();
      if (entries.length === 0) return reads;
      reads.push(entries);
      this.positions.push(...entries.map(({ position }) => position));
    }
  }

  async woken(): Promise<void> {
    await this.#next.promise;
    this.#next = Promise.withResolvers();
  }

  close(): void {
    this.#reader.close();
  }
}

function upTo(count: number): number[] {
  return Array.from({ length: count }, (_, i) => i);
}

test('a reader gets what is behind its position, from history and then as it comes, and is woken once for it', async () => {
  const open = await openWorkspaces(2);
  await write(open, 0, 150);
  const listener = new Listener(open, 0, 9);
  assert.ok((await listener.drain()).every((entries) => entries.length <= 64));
  assert.deepEqual(listener.positions, upTo(150).slice(10));
  await write(open, 1, 5);
  await write(open, 0, 100);
  await listener.woken();
  await listener.drain();
  assert.deepEqual(listener.positions, [...upTo(150).slice(10), ...upTo(255).slice(155)]);
  assert.equal(listener.wakes, 1);
  listener.close();
  await write(open, 0, 1);
  await open.close();
});

test('what is dropped from the feed is read from history by whoever is behind, and only by them', async () => {
  const open = await openWorkspaces(1);
  let historyReads = 0;
  const batches = open.log.batches.bind(open.log);
  open.log.batches = (fromIdx) => {
    historyReads += 1;
    return batches(fromIdx);
  };
  const behind = new Listener(open, 0, -1);
  const fast = new Listener(open, 0, -1);
  const count = FEED_HELD_MAX + 500;
  for (let done = 0; done < count; done += 100) {
    await write(open, 0, Math.min(100, count - done));
    await fast.drain();
  }
  assert.equal(historyReads, 0);
  await behind.drain();
  assert.ok(historyReads > 0);
  assert.deepEqual(fast.positions, upTo(count));
  assert.deepEqual(behind.positions, upTo(count));
  await open.close();
});

test('the loop has answered before a reader is woken', async () => {
  const open = await openWorkspaces(1);
  const listener = new Listener(open, 0, -1);
  await listener.drain();
  await write(open, 0, 1);
  assert.equal(listener.wakes, 0);
  await listener.woken();
  await listener.drain();
  assert.deepEqual(listener.positions, [0]);
  await open.close();
});

test('a reader whose wake throws keeps no other from being woken', async () => {
  const turns: (() => void)[] = [];
  const open = await openWorkspaces(1);
  const feed = new EventFeed({ ...open, nextTurn: (turn) => void turns.push(turn) });
  const woken: number[] = [];
  for (const i of [0, 1, 2]) {
    const reader = feed.open(0, -1, () => {
      woken.push(i);
      if (i === 0) throw new Error('of a reader');
    });
    assert.deepEqual(await reader.read(), []);
  }
  await write(open, 0, 1);
  assert.throws(() => turns.shift()?.(), { message: 'of a reader' });
  turns.shift()?.();
  assert.deepEqual([woken, turns], [[0, 1, 2], []]);
  await open.close();
});

test('readers are told of what comes at once, and of what follows it soon all together, some time later', async (context) => {
  context.mock.timers.enable({ apis: ['setTimeout'] });
  const turns: (() => void)[] = [];
  const open = await openWorkspaces(1);
  const feed = new EventFeed({ ...open, nextTurn: (turn) => void turns.push(turn), wakesEveryMs: 60_000 });
  const heard: number[] = [];
  const reader = feed.open(0, -1, () => {
    for (const { position } of reader.read() as readonly FeedEntry[]) heard.push(position); // it is held
    assert.deepEqual(reader.read(), []);
  });
  assert.deepEqual(reader.read(), []);
  await write(open, 0, 1);
  turns.shift()?.();
  assert.deepEqual(heard, [0]);
  for (let i = 0; i < 3; i++) await write(open, 0, 1);
  assert.deepEqual([turns.length, heard], [0, [0]]);
  context.mock.timers.tick(60_000);
  assert.deepEqual([turns.length, heard], [0, [0, 1, 2, 3]]);
  reader.close();
  await open.close();
});

test('a workspace that has ended tells no more', async () => {
  const open = await openWorkspaces(1);
  assert.deepEqual([open.feed.isOver(0), open.feed.isOver('system'), open.feed.isOver('ticks')], [false, false, false]);
  await open.loop.submit({ type: 'discardWorkspace', workspace: 0, reason: null, ...COMMAND });
  assert.ok(open.feed.isOver(0));
  await open.close();
});

test('a reader that is closed while history is walked ends its read there', async () => {
  const open = await openWorkspaces(1);
  await write(open, 0, 5000); // more than are walked at once, and no tick among them
  const reader = open.feed.open('ticks', -1, () => undefined);
  const reading = reader.read();
  reader.close();
  assert.deepEqual(await reading, []);
  assert.deepEqual(await reader.read(), []);
  await open.close();
});

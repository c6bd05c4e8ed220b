import assert from 'node:assert/strict';
import { after, describe, test } from 'node:test';
import { cuttingProxy } from '@jitos/testkit/servers/cutting-proxy.ts';
import { serveAgain, serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { connect } from '../connect.ts';
import type { Rewrite } from '../world/rewrites.ts';
import type { World } from '../world/world.ts';
import type { Subscription } from '../world/subscription.ts';
import type { LiveSource, LiveTransport } from './live.ts';
import { webSockets } from './socket.ts';
import { serverSentEvents } from './sse.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
let count = 0;

async function freshName(): Promise<string> {
  const name = `w${(count += 1)}`;
  await served.host.createWorld(name);
  return name;
}

/** Writes so many rewrites to the workspace 0, one after the other. */
async function write(world: World, rewriteCount: number): Promise<void> {
  const ws = world.workspace(0);
  for (let i = 0; i < rewriteCount; i++) await ws.put('n', `${i}`);
}

async function take(subscription: Subscription<Rewrite>, length: number): Promise<number[]> {
  const taken: number[] = [];
  while (taken.length < length) {
    const { value } = await subscription.next();
    assert.ok(value);
    taken.push(value.rewriteIdx);
  }
  return taken;
}

/** The same way of listening, and a promise that somebody has begun to listen. */
function noticed(live: LiveTransport): { readonly live: LiveTransport; readonly begun: Promise<void> } {
  const begun = Promise.withResolvers<void>();
  const source = (inner: LiveSource): LiveSource => ({
    async *open(request) {
      for await (const event of inner.open(request)) {
        begun.resolve();
        yield event;
      }
    },
  });
  return { live: (host) => source(live(host)), begun: begun.promise };
}

/** A wait without end is a failure. */
const HURRIED = { timeout: 15_000 } as const;

const numbers = (length: number, first = 0): number[] => Array.from({ length }, (_, i) => first + i);

for (const live of [serverSentEvents, webSockets]) {
  void describe(`by ${live.name}`, () => {
    void test('each event comes once and none is left out, however often the way breaks', async () => {
      const world = await freshName();
      const direct = connect({ url: served.url, world });
      await direct.fork();
      // Somewhere in the headers, in the middle of events, between them: all of these in turn.
      let bytes = 150;
      await using proxy = await cuttingProxy(served.port, { bytesUntilCut: () => (bytes += 97) });
      const follower = connect({ url: proxy.url, world, live, retry: { delayMsMax: 5, attemptsMax: 100 } });
      await using subscription = follower.followRewrites({ view: 0, after: -1 });
      const taking = take(subscription, 40);
      await write(direct, 40);
      assert.deepEqual(await taking, numbers(40));
      assert.ok(proxy.connectionCount > 10, `${proxy.connectionCount} connections`);
    });

    void test('what is new from now on is told, also if the way breaks before there is any', async () => {
      const world = await freshName();
      const direct = connect({ url: served.url, world });
      await direct.fork();
      await write(direct, 3);
      await using proxy = await cuttingProxy(served.port);
      const listening = noticed(live);
      const follower = connect({ url: proxy.url, world, live: listening.live, retry: { delayMsMax: 5 } });
      await using subscription = follower.followRewrites({ view: 0 });
      const taking = take(subscription, 2);
      await listening.begun;
      proxy.isDown = true;
      proxy.cut();
      await write(direct, 2);
      proxy.isDown = false;
      assert.deepEqual(await taking, [3, 4]);
      assert.equal(subscription.position, 4);
    });

    void test('a daemon that stops and starts again is waited for', async () => {
      const world = await freshName();
      const direct = connect({ url: served.url, world });
      await direct.fork();
      const first = await serveAgain(served);
      const { url, port } = first;
      const listening = noticed(live);
      const follower = connect({ url, world, live: listening.live, retry: { delayMsMax: 20 } });
      await using subscription = follower.followRewrites({ view: 0 });
      const taking = take(subscription, 6);
      await listening.begun;
      await write(direct, 3);
      await first.close();
      await write(direct, 3);
      const second = await serveAgain(served, port);
      assert.deepEqual(await taking, numbers(6));
      await subscription.return();
      await second.close();
    });

    void test('a subscription ends with its workspace', async () => {
      const world = connect({ url: served.url, world: await freshName(), live });
      const ws = await world.fork();
      await ws.put('a', 'b');
      await ws.discard();
      const told: number[] = [];
      for await (const { rewriteIdx } of world.followRewrites({ view: 0, after: -1 })) told.push(rewriteIdx);
      assert.deepEqual(told, [0, 1]);
    });

    void test('`return` and a signal end one that waits', HURRIED, async () => {
      const url = served.url;
      const world = await freshName();
      const first = noticed(live);
      const returned = connect({ url, world, live: first.live }).followTicks();
      const waiting = returned.next();
      await first.begun;
      await returned.return();
      assert.deepEqual(await waiting, { done: true, value: undefined });
      const second = noticed(live);
      const stop = new AbortController();
      const aborted = connect({ url, world, live: second.live }).followTicks({ signal: stop.signal }).next();
      await second.begun;
      stop.abort(new RangeError('enough'));
      await assert.rejects(aborted, { name: 'RangeError', message: 'enough' });
    });

    void test('what can not be followed is refused', async () => {
      const world = connect({ url: served.url, world: await freshName(), live });
      await assert.rejects(world.followRewrites({ view: 7, after: -1 }).next(), { reason: 'WORKSPACE_NOT_FOUND' });
      await assert.rejects(world.followRewrites({ after: 99 }).next(), { reason: 'EVENT_NOT_FOUND' });
    });

    void test('who can not be connected at all is told so', async () => {
      const world = await freshName();
      await using proxy = await cuttingProxy(served.port);
      proxy.isDown = true;
      const follower = connect({ url: proxy.url, world, live, retry: { delayMsMax: 1, attemptsMax: 3 } });
      await assert.rejects(follower.followTicks().next(), { name: 'Fault', reason: 'DAEMON_UNREACHABLE' });
      assert.equal(proxy.connectionCount, 3);
    });

    void test('who reads slowly gets everything all the same', async () => {
      const world = connect({ url: served.url, world: await freshName(), live });
      await world.fork();
      await using subscription = world.followRewrites({ view: 0, after: -1 });
      assert.deepEqual(await take(subscription, 0), []);
      const first = subscription.next();
      // More than waits for a subscription before it gives up its place.
      await Promise.all(numbers(400).map((i) => world.workspace(0).put('n', `${i}`)));
      assert.equal((await first).value?.rewriteIdx, 0);
      assert.deepEqual(await take(subscription, 399), numbers(399, 1));
    });
  });
}

test('a socket that brings more than is taken is asked to stop, and then for the rest', HURRIED, async (t) => {
  const sent: unknown[] = [];
  const Original = WebSocket;
  globalThis.WebSocket = class extends Original {
    override send(message: string): void {
      sent.push((JSON.parse(message) as { readonly type: unknown }).type);
      super.send(message);
    }
  };
  t.after(() => (globalThis.WebSocket = Original));
  const world = connect({ url: served.url, world: await freshName(), live: webSockets });
  await world.fork();
  await Promise.all(numbers(300).map((i) => world.workspace(0).put('n', `${i}`)));
  await using subscription = world.followRewrites({ view: 0, after: -1 });
  assert.deepEqual(await take(subscription, 1), [0]);
  while (!sent.includes('complete')) await new Promise((resolve) => setImmediate(resolve));
  assert.deepEqual(await take(subscription, 299), numbers(299, 1));
  assert.deepEqual(
    sent.filter((type) => type !== 'ping'),
    ['connection_init', 'subscribe', 'complete', 'subscribe'],
  );
});

test('sockets share one connection', async () => {
  const name = await freshName();
  await using proxy = await cuttingProxy(served.port);
  const world = connect({ url: proxy.url, world: name, live: webSockets });
  await world.fork();
  const before = proxy.connectionCount;
  const subscriptions = numbers(10).map(() => world.followRewrites({ view: 0, after: -1 }));
  const taking = subscriptions.map((each) => take(each, 5));
  await write(world, 5);
  assert.deepEqual(
    await Promise.all(taking),
    numbers(10).map(() => numbers(5)),
  );
  assert.ok(proxy.connectionCount - before <= 2, `${proxy.connectionCount - before} connections`);
  await Promise.all(subscriptions.map((each) => each.return()));
});

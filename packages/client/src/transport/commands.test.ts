import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { serveHost } from '@jitos/testkit/servers/serve-host.ts';
import { connect, type ConnectOptions } from '../connect.ts';
import type { World } from '../world/world.ts';
import type { Clock } from './clock.ts';
import type { Fetch } from './http.ts';

const served = await serveHost();
after(() => served[Symbol.asyncDispose]());
let count = 0;

/** Time that passes only by sleeping, and chance that is always the same. */
class SteppedClock implements Clock {
  readonly sleptMs: number[] = [];
  #nowMs = 0;
  nowMs(): number {
    return this.#nowMs;
  }
  random(): number {
    return 0.5;
  }
  sleep(ms: number, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    this.sleptMs.push(ms);
    this.#nowMs += ms;
    return Promise.resolve();
  }
}

interface Rig {
  readonly world: World;
  readonly clock: SteppedClock;
  /** What was sent, in order. */
  readonly bodies: string[];
}

/** `spoil` is asked for each request by its number, and may answer in the daemon's place, before or after it. */
async function rig(
  spoil: (n: number, pass: () => Promise<Response>) => Promise<Response>,
  options: Partial<ConnectOptions> = {},
): Promise<Rig> {
  const name = `w${(count += 1)}`;
  await served.host.createWorld(name);
  const clock = new SteppedClock();
  const bodies: string[] = [];
  const faulty: Fetch = (url, init) => {
    bodies.push(typeof init.body === 'string' ? init.body : '');
    return spoil(bodies.length, () => fetch(url, init));
  };
  return { world: connect({ url: served.url, world: name, clock, fetch: faulty, ...options }), clock, bodies };
}

function broken(): never {
  throw new TypeError('fetch failed', { cause: new Error('the connection broke') });
}

function refusal(status: number, headers: Record<string, string> = {}): Response {
  const error = {
    reason: 'OVERLOADED',
    code: 'UNAVAILABLE',
    place: '',
    detail: 'busy',
    advice: 'wait',
    retry: 'later',
  };
  return new Response(JSON.stringify({ error }), { status, headers });
}

async function rewriteCount(world: World): Promise<number> {
  let rewrites = 0;
  for await (const _ of world.rewrites(0)) rewrites += 1;
  return rewrites;
}

test('a command whose answers are lost is done once, and answers as the first time', async () => {
  // Each answer but every third is lost after the daemon has done what was asked.
  const { world, bodies } = await rig(async (n, pass) => {
    const answer = await pass();
    return n % 3 === 0 ? answer : broken();
  });
  const ws = await world.fork();
  const receipt = await ws.put('a', 'b', { c: 1 });
  assert.equal(receipt.rewriteIdx, 0);
  assert.ok((await ws.collapse()).committed);
  assert.equal(await rewriteCount(world), 2);
  const sent = bodies.filter((body) => body.includes('applyRewrite'));
  assert.equal(sent.length, 3);
  assert.equal(new Set(sent).size, 1);
  assert.match(sent[0]!, /"requestId":"[0-9a-f-]{36}","validUntil":600/);
});

test('waiting grows up to its bound, and is as long as the daemon asks for', async () => {
  const { world, clock } = await rig(async (n, pass) => {
    if (n === 3) return refusal(429, { 'retry-after': '7' });
    return n < 7 ? refusal(503) : pass();
  });
  await world.info();
  assert.deepEqual(clock.sleptMs, [25, 50, 7000, 200, 400, 800]);
});

test('what will not pass is not asked again, and what does not pass is told at last', async () => {
  const down = await rig(() => Promise.resolve(broken()), { retry: { attemptsMax: 3 } });
  await assert.rejects(down.world.info(), {
    name: 'Fault',
    reason: 'DAEMON_UNREACHABLE',
    message: /the connection broke/,
  });
  assert.equal(down.bodies.length, 3);
  const { world, bodies } = await rig((_, pass) => pass());
  await assert.rejects(world.workspace(9).put('a', 'b'), { name: 'Refusal', reason: 'WORKSPACE_NOT_FOUND' });
  assert.equal(bodies.length, 2); // the tick, and the command
});

test('an answer of somebody else is not taken for the daemon’s', async () => {
  const { world, bodies } = await rig(() => Promise.resolve(new Response('<html>')));
  await assert.rejects(world.info(), { name: 'Fault', message: /not jitosd/ });
  assert.equal(bodies.length, 1);
});

/** As the daemon would say it. */
function expired(): Response {
  const extensions = { reason: 'COMMAND_EXPIRED', code: 'INVALID_INPUT', place: 'meta.validUntil', retry: 'never' };
  return new Response(JSON.stringify({ data: null, errors: [{ message: 'too late', extensions }] }));
}

test('a command that came too late is sent anew with a newer tick', async () => {
  const { world, bodies } = await rig(async (n, pass) => (n === 2 ? expired() : pass()));
  await world.fork();
  const [, first, tick, second] = bodies;
  assert.match(tick!, /kernelInfo/);
  assert.match(second!, /createSws/);
  assert.notEqual(first, second);
});

test('but not if it may have been carried out', async () => {
  const { world } = await rig(async (n, pass) => {
    if (n === 2) {
      await pass();
      return broken();
    }
    return n === 3 ? expired() : pass();
  });
  await assert.rejects(world.fork(), { name: 'Refusal', reason: 'COMMAND_EXPIRED' });
  let workspaces = 0;
  for await (const _ of world.workspaces()) workspaces += 1;
  assert.equal(workspaces, 1);
});

test('a signal ends the waiting with its own reason', async () => {
  const stop = new AbortController();
  const { world } = await rig(() => {
    stop.abort(new RangeError('enough'));
    return Promise.resolve(refusal(503));
  });
  await assert.rejects(world.info({ signal: stop.signal }), { name: 'RangeError', message: 'enough' });
});

test('a request id of one’s own is kept, and is one request whatever asks', async () => {
  const { world } = await rig((_, pass) => pass());
  const ws = await world.fork({ meta: { requestId: 'mine' } });
  const again = await world.fork({ meta: { requestId: 'mine' } });
  assert.equal(again.name, ws.name);
});

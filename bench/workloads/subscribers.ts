/**
 * Subscribers that a process of their own holds, and how late events reach them.
 *
 * Rewrites are sent at a steady rate, whether or not the answers to earlier ones have come: a server that falls behind is late, and does
 * not slow the sender down. Late is the time from sending the rewrite to having its event, so the commit is in it.
 */
import { execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { cpuMs } from '../harness/process-meter.ts';
import { nowUs } from '../harness/shared-clock.ts';
import type { OpenWorkload } from '../harness/workload.ts';
import { startJitosd } from '../ours/jitosd.ts';
import type { HoldRequest, Protocol, Taken } from '../ours/subscriber-process.ts';

export interface SubscribersOptions {
  readonly protocol: Protocol;
  readonly subscriberCount: number;
  /** Workspaces that are written to in turn. */
  readonly viewCount: number;
  /** Who follows each of these; the others follow one that is not written to. */
  readonly readersPerView: number;
  readonly eventsPerSecond: number;
  /** Whether one more reads nothing of a workspace in which much is written. */
  readonly stalled: 'nobody' | 'one';
}

/** Rounds are longer than others are: one delivery in a hundred counts, and timers of a second have to be in them. */
const ROUND_FACTOR = 8;
const SENT_EVERY_MS = 5;
const SETTLE_MS = 1500;
const SETTLE_FEW_MS = 150;
const FEW = 1000;
const DELIVERY_MS_MAX = 30_000;
/** What is written for who reads nothing: more than the sockets on both sides take. */
const STALLING_COUNT = 160;
const STALLING_META = 'x'.repeat(50_000);

export const open: OpenWorkload<SubscribersOptions> = async (options, dir) => {
  const { protocol, subscriberCount, viewCount, readersPerView, eventsPerSecond, stalled } = options;
  const settleMs = subscriberCount < FEW ? SETTLE_FEW_MS : SETTLE_MS;
  const server = await startJitosd(join(dir, 'data'));
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const send = (query: string, variables: object): Promise<void> => post(server.url, agent, { query, variables });
  const [quietView, stalledView] = [viewCount, viewCount + 1];
  for (let i = 0; i < viewCount + 2; i++) await send('mutation { createSws { sws { id } } }', {});
  const write = (view: number, meta: unknown): Promise<void> => send(WRITE, { sws: String(view), meta });
  await setTimeout(settleMs);

  const holder = fork(new URL('../ours/subscriber-process.ts', import.meta.url), { stdio: ['ignore', 2, 2, 'ipc'] });
  const ask = async <Answer>(message: object): Promise<Answer> => {
    holder.send(message);
    return (await once(holder, 'message'))[0] as Answer; // as the request names it
  };
  const countByView = Array.from({ length: viewCount }, () => readersPerView);
  countByView[quietView] = subscriberCount - viewCount * readersPerView;
  const held: HoldRequest = {
    do: 'hold',
    port: Number(server.url.port),
    protocol,
    countByView,
    stalledView: stalled === 'one' ? stalledView : null,
  };
  const rssBefore = rssBytes(server.pid);
  const begun = await ask<{ readonly ok: boolean; readonly message?: string }>(held);
  if (!begun.ok) throw new Error(begun.message);
  await setTimeout(settleMs);
  const rssEach = (rssBytes(server.pid) - rssBefore) / subscriberCount;
  const counted = connectionCount(server.url.port);
  if (counted < subscriberCount) throw new Error(`ss counts ${counted} connections, not ${subscriberCount}`);

  return {
    round: async (budgetMs) => {
      if (stalled === 'one') {
        for (let i = 0; i < STALLING_COUNT; i++) await write(stalledView, STALLING_META);
      }
      await ask<Taken>({ do: 'take' });
      const cpuBefore = cpuMs(server.pid) ?? NaN;
      const sentCount = await sendSteadily(budgetMs * ROUND_FACTOR, eventsPerSecond, (i) =>
        write(i % viewCount, nowUs()),
      );
      const expected = sentCount * readersPerView;
      for (let waitedMs = 0; waitedMs < DELIVERY_MS_MAX; waitedMs += settleMs) {
        await setTimeout(settleMs);
        if ((await ask<number>({ do: 'count' })) >= expected) break;
      }
      const taken = await ask<Taken>({ do: 'take' });
      const usedMs = (cpuMs(server.pid) ?? NaN) - cpuBefore;
      if (taken.deliveredCount !== expected) {
        throw new Error(`${taken.deliveredCount} events came, of ${expected}`);
      }
      return {
        operations: taken.deliveredCount,
        values: { 'us p99': taken.lateP99Us, B: rssEach, '/cpu-s': taken.deliveredCount / (usedMs / 1000) },
      };
    },
    close: async () => {
      const gone = once(holder, 'exit');
      holder.disconnect();
      await gone;
      agent.destroy();
      await server.close();
    },
  };
};

const WRITE = `mutation ($sws: ID!, $meta: JSON) {
  applyRewrite(view: {kind: SWS, swsId: $sws}, rewrite: {ops: [{op: "AddNode", data: {kind: "k"}}], meta: $meta}) { accepted }
}`;

async function sendSteadily(
  durationMs: number,
  perSecond: number,
  send: (i: number) => Promise<void>,
): Promise<number> {
  const start = performance.now();
  const pending: Promise<void>[] = [];
  for (let elapsedMs = 0; elapsedMs < durationMs; elapsedMs = performance.now() - start) {
    const due = Math.floor((elapsedMs * perSecond) / 1000);
    while (pending.length < due) pending.push(send(pending.length));
    await setTimeout(SENT_EVERY_MS);
  }
  await Promise.all(pending);
  return pending.length;
}

function post(url: URL, agent: Agent, body: object): Promise<void> {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
    const asked = request(url, { method: 'POST', agent, headers }, (answer) => {
      let told = '';
      answer.on('data', (chunk: Buffer) => (told += chunk.toString()));
      answer.on('end', () => (told.includes('"errors"') ? reject(new Error(told)) : resolve()));
    });
    asked.on('error', reject).end(text);
  });
}

/** As the system sees them, from the server's side. */
function connectionCount(port: string): number {
  const listed = execFileSync('ss', ['-Htn', 'state', 'established', `( sport = :${port} )`], {
    encoding: 'utf8',
    maxBuffer: 64 * 1_048_576,
  });
  return listed.split('\n').filter((line) => line !== '').length;
}

function rssBytes(pid: number): number {
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024;
}

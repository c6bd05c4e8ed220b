import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { APPEND_CHILD, assertFailure } from '@jitos/testkit/file-log-samples.ts';
import { assertSameBatches, readAll, sampleBatch } from '@jitos/testkit/log-samples.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { checkLog } from './check-log.ts';
import { createFileLog, openFileLog } from './file-log.ts';
import type { DurableBy } from './node-disk.ts';
import { nodeDisk } from './node-disk.ts';
import { readFileLog } from './read-only-log.ts';

const disk = nodeDisk();

async function withNewLog(body: (folder: string) => Promise<void>): Promise<void> {
  const temp = makeTempFolder();
  try {
    const folder = join(temp.path, 'world');
    const log = await createFileLog({ folder, disk, sync: 'adaptive', worldId: new Uint8Array(16).fill(9) });
    await log.close();
    await body(folder);
  } finally {
    temp.remove();
  }
}

test('a folder is one process’s, until it is killed; what it acknowledged is there after', async () => {
  await withNewLog(async (folder) => {
    let length = 0;
    for (const sync of ['inline', 'async']) {
      const child = spawn(process.execPath, [APPEND_CHILD, folder, sync, 'o-dsync', '-1'], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const died = new Promise((resolve) => child.once('exit', (_, signal) => resolve(signal)));
      let lastAck = -1;
      for await (const line of createInterface({ input: child.stdout })) {
        lastAck = Number(line.slice('ack '.length));
        if (lastAck === length + 20) {
          await assertFailure(openFileLog({ folder, disk, sync: 'adaptive' }), 'LOG_LOCKED', folder);
          assert.ok((await readFileLog({ disk, folder })).length > lastAck, 'readers need no lock');
          child.kill('SIGKILL');
        }
      }
      assert.equal(await died, 'SIGKILL');
      const log = await openFileLog({ folder, disk, sync: 'adaptive' });
      assert.ok(log.length > lastAck && lastAck >= length + 20);
      length = log.length;
      assertSameBatches(
        await readAll(log),
        Array.from({ length }, (_, i) => sampleBatch(i, 1)),
      );
      await log.close();
    }
  });
});

test('a log that is being written to can be checked and read: no damage, and only what is whole', async () => {
  await withNewLog(async (folder) => {
    const child = spawn(process.execPath, [APPEND_CHILD, folder, 'async', 'o-dsync', '-1'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const died = new Promise((resolve) => child.once('exit', resolve));
    try {
      await new Promise((resolve) => child.stdout.once('data', resolve));
      child.stdout.resume();
      let length = 0;
      for (let i = 0; i < 10; i++) {
        const onDamage = (): void => assert.fail('the log is whole');
        const check = await checkLog({ disk, folder, onDamage });
        const log = await readFileLog({ disk, folder });
        assert.ok(check.length >= length && log.length >= check.length);
        length = log.length;
        assert.equal((await readAll(log)).length, length);
      }
    } finally {
      child.kill('SIGKILL');
      await died;
    }
  });
});

const traced: readonly (readonly ['inline' | 'async', DurableBy])[] = [
  ['inline', 'o-dsync'],
  ['async', 'o-dsync'],
  ['inline', 'fdatasync'],
];
for (const [sync, durableBy] of traced) {
  test(`the disk has acknowledged before each reply is written (${sync}, ${durableBy})`, async () => {
    await withNewLog(async (folder) => {
      const count = 8;
      const calls = traceChild(folder, [sync, durableBy, String(count)]);
      let durableCount = 0;
      let replyCount = 0;
      for (const call of calls) {
        if (call.isDurable) durableCount++;
        if (!call.isReply) continue;
        replyCount++;
        assert.ok(durableCount >= replyCount, `reply ${replyCount} after ${durableCount} durable writes`);
        assert.ok(durableCount <= replyCount, 'every durable write is a batch that is about to be acknowledged');
      }
      assert.equal(replyCount, count);
    });
  });
}

interface TracedCall {
  /** A durable write to a segment has returned. */
  readonly isDurable: boolean;
  /** A reply is about to be written. */
  readonly isReply: boolean;
}

/** Runs the child under strace and answers its calls in the order in which they began (replies) or returned (the rest). */
function traceChild(folder: string, args: readonly string[]): TracedCall[] {
  const output = `${folder}.strace`;
  const strace = ['-f', '-y', '-e', 'trace=pwrite64,fdatasync,write,openat', '-o', output];
  const run = spawnSync('strace', [...strace, process.execPath, APPEND_CHILD, folder, ...args], { encoding: 'utf8' });
  assert.equal(run.error, undefined, 'this test needs the program strace (Debian: apt-get install strace)');
  assert.equal(run.status, 0, run.stderr);
  const durableFds = new Set<string>();
  const durableVerb = args[1] === 'fdatasync' ? 'fdatasync' : 'pwrite64';
  const unfinished = new Map<string, string>();
  return readFileSync(output, 'utf8')
    .split('\n')
    .map((line) => {
      const pid = line.split(' ', 1)[0] ?? '';
      const isReply = /write\(1<[^>]*>, "ack \d+/.test(line);
      if (line.includes('<unfinished')) {
        unfinished.set(pid, line);
        return { isDurable: false, isReply };
      }
      const call = line.includes(' resumed>') ? `${unfinished.get(pid) ?? ''}${line}` : line;
      const opened = /openat\(.*\.log", .*O_DSYNC.* = (\d+)</.exec(call);
      if (opened?.[1] !== undefined) durableFds.add(opened[1]);
      const [, verb, fd] = /(pwrite64|fdatasync)\((\d+)<[^>]*\.log>/.exec(call) ?? [];
      const isDurableFd = fd !== undefined && (durableVerb === 'fdatasync' || durableFds.has(fd));
      return { isDurable: verb === durableVerb && isDurableFd && / = \d+$/.test(call), isReply };
    });
}

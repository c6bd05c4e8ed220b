/**
 * Visible means durable, seen from outside: the system calls of `jitosd` in the order in which they happened.
 *
 * What turns it red, in its own assertion:
 *
 * - `O_DSYNC` left out where the log's file is opened (`node-disk.ts`): a write that returned then proves nothing;
 * - replies that leave once the append has begun instead of when it settled (`#append` in `world-loop.ts`);
 * - an append that does not wait for its write (`#appendAsync` in `file-log.ts`).
 *
 * `testdata/mutations/log.json` has the three.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProgram } from '@jitos/testkit/daemon/start-program.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const MUTATIONS = 25;

/** What one line of a trace tells. */
type Call = 'request arrived' | 'log write returned' | 'reply began' | 'other';

test('jitosd writes no reply to a socket before the log write that it hangs on has returned', async () => {
  assert.equal(
    spawnSync('strace', ['-V']).status,
    0,
    'this test needs the program strace (Debian: apt-get install strace)',
  );
  const folder = makeTempFolder();
  const trace = join(folder.path, 'trace');
  const calls = 'trace=openat,pwrite64,read,write,writev';
  const wrapper = ['strace', '-f', '-y', '-s', '20', '-e', calls, '-o', trace];
  const args = ['--no-import', '--port', '0', '--auth', 'none', '--data-dir', join(folder.path, 'data')];
  const daemon = startProgram('jitosd', args, { workingDir: folder.path, wrapper });
  try {
    const [, address = ''] = await daemon.printed(/answers at (http:\S+)/);
    await mutate(address, 'mutation { createSws { sws { id } } }');
    for (let i = 1; i < MUTATIONS; i++) {
      const op = `{ op: "AddNode", data: { kind: "demo", payload_b64: "${Buffer.from(`node ${i}`).toString('base64')}" } }`;
      await mutate(
        address,
        `mutation { applyRewrite(view: { kind: SWS, swsId: "0" } rewrite: { ops: [${op}] }) { accepted } }`,
      );
    }
  } finally {
    // strace passes the signal on to nobody: end the daemon, and strace ends with it.
    const { pid } = JSON.parse(readFileSync(join(folder.path, 'data', 'daemon.json'), 'utf8')) as { pid: number }; // its format
    process.kill(pid, 'SIGTERM');
    await daemon.ended;
  }
  let replies = 0;
  let isDurable = false;
  for (const call of readTrace(trace)) {
    if (call === 'request arrived') isDurable = false;
    else if (call === 'log write returned') isDurable = true;
    else if (call === 'reply began') {
      replies += 1;
      assert.ok(isDurable, `reply ${replies} left before a durable log write for its request had returned`);
    }
  }
  assert.equal(replies, MUTATIONS);
  folder.remove();
});

async function mutate(address: string, query: string): Promise<void> {
  const response = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { errors } = (await response.json()) as { errors?: unknown }; // a GraphQL answer
  assert.equal(errors, undefined);
}

/** The calls of a trace in the order of their return, replies in that of their beginning. */
function readTrace(path: string): Call[] {
  const durableFds = new Set<string>();
  const unfinished = new Map<string, string>();
  return readFileSync(path, 'utf8')
    .split('\n')
    .map((line): Call => {
      const pid = line.split(' ', 1)[0] ?? '';
      if (/ writev?\(\d+<(?:TCP|socket)[^>]*>, .*HTTP\/1\.1 200/.test(line)) return 'reply began';
      if (line.includes('<unfinished')) {
        unfinished.set(pid, line);
        return 'other';
      }
      const call = line.includes(' resumed>') ? `${unfinished.get(pid) ?? ''}${line}` : line;
      if (/ read\(\d+<(?:TCP|socket).*POST \/graphql/.test(call)) return 'request arrived';
      const opened = /openat\(.*\.log", .*O_DSYNC.* = (\d+)</.exec(call);
      if (opened?.[1] !== undefined) durableFds.add(opened[1]);
      const [, fd] = /pwrite64\((\d+)<[^>]*\.log>/.exec(call) ?? [];
      return fd !== undefined && durableFds.has(fd) && / = \d+$/.test(call) ? 'log write returned' : 'other';
    });
}

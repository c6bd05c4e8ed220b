import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProgram } from '@jitos/testkit/daemon/start-program.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const MUTATIONS = 25;

/** What one line of a trace tells: a log write that returned, or a reply that began to leave. */
type Call = 'log write returned' | 'reply began' | 'other';

test('jitosd writes no reply to a socket before the log write that it hangs on has returned', async () => {
  assert.equal(
    spawnSync('strace', ['-V']).status,
    0,
    'this test needs the program strace (Debian: apt-get install strace)',
  );
  const folder = makeTempFolder();
  const trace = join(folder.path, 'trace');
  const calls = 'trace=openat,pwrite64,fdatasync,write,writev';
  const wrapper = ['strace', '-f', '-y', '-s', '20', '-e', calls, '-o', trace];
  const args = ['--no-import', '--port', '0', '--data-dir', join(folder.path, 'data')];
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
  const sequence = readTrace(trace);
  let returned = 0;
  let replies = 0;
  for (const call of sequence) {
    if (call === 'log write returned') returned += 1;
    if (call !== 'reply began') continue;
    replies += 1;
    assert.ok(returned >= replies, `reply ${replies} left after ${returned} durable log writes`);
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

/**
 * The calls from the first reply's own log write on. The writes before it belong to the worlds that starting made: they
 * are dropped by counting from the last write before the first reply.
 */
function readTrace(path: string): Call[] {
  const durableFds = new Set<string>();
  const unfinished = new Map<string, string>();
  const calls = readFileSync(path, 'utf8')
    .split('\n')
    .map((line): Call => {
      const pid = line.split(' ', 1)[0] ?? '';
      if (/writev?\(\d+<(?:TCP|socket)[^>]*>, .*HTTP\/1\.1 200/.test(line)) return 'reply began';
      if (line.includes('<unfinished')) {
        unfinished.set(pid, line);
        return 'other';
      }
      const call = line.includes(' resumed>') ? `${unfinished.get(pid) ?? ''}${line}` : line;
      const opened = /openat\(.*\.log", .*O_DSYNC.* = (\d+)</.exec(call);
      if (opened?.[1] !== undefined) durableFds.add(opened[1]);
      const [, fd] = /pwrite64\((\d+)<[^>]*\.log>/.exec(call) ?? [];
      return fd !== undefined && durableFds.has(fd) && / = \d+$/.test(call) ? 'log write returned' : 'other';
    });
  const firstReply = calls.indexOf('reply began');
  const ownWrite = calls.lastIndexOf('log write returned', firstReply);
  return calls.slice(Math.max(0, ownWrite));
}

import assert from 'node:assert/strict';
import { setTimeout } from 'node:timers/promises';
import { it } from 'node:test';
import { cpuMs } from './process-meter.ts';
import { freePort, startProgram, stopServers } from './server-process.ts';

const node = (script: string) =>
  startProgram({ command: process.execPath, args: ['-e', script], isReady: (said) => said.includes('ready') });

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

it('waits until a program says that it is ready, and until it is gone', async () => {
  const program = await node("console.log('ready'); setInterval(() => undefined, 1000)");
  assert.ok(isAlive(program.pid));
  await program.close();
  assert.ok(!isAlive(program.pid));
});

it('ends what still runs', async () => {
  const programs = [await node("console.log('ready'); setInterval(() => undefined, 1000)")];
  await stopServers();
  assert.deepEqual(
    programs.map(({ pid }) => isAlive(pid)),
    [false],
  );
});

it('rejects with what a program said if it ends instead, or never begins', async () => {
  await assert.rejects(node("console.error('no room'); process.exit(3)"), /ended with 3: no room/);
  await assert.rejects(startProgram({ command: '/no/such', args: [], isReady: () => false }), /ENOENT/);
});

it('counts the processor time of a program together with that of its children', async () => {
  // The parent waits, its child works.
  const busy = 'for (const end = Date.now() + 60_000; Date.now() < end;);';
  const program = await node(
    `const child = require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(busy)}]);
     process.on('SIGTERM', () => { child.kill(); process.exit(); });
     setInterval(() => undefined, 1000);
     console.log('ready');`,
  );
  try {
    const before = cpuMs(program.pid);
    if (before === undefined) return assert.ok(process.platform !== 'linux');
    let used = 0;
    for (let tries = 0; used < 200 && tries < 600; tries++) {
      await setTimeout(100);
      used = cpuMs(program.pid)! - before;
    }
    assert.ok(used >= 200, `${used} ms`);
  } finally {
    await program.close();
  }
});

it('finds ports that nobody listens on', async () => {
  assert.ok((await freePort()) > 0);
});

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { startProgram } from '@jitos/testkit/daemon/start-program.ts';
import { makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { chooseFirstImport } from './first-import.ts';

test('whoever stops the daemon while it opens its first import is obeyed', { timeout: 60_000 }, async (context) => {
  const folder = makeTempFolder();
  context.after(() => folder.remove());
  const path = join(folder.path, 'repository');
  makeSampleRepository(path, 1);
  // Its configuration goes on in a pipe: git waits for its end.
  const pipe = join(path, '.git', 'pipe');
  execFileSync('mkfifo', [pipe]);
  runGit({ cwd: path, args: ['config', 'include.path', pipe] });
  const choice = { from: 'path', path } as const;
  const chosen = chooseFirstImport(choice, process.env, Promise.resolve({ what: 'a test', failure: undefined }));
  await assert.rejects(chosen, { reason: 'SHUTTING_DOWN', message: 'stopped by a test' });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const daemon = startProgram('jitosd', ['--import', path, '--port', '0'], { workingDir: folder.path });
    context.after(() => daemon.child.kill('SIGKILL'));
    // Opens once git waits at the other end.
    const writer = await open(pipe, 'w');
    daemon.child.kill(signal);
    const { status, stderr } = await daemon.ended;
    await writer.close();
    assert.deepEqual([status, stderr], [0, '']);
  }
});

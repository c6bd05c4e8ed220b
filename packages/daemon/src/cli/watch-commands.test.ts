/** `--watch`: through a daemon on its socket, over its restart, and without one. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder, type ServedFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { startProgram } from '@jitos/testkit/daemon/start-program.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const OPS = JSON.stringify([{ op: 'AddNode', data: { kind: 'k' } }]);

interface Stage extends AsyncDisposable {
  readonly path: string;
  readonly daemon: ServedFolder;
  ctl(...words: readonly string[]): Promise<CtlRun>;
}

async function stage(): Promise<Stage> {
  const folder = makeTempFolder();
  const daemon = await serveFolder(join(folder.path, 'data'));
  const close = async (): Promise<void> => {
    await daemon.close();
    folder.remove();
  };
  const ctl = (...words: readonly string[]): Promise<CtlRun> => runCtl(words, { workingDir: folder.path });
  await ctl('sws', 'create');
  return { path: folder.path, daemon, ctl, [Symbol.asyncDispose]: close };
}

async function write(on: Stage): Promise<void> {
  const { status, stderr } = await on.ctl('rewrite', '--view', 'sws:0', '--ops', OPS);
  assert.deepEqual([status, stderr], [0, '']);
}

test('what is behind --after is printed a line each, until --first are', async () => {
  await using on = await stage();
  for (let i = 0; i < 5; i++) await write(on);
  const { status, stdout, stderr } = await on.ctl(
    ...'rewrites --view sws:0 --watch --after 1 --first 3 --json'.split(' '),
  );
  assert.deepEqual([status, stderr], [0, '']);
  const lines = stdout.trimEnd().split('\n');
  assert.deepEqual(
    lines.map((line) => (JSON.parse(line) as { idx: string }).idx),
    ['2', '3', '4'],
  );
  const text = await on.ctl(...'rewrites --view sws:0 --watch --after 3 --first 1'.split(' '));
  assert.match(text.stdout, /^4 {2}\d+ {2}sws:0 {2}AddNode\n$/);
});

test('it ends with its workspace, and what can not be watched is refused in the words of the command line', async () => {
  await using on = await stage();
  await write(on);
  await on.ctl('sws', 'discard', '0');
  const ended = await on.ctl(...'rewrites --view sws:0 --watch --after -1'.split(' '));
  assert.equal(ended.status, 0);
  assert.match(ended.stdout, /^0 {2}\d+ {2}sws:0 {2}AddNode\n1 {2}\d+ {2}sws:0 {2}DISCARD\n$/);
  const missing = await on.ctl(...'rewrites --view sws:7 --watch --json'.split(' '));
  assert.equal(missing.status, 4);
  assert.match(missing.stderr, /WORKSPACE_NOT_FOUND.*--view/);
  const later = await on.ctl(...'rewrites --watch --after 9 --json'.split(' '));
  assert.equal(later.status, 4);
  assert.match(later.stderr, /EVENT_NOT_FOUND.*--after/);
  const world = await on.ctl(...'rewrites --watch --world none --json'.split(' '));
  assert.match(world.stderr, /WORLD_NOT_FOUND.*--world/);
});

test('it goes on where it was when the daemon was restarted', async () => {
  const folder = makeTempFolder();
  const dataDir = join(folder.path, 'data');
  const args = ['--no-import', '--data-dir', dataDir];
  const first = startProgram('jitosd', [...args, '--port', '0'], { workingDir: folder.path });
  const [, port = ''] = await first.printed(/127\.0\.0\.1:(\d+)/);
  const ctl = (...words: readonly string[]): Promise<CtlRun> => runCtl(words, { workingDir: folder.path });
  const writeOne = (): Promise<CtlRun> => ctl('rewrite', '--view', 'sws:0', '--ops', OPS);
  await ctl('sws', 'create');
  await writeOne();
  const url = `http://127.0.0.1:${port}`;
  const words = ['rewrites', '--view', 'sws:0', '--watch', '--after', '-1', '--first', '3', '--url', url];
  const watching = startProgram('jitosctl', words, { workingDir: folder.path });
  await watching.printed(/^0 /m);
  first.child.kill('SIGTERM');
  await first.ended;
  const second = startProgram('jitosd', [...args, '--port', port], { workingDir: folder.path });
  await second.printed(/127\.0\.0\.1:/);
  for (let i = 0; i < 2; i++) await writeOne();
  const { status, stdout, stderr } = await watching.ended;
  assert.deepEqual([status, stderr], [0, '']);
  assert.match(stdout, /^0 {2}\d+ {2}sws:0 {2}AddNode\n1 {2}\d+ {2}sws:0 {2}AddNode\n2 {2}\d+ {2}sws:0 {2}AddNode\n$/);
  second.child.kill('SIGTERM');
  await second.ended;
  folder.remove();
});

test('without a daemon there is nothing to watch', async () => {
  const folder = makeTempFolder();
  const ctl = (...words: readonly string[]): Promise<CtlRun> => runCtl(words, { workingDir: folder.path });
  await ctl('world', 'create', 'lab');
  const { status, stderr } = await ctl('rewrites', '--watch', '--json');
  assert.equal(status, 2);
  assert.match(stderr, /USAGE.*--watch/);
  folder.remove();
});

test('a list that is watched is told again when it has changed, a line each with --json', async () => {
  await using on = await stage();
  const watching = startProgram('jitosctl', ['sws', 'list', '--watch', '--json'], { workingDir: on.path });
  await watching.printed(/"sws":\[\{"id":"0"/);
  await on.ctl('sws', 'create');
  await watching.printed(/"id":"1"/);
  watching.child.kill('SIGINT');
  const { signal, stdout, stderr } = await watching.ended;
  assert.deepEqual([signal, stderr], ['SIGINT', '']);
  const lists = stdout.trimEnd().split('\n');
  assert.deepEqual(
    lists.map((line) => (JSON.parse(line) as { sws: readonly unknown[] }).sws.length),
    [1, 2],
  );
});

test('a graph, a workspace, the worlds and the rules are watched, too, but not without a daemon', async () => {
  for (const words of ['graph', 'sws show 0', 'world list', 'rules status']) {
    const folder = makeTempFolder();
    const ctl = (line: string): Promise<CtlRun> => runCtl(line.split(' '), { workingDir: folder.path });
    await ctl('world create lab');
    await ctl('sws create');
    const { status, stderr } = await ctl(`${words} --watch --json`);
    assert.deepEqual([status, /USAGE.*--watch/.test(stderr)], [2, true], words);
    folder.remove();
  }
});

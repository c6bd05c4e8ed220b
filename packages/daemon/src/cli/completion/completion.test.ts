/** The completion, driven as bash drives it: the script in a real bash; and what that asks of the program, of a daemon. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { text } from 'node:stream/consumers';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { programEnvironment } from '@jitos/testkit/daemon/start-program.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const folder = makeTempFolder();
/** In the place of the program: it answers what `suggest` would, and notes what it was asked. */
const STAND_IN = `#!/bin/sh
echo "$*" >> asked
case "$*" in
  '--world=lab complete workspaces') echo 7 ;;
  *'complete workspaces') printf '0\\n1\\n' ;;
  *'complete worlds') printf 'lab\\nmain\\n' ;;
  *'complete policies') printf 'theirs\\nthree-way\\nours\\n' ;;
  *'complete profiles') echo away ;;
  *) echo "no such thing" >&2; exit 5 ;;
esac
`;

before(async () => {
  mkdirSync(join(folder.path, 'bin'));
  writeFileSync(join(folder.path, 'bin/jitosctl'), STAND_IN, { mode: 0o755 });
  writeFileSync(join(folder.path, 'ops.json'), '[]');
  mkdirSync(join(folder.path, 'old backup'));
  const { stdout } = await runCtl(['completion', 'bash'], { workingDir: folder.path });
  writeFileSync(join(folder.path, 'completion.bash'), stdout);
});
after(() => folder.remove());

/** What bash would suggest for the last of these words, which it has taken apart at colons and equals signs. */
async function complete(...words: readonly string[]): Promise<readonly string[]> {
  const script = `source completion.bash
    COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMP_LINE="$*"; COMP_POINT=\${#COMP_LINE}
    _jitosctl jitosctl "\${COMP_WORDS[COMP_CWORD]}" "\${COMP_WORDS[COMP_CWORD - 1]}"
    printf '%s\\n' "\${COMPREPLY[@]}"`;
  const path = `${join(folder.path, 'bin')}:${process.env['PATH']}`;
  const env = programEnvironment({ PATH: path });
  const bash = spawn('bash', ['--norc', '-c', script, 'bash', 'jitosctl', ...words], { cwd: folder.path, env });
  const [stdout, stderr] = await Promise.all([text(bash.stdout), text(bash.stderr), once(bash, 'close')]);
  assert.equal(stderr, '');
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .toSorted();
}

test('commands, and those below them', async () => {
  assert.deepEqual(await complete('re'), ['rebase', 'replay', 'resolve', 'restore', 'rewrite', 'rewrites']);
  assert.deepEqual(await complete('sws', ''), ['create', 'discard', 'list', 'show']);
  assert.deepEqual(await complete('--json', 'log', 'a'), ['archive']);
  assert.ok(!(await complete('')).includes('complete'));
});

test('flags of the command, and those of all', async () => {
  assert.deepEqual(await complete('sws', 'create', '--f'), ['--from']);
  assert.deepEqual(await complete('sws', 'create', '--wo'), ['--world']);
  assert.deepEqual(await complete('world', 'list', '--wat'), ['--watch']);
  assert.deepEqual(await complete('world', 'list', ''), ['--watch']);
});

test('worlds, workspaces, policies and profiles, as they are now', async () => {
  assert.deepEqual(await complete('graph', '--world', ''), ['lab', 'main']);
  assert.deepEqual(await complete('graph', '--world', '=', 'l'), ['lab']);
  assert.deepEqual(await complete('collapse', ''), ['0', '1']);
  assert.deepEqual(await complete('--world', 'lab', 'collapse', ''), ['7']);
  assert.deepEqual(await complete('--world', '=', 'lab', 'collapse', ''), ['7']);
  // Behind the colon stands only what comes after it.
  assert.deepEqual(await complete('collapse', 'sws', ':'), ['0', '1']);
  assert.deepEqual(await complete('graph', '--view', 's'), ['sws:0', 'sws:1', 'system']);
  assert.deepEqual(await complete('graph', '--view', 'sws', ':', '1'), ['1']);
  assert.deepEqual(await complete('sws', 'create', '--from', ''), ['0', '1']);
  assert.deepEqual(await complete('collapse', '0', '--policy', 'th'), ['theirs', 'three-way']);
  assert.deepEqual(await complete('profile', 'use', ''), ['away']);
  assert.deepEqual(await complete('graph', '--profile', ''), ['away']);
});

test('files and folders', async () => {
  assert.deepEqual(await complete('rewrite', '--file', 'o'), ['old backup', 'ops.json']);
  assert.deepEqual(await complete('restore', 'o'), ['old backup']);
  assert.deepEqual(await complete('bisect', '--predicate', 'o'), []);
});

test('the program is asked about the daemon that was typed, and in silence', async () => {
  await complete('graph', '--url', 'http', ':', '//127.0.0.1:9', '--token-file', 't', '--world', '');
  const asked = readFileSync(join(folder.path, 'asked'), 'utf8').trimEnd().split('\n').at(-1);
  assert.equal(asked, '--url=http://127.0.0.1:9 --token-file=t complete worlds');
});

test('worlds, workspaces, policies and profiles come from the daemon and the profiles there are', async () => {
  const daemon = await serveFolder(join(folder.path, 'data'));
  const environment = { XDG_CONFIG_HOME: join(folder.path, 'config') };
  const print = async (words: string): Promise<string> => {
    const { status, stdout, stderr } = await runCtl(words.split(' '), { workingDir: folder.path, environment });
    assert.deepEqual([status, stderr], [0, ''], words);
    return stdout;
  };
  try {
    for (const words of ['world create lab', 'sws create --world lab', 'profile add away --world w'])
      await print(words);
    assert.equal(await print('complete worlds'), 'lab\nmain\n');
    assert.equal(await print('complete workspaces --world lab'), '0\n');
    assert.match(await print('complete policies'), /^three-way$/m);
    assert.equal(await print('complete profiles'), 'away\n');
    assert.equal(await print('complete nonsense'), '');
  } finally {
    await daemon.close();
  }
});

test('a daemon that is not there, or says nothing, is not waited for, and no folder is opened', async () => {
  const mute = createServer();
  mute.listen(0, '127.0.0.1');
  await once(mute, 'listening');
  const address = mute.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  try {
    for (const flags of [
      `--url http://127.0.0.1:${port}`,
      '--url http://127.0.0.1:9',
      '--data-dir data',
      '--world none',
    ]) {
      const words = `complete worlds ${flags}`.split(' ');
      assert.deepEqual(await runCtl(words, { workingDir: folder.path }), { status: 0, stdout: '', stderr: '' });
    }
  } finally {
    mute.close();
  }
});

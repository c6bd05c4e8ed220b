import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { allCommands, HELP_PAGE, helpOf } from '@jitos/testkit/scenarios/help-page.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Host } from '../engine/host.ts';

const { commands: COMMANDS, groups: GROUPS } = allCommands();

function run(words: string): ReturnType<typeof runCtl> {
  return runCtl(words.split(' '), { workingDir: '/' });
}

test("every command's help has an example, and a block in the page of helps", async () => {
  const page = readFileSync(new URL(`../../../../${HELP_PAGE}`, import.meta.url), 'utf8');
  assert.ok(COMMANDS.length > 40 && COMMANDS.includes('world create'));
  for (const words of COMMANDS) {
    assert.match(await helpOf(words), new RegExp(`\nExamples?:\n {2}npx jitosctl ${words}`));
    // What stands in the block is held to the help by packages/testkit/src/scenarios.
    assert.match(page, new RegExp(`^\`\`\`text\nUsage: jitosctl ${words} (?:<|\\[)`, 'm'), words);
  }
  for (const words of GROUPS) assert.match(await helpOf(words), /\nExample:\n {2}npx jitosctl /);
});

test('titles of the help are bold where the terminal takes it, and plain elsewhere', async () => {
  const [colored, plain] = await Promise.all(
    [true, false].map((hasColor) => runCtl(['--help'], { workingDir: '/', isTerminal: true, hasColor })),
  );
  assert.match(colored!.stdout, /\u001b\[1mWorkspaces:\u001b\[22m\n {2}sws /);
  assert.doesNotMatch(plain!.stdout, /\u001b/);
});

test('a command line that is not understood is refused before anything is done', async () => {
  const cases: readonly (readonly [words: string, detail: RegExp])[] = [
    ['bogus', /unknown command 'bogus'/],
    ['world bogus', /unknown command 'bogus'/],
    ['graph --bogus', /unknown option '--bogus'/],
    ['graph extra', /too many arguments/],
    ['world create', /missing required argument 'name'/],
    ['graph --nodes many', /'many' is not a whole number/],
    ['graph --url nonsense', /'nonsense' is no address/],
    ['collapse', /name a workspace/],
    ['collapse system', /System is not a workspace/],
    ['collapse 1 --view sws:2', /different views/],
    ['rewrite --ops []', /name the workspace/],
    ['rewrite --view sws:0', /there are no ops/],
    ['rewrite --view sws:0 --ops [] --file x', /one of --ops, --file and --add-node/],
    ['rewrite --view sws:0 --add-node nothing', /'nothing' is not kind=text/],
    ['rewrite --view sws:0 --file no-such-file', /can't be read: ENOENT/],
    ['graph --token-file no-such-file --url http://127.0.0.1:9', /can't be read: ENOENT/],
  ];
  for (const [words, detail] of cases) {
    const { status, stdout, stderr } = await run(words);
    assert.deepEqual([status, stdout], [2, ''], words);
    assert.match(stderr, /^error USAGE: /, words);
    assert.match(stderr, detail, words);
  }
  assert.match((await run('graph --view elsewhere')).stderr, /^error VIEW_INVALID: 'elsewhere'/);
  assert.match((await run('rewrite --view sws:0 --ops {')).stderr, /^error FORMAT_INVALID: this is not JSON/);
  assert.match((await run('sws create --meta []')).stderr, /^error FORMAT_INVALID: this is not a JSON object/);
});

test('words that are missing get the help, on standard error; with --json an error as any other', async () => {
  for (const words of GROUPS) {
    const { status, stdout, stderr } = await run(words);
    assert.deepEqual([status, stdout], [2, '']);
    assert.match(stderr, new RegExp(`^Usage: jitosctl ${words} <command>`));
  }
  const { stderr } = await run('world --json');
  assert.equal((JSON.parse(stderr) as { error: { reason: string } }).error.reason, 'USAGE');
});

test('flags are taken before and behind the command, and the environment stands in for them', async () => {
  const asked: string[] = [];
  await withServer(
    (request) => {
      asked.push(`${request.url} ${request.headers.authorization}`);
      return { status: 200, body: '{"data":{"graph":{"digest":"d","snapshotId":"s"}}}' };
    },
    async (url) => {
      const folder = makeTempFolder();
      writeFileSync(join(folder.path, 'token'), 'secret-1\n', { mode: 0o600 });
      const surroundings = { workingDir: folder.path };
      const flags = ['--url', url, '--world', 'lab', '--token-file', 'token'];
      const environment = { JITOS_URL: `${url}/`, JITOS_WORLD: 'lab', JITOS_TOKEN_FILE: 'token' };
      for (const answer of [
        await runCtl([...flags, 'graph', '--digest'], surroundings),
        await runCtl(['graph', '--digest', ...flags], surroundings),
        await runCtl(['graph', '--digest'], { ...surroundings, environment }),
      ]) {
        assert.deepEqual(answer, { status: 0, stdout: 'd\n', stderr: '' });
      }
      folder.remove();
    },
  );
  assert.deepEqual(
    asked,
    Array.from({ length: 3 }, () => '/w/lab/graphql Bearer secret-1'),
  );
});

test('errors of a daemon keep their reason, and what is no daemon is told as such', async () => {
  const cases: readonly (readonly [status: number, body: string, reason: string, exit: number])[] = [
    [403, '{"error":{"reason":"HOST_REFUSED","place":"host","detail":"no"}}', 'HOST_REFUSED', 3],
    [503, '{"error":{"reason":"LOG_FULL","place":"","detail":"full"}}', 'LOG_FULL', 5],
    [503, '{"error":{"reason":"FROM_THE_FUTURE","place":"","detail":"?"}}', 'BUG', 70],
    [
      200,
      '{"errors":[{"message":"no","extensions":{"reason":"SNAPSHOT_NOT_FOUND","place":"view"}}]}',
      'SNAPSHOT_NOT_FOUND',
      4,
    ],
    [200, '{}', 'DAEMON_UNREACHABLE', 5],
    [200, '<html>', 'DAEMON_UNREACHABLE', 5],
    [500, '{"message":"?"}', 'DAEMON_UNREACHABLE', 5],
  ];
  for (const [status, body, reason, exit] of cases) {
    await withServer(
      () => ({ status, body }),
      async (url) => {
        const answer = await run(`graph --json --url ${url}`);
        const { error } = JSON.parse(answer.stderr) as { error: { reason: string } };
        assert.deepEqual([answer.status, error.reason, answer.stdout], [exit, reason, ''], body);
      },
    );
  }
  let gone = '';
  await withServer(
    () => ({ status: 200, body: '' }),
    async (url) => void (gone = url),
  );
  const nobody = await run(`graph --url ${gone}`);
  assert.equal(nobody.status, 5);
  assert.match(nobody.stderr, /^error DAEMON_UNREACHABLE: .*ECONNREFUSED/);
});

test('a folder that holds nothing is not made by looking at it', async () => {
  const folder = makeTempFolder();
  const { status, stderr } = await runCtl(['world', 'list', '--data-dir', 'd'], { workingDir: folder.path });
  assert.equal(status, 5);
  assert.match(stderr, /^error DAEMON_UNREACHABLE: no daemon serves this folder/);
  assert.throws(() => readFileSync(join(folder.path, 'd')), { code: 'ENOENT' });
  folder.remove();
});

test('a folder that another process holds, but no daemon serves, is told as locked', async () => {
  const folder = makeTempFolder();
  const host = await Host.open({ dataDir: join(folder.path, 'data') });
  try {
    const { status, stdout, stderr } = await runCtl(['graph'], { workingDir: folder.path });
    assert.deepEqual([status, stdout], [5, '']);
    assert.match(stderr, /^error LOG_LOCKED: /);
  } finally {
    await host.close();
    folder.remove();
  }
});

interface Reply {
  readonly status: number;
  readonly body: string;
}

/** Calls `work` with the address of a server that answers everything by `reply`. */
async function withServer(
  reply: (request: IncomingMessage) => Reply,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const server: Server = createServer((request, response) => {
    const { status, body } = reply(request);
    response.writeHead(status).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  try {
    await work(`http://127.0.0.1:${port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

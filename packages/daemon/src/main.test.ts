/** `jitosd` as a process: what it refuses, what it leaves behind, and how it ends. */
import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  closeSync,
  cpSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { addSampleCommits, makeSampleRepository } from '@jitos/testkit/daemon/sample-repository.ts';
import {
  spawnOptions,
  startProgram,
  watchChild,
  type ProgramEnd,
  type ProgramOptions,
  type RunningProgram,
} from '@jitos/testkit/daemon/start-program.ts';
import { worldFolder } from './engine/host.ts';
import { segmentNameToFirstIdx } from './logs/file/segment-format.ts';
import { PORT_DEFAULT, PORT_LAST } from './servers/http/listen.ts';
import { mountSmall } from '@jitos/testkit/disk/small-mount.ts';
import { runGit } from '@jitos/testkit/git/git-command.ts';
import { LineClient } from '@jitos/testkit/servers/line-client.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';

const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url));

/** A folder that the user stands in, and the daemons started there. */
class Place implements AsyncDisposable {
  readonly #folder = makeTempFolder();
  readonly #programs: RunningProgram[] = [];
  readonly path: string = this.#folder.path;
  readonly dataDir: string = join(this.path, 'data');

  start(args: readonly string[], options: Partial<ProgramOptions> = {}): RunningProgram {
    const program = startProgram('jitosd', args, { workingDir: this.path, ...options });
    this.#programs.push(program);
    return program;
  }

  /** For programs that are started in another way. */
  watch(child: ChildProcess): RunningProgram {
    const program = watchChild(child);
    this.#programs.push(program);
    return program;
  }

  run(args: readonly string[], options: Partial<ProgramOptions> = {}): Promise<ProgramEnd> {
    return this.start(args, options).ended;
  }

  async ctl(...args: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await runCtl(args, { workingDir: this.path });
    assert.deepEqual([status, stderr], [0, '']);
    return stdout;
  }

  daemonFile(): unknown {
    return JSON.parse(readFileSync(join(this.dataDir, 'daemon.json'), 'utf8'));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child, ended } of this.#programs) {
      child.kill('SIGKILL');
      await ended;
    }
    this.#folder.remove();
  }
}

async function stop({ child, ended }: RunningProgram, signal: NodeJS.Signals = 'SIGTERM'): Promise<ProgramEnd> {
  child.kill(signal);
  return await ended;
}

async function addressOf(program: RunningProgram): Promise<string> {
  return (await program.printed(/answers at (http:\S+)/))[1] ?? '';
}

test('a history is imported at the start, shown, found again, and only what is new comes in', async () => {
  await using place = new Place();
  const repository = join(place.path, 'My.Project');
  makeSampleRepository(repository, 30);
  const args = ['--import', 'My.Project', '--port', '0'];
  const first = place.start(args);
  const [, hints = ''] = await first.printed(/Try next:\n([^]*)\n\n/);
  const address = await addressOf(first);
  const { stdout } = first.output;
  assert.match(stdout, /importing into my-project: 30 of 30 commits, 100 %/);
  assert.match(
    stdout,
    new RegExp(
      `\naddress +${address}\nworld +my-project\ndigest +[0-9a-f]{64}\nevents +91\nimported +30 commits\nspeed +[0-9,]+ commits/s, [0-9,]+ events/s\n`,
    ),
  );
  const digest = /digest +(\w+)/.exec(stdout)?.[1];

  assert.deepEqual(place.daemonFile(), { address, pid: first.child.pid, tokenFile: 'token' });
  assert.equal(statSync(join(place.dataDir, 'daemon.json')).mode & 0o777, 0o600);
  const commands = hints.split('\n').map((line) => line.trim());
  assert.equal(commands.length, 3);
  for (const command of commands) {
    assert.match(command, /^npx jitosctl .* --world my-project$/);
    await place.ctl(...command.split(' ').slice(2));
  }
  assert.equal(await place.ctl(...commands[0]!.split(' ').slice(2)), `${digest}\n`);
  const { worlds } = JSON.parse(await place.ctl('world', 'list', '--json')) as {
    worlds: readonly { name: string; idx: number }[];
  };
  assert.deepEqual(
    worlds.map(({ name, idx }) => [name, idx]),
    [
      ['main', 0],
      ['my-project', 90],
    ],
    'main stays empty',
  );
  assert.equal((await stop(first)).status, 0);
  assert.ok(!existsSync(join(place.dataDir, 'daemon.json')));

  const second = place.start(args);
  await second.printed(new RegExp(`digest +${digest}\nevents +91\nimported +0, nothing new\n`));
  await stop(second, 'SIGINT');
  addSampleCommits(repository, 30, 2);
  const third = place.start(args);
  await third.printed(/events +97\nimported +2 commits\n/);
  assert.equal((await stop(third)).status, 0);
});

test('a second daemon on the folder is told where the first one answers', async () => {
  await using place = new Place();
  const first = place.start(['--no-import', '--port', '0']);
  const address = await addressOf(first);
  const second = await place.run(['--no-import', '--port', '0']);
  assert.deepEqual([second.status, second.stdout], [5, '']);
  assert.ok(
    second.stderr.startsWith(`error ALREADY_RUNNING: jitosd answers at ${address} (process ${first.child.pid})\n`),
  );
  assert.deepEqual(place.daemonFile(), { address, pid: first.child.pid, tokenFile: 'token' });
  assert.equal((await stop(first)).status, 0);
});

test('what a killed daemon leaves behind confuses neither jitosctl nor the next daemon', async () => {
  await using place = new Place();
  const killed = place.start(['--no-import', '--port', '0']);
  await killed.printed(/Try next/);
  await stop(killed, 'SIGKILL');
  assert.ok(existsSync(join(place.dataDir, 'daemon.json')));
  assert.match(await place.ctl('world', 'list'), /\nmain\t1\t/);
  const next = place.start(['--no-import', '--port', '0']);
  const address = await addressOf(next);
  await next.printed(/Try next/);
  assert.deepEqual(place.daemonFile(), { address, pid: next.child.pid, tokenFile: 'token' });
  assert.equal((await stop(next)).status, 0);
});

test('requests are taken line by line on a socket that is its owner’s, killed before or not', async () => {
  await using place = new Place();
  const socket = join(place.dataDir, 'jitos.sock');
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const daemon = place.start(['--no-import', '--port', '0']);
    await daemon.printed(/Try next/);
    assert.equal(statSync(socket).mode & 0o777, 0o600);
    {
      await using client = await LineClient.connect(socket);
      client.send({ id: 1, command: { command: 'createSws' } });
      assert.equal((await client.next())?.ok, true);
    }
    await stop(daemon, signal);
    assert.equal(existsSync(socket), signal === 'SIGKILL');
  }
  const without = place.start(['--no-import', '--port', '0', '--no-socket']);
  await without.printed(/Try next/);
  assert.ok(!existsSync(socket));
  await stop(without);
});

test('a data folder that is too deep for a socket is served without one, and a socket that was asked for is refused', async () => {
  await using place = new Place();
  const deep = join(place.path, 'd'.repeat(110));
  const args = ['--no-import', '--port', '0', '--data-dir', deep];
  const daemon = place.start(args);
  await daemon.printed(/Try next/);
  const { stderr } = await stop(daemon);
  assert.match(stderr, /a socket's path has at most 10\d bytes, not \d+/);
  const refused = await place.run([...args, '--socket', join(deep, 'x')]);
  assert.equal(refused.status, 5);
  assert.match(refused.stderr, /\nerror ADDRESS_INVALID: a socket's path has at most 10\d bytes/);
});

test('SIGTERM in the middle of an import drains, however often it comes, and the next start goes on', async () => {
  await using place = new Place();
  makeSampleRepository(join(place.path, 'repo'), 1500);
  const args = ['--import', 'repo', '--port', '0', '--auth', 'none'];
  const first = place.start(args);
  await addressOf(first);
  for (let commits = 0; commits === 0;) {
    const { imports } = JSON.parse(await (await fetch(`${await addressOf(first)}/v1/imports`)).text()) as {
      imports: readonly { commitsDone: number }[];
    };
    commits = imports[0]?.commitsDone ?? 0;
  }
  first.child.kill('SIGTERM');
  first.child.kill('SIGINT');
  const { status, stdout, stderr } = await stop(first);
  assert.equal(status, 0, stderr);
  assert.doesNotMatch(stdout, /Try next/);
  assert.ok(!existsSync(join(place.dataDir, 'daemon.json')));
  const log = stderr
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as { level: string; msg: string });
  assert.deepEqual(
    log.filter(({ level }) => level !== 'info'),
    [],
    'an import that is stopped is no error',
  );
  const second = place.start(args);
  const [, imported = ''] = await second.printed(/imported +([0-9,]+) commits\n/);
  const rest = Number(imported.replaceAll(',', ''));
  assert.ok(rest > 0 && rest < 1500, `${rest} were left to import`);
  assert.match(second.output.stdout, /events +4,501\n/);
  assert.equal((await stop(second)).status, 0);
});

test('a repository that was named must be good; nothing is begun otherwise', async () => {
  await using place = new Place();
  mkdirSync(join(place.path, 'empty'));
  runGit({ cwd: join(place.path, 'empty'), args: ['init', '--quiet'] });
  for (const repository of ['empty', 'missing', '.']) {
    const { status, stdout, stderr } = await place.run(['--import', repository, '--port', '0']);
    assert.deepEqual([status, stdout], [2, ''], repository);
    assert.match(stderr, /^error REPOSITORY_INVALID: /);
  }
  assert.ok(!existsSync(place.dataDir));
});

test('words that are not understood: status 2, and how it is used', async () => {
  await using place = new Place();
  const { status, stdout, stderr } = await place.run(['--frobnicate']);
  assert.deepEqual([status, stdout], [2, '']);
  assert.match(stderr, /^error USAGE: unknown option '--frobnicate'\n[^]*\nusage: npm start -- \[--import <repo>\]/);
  assert.ok(!existsSync(place.dataDir));
});

test('a port that was asked for and is taken is an error', async () => {
  await using place = new Place();
  await using taken = await takePort(0);
  const { status, stderr } = await place.run(['--no-import', '--port', String(taken.port)]);
  assert.equal(status, 5);
  assert.match(stderr, /^error ADDRESS_IN_USE/m);
});

test('where the default port is taken, the next free one is used, and that is said', async () => {
  await using place = new Place();
  await using taken = await takePort(PORT_DEFAULT);
  const daemon = place.start(['--no-import']);
  const [, port] = await daemon.printed(/answers at http:\/\/127\.0\.0\.1:(\d+)\n/);
  assert.ok(Number(port) > taken.port && Number(port) <= PORT_LAST, port);
  assert.match(daemon.output.stdout, new RegExp(`^Port ${PORT_DEFAULT} is taken: it is ${port}\\.\n`));
  assert.equal((await stop(daemon)).status, 0);
});

/** Listens on a port so that nobody else can; one that is taken already is as good. */
async function takePort(port: number): Promise<AsyncDisposable & { readonly port: number }> {
  const server: Server = createServer().listen(port, '127.0.0.1');
  // It rejects on 'error', which is what a port that is taken gives.
  const listens = await once(server, 'listening').then(
    () => true,
    () => false,
  );
  const bound = listens ? (server.address() as AddressInfo).port : port; // a TCP server's address
  return {
    port: bound,
    async [Symbol.asyncDispose]() {
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    },
  };
}

test('a damaged world is set aside and told; the others are served', async () => {
  await using place = new Place();
  await place.ctl('world', 'create', 'lab');
  await place.ctl('sws', 'create', '--world', 'lab');
  await place.ctl('sws', 'create', '--world', 'lab');
  const folder = worldFolder(place.dataDir, 'lab');
  const segment = join(folder, readdirSync(folder).find((name) => segmentNameToFirstIdx(name) !== undefined) ?? '');
  const bytes = readFileSync(segment);
  const at = bytes.indexOf('WORLD_CREATED');
  assert.ok(at > 0);
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  writeFileSync(segment, bytes);
  const daemon = place.start(['--no-import', '--port', '0']);
  await daemon.printed(/world +main\n[^]*Try next/);
  assert.match(daemon.output.stderr, /"level":"error".*"world":"lab","reason":"LOG_DAMAGED"/);
  const { status, stderr } = await runCtl(['graph', '--world', 'lab'], { workingDir: place.path });
  assert.equal(status, 5);
  assert.match(stderr, /^error LOG_DAMAGED/);
  await place.ctl('graph');
  assert.equal((await stop(daemon)).status, 0);
});

test('a folder that can not be written to is told as such', async () => {
  await using place = new Place();
  const mount = mountSmall(4 * 1_048_576);
  try {
    mount.remount('ro');
    const { status, stderr } = await place.run(['--no-import', '--port', '0', '--data-dir', join(mount.path, 'data')]);
    assert.equal(status, 5);
    assert.match(stderr, /^error LOG_READ_ONLY: /);
  } finally {
    mount.remove();
  }
});

test('on a full disk what is stored is served all the same', async () => {
  await using place = new Place();
  const mount = mountSmall(4 * 1_048_576);
  try {
    const args = ['--no-import', '--port', '0', '--data-dir', join(mount.path, 'data')];
    const first = place.start(args);
    await first.printed(/Try next/);
    await stop(first);
    const ballast = openSync(join(mount.path, 'ballast'), 'w');
    assert.throws(() => {
      for (;;) writeSync(ballast, Buffer.alloc(4096));
    }, /ENOSPC/);
    closeSync(ballast);
    const daemon = place.start(args);
    const address = await addressOf(daemon);
    await daemon.printed(/Try next/);
    assert.match(daemon.output.stderr, /"reason":"LOG_FULL","place":"\S+daemon\.json/);
    assert.match(
      await place.ctl('graph', '--digest', '--url', address, '--token-file', join(mount.path, 'data/token')),
      /^[0-9a-f]{64}\n$/,
    );
    assert.equal((await stop(daemon)).status, 0);
  } finally {
    mount.remove();
  }
});

test('on a disk that fills up commands are refused, and taken again when there is room', async () => {
  await using place = new Place();
  const mount = mountSmall(4 * 1_048_576);
  try {
    const args = ['--no-import', '--port', '0', '--auth', 'none', '--data-dir', join(mount.path, 'data')];
    const daemon = place.start(args);
    const address = await addressOf(daemon);
    const ask = async (query: string): Promise<string> => {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(`${address}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query }) });
      return await answer.text();
    };
    await ask('mutation { createSws { sws { id } } }');
    let written = 0;
    const write = async (): Promise<string> => {
      const payload = Buffer.alloc(200_000, `${written} `).toString('base64');
      const op = `{ op: "AddNode", data: { kind: "big", payload_b64: "${payload}" } }`;
      const view = '{ kind: SWS, swsId: "0" }';
      const answer = await ask(`mutation { applyRewrite(view: ${view}, rewrite: { ops: [${op}] }) { accepted } }`);
      if (answer.includes('"accepted":true')) written += 1;
      return answer;
    };
    let answer = await write();
    for (let tries = 0; tries < 40 && !answer.includes('"reason"'); tries += 1) answer = await write();
    assert.match(answer, /"reason":"LOG_FULL"/);
    assert.ok(written > 3);
    const read = await ask('{ graph(view: { kind: SWS, swsId: "0" }) { nodes { nodes { kind } } } }');
    assert.equal(read.match(/"kind":"big"/g)?.length, written, 'what was acknowledged is there to be read');
    mount.resize(16 * 1_048_576);
    assert.match(await write(), /"accepted":true/);
    assert.equal((await stop(daemon)).status, 0);
  } finally {
    mount.remove();
  }
});

test('a log that fails for good stops the daemon with status 5 and the reason', async () => {
  await using place = new Place();
  // The world's first segment is made (in blocks of 512 bytes), but can not grow.
  const daemon = place.start(['--no-import', '--port', '0', '--auth', 'none'], {
    wrapper: ['sh', '-c', 'ulimit -f 2400; exec "$0" "$@"'],
  });
  const address = await addressOf(daemon);
  const ask = async (query: string): Promise<string> => {
    const body = JSON.stringify({ query });
    const answer = await fetch(`${address}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    return await answer.text();
  };
  await ask('mutation { createSws { sws { id } } }');
  const payload = Buffer.alloc(600_000, 'x').toString('base64');
  const op = `{ op: "AddNode", data: { kind: "big", payload_b64: "${payload}" } }`;
  const write = `mutation { applyRewrite(view: { kind: SWS, swsId: "0" }, rewrite: { ops: [${op}] }) { accepted } }`;
  let answer = '';
  for (let tries = 0; tries < 10 && !answer.includes('"reason"'); tries += 1) answer = await ask(write);
  assert.match(answer, /"reason":"LOG_FAILED"/);
  const { status, stderr } = await daemon.ended;
  assert.equal(status, 5);
  const last = JSON.parse(stderr.trimEnd().split('\n').at(-1) ?? '') as Record<string, unknown>;
  assert.deepEqual([last['level'], last['reason']], ['fatal', 'LOG_FAILED']);
  assert.ok(!existsSync(join(place.dataDir, 'daemon.json')));
});

test('a checkout without a repository starts without an import, and says why', async () => {
  await using place = new Place();
  // A checkout as an archive would hold it: the sources, and no `.git`.
  const checkout = join(place.path, 'archive');
  for (const name of ['kernel', 'daemon']) {
    const sources = join(CHECKOUT, 'packages', name);
    for (const part of ['src', 'package.json']) {
      cpSync(join(sources, part), join(checkout, 'packages', name, part), { recursive: true });
    }
  }
  writeFileSync(join(checkout, 'package.json'), '{"type":"module"}');
  mkdirSync(join(checkout, 'node_modules'));
  for (const name of readdirSync(join(CHECKOUT, 'node_modules'))) {
    if (!name.startsWith('.') && name !== '@jitos')
      symlinkSync(join(CHECKOUT, 'node_modules', name), join(checkout, 'node_modules', name));
  }
  mkdirSync(join(checkout, 'node_modules', '@jitos'));
  symlinkSync('../../packages/kernel', join(checkout, 'node_modules', '@jitos', 'kernel'));
  const program = join(checkout, 'packages', 'daemon', 'src', 'main.ts');
  const startsWithout = async (why: string): Promise<void> => {
    const daemon = place.watch(
      spawn(process.execPath, [program, '--port', '0'], spawnOptions({ workingDir: place.path })),
    );
    await daemon.printed(new RegExp(`Nothing is imported\\. \\S+archive: ${why}[^]*world +main\n[^]*Try next`));
    assert.equal((await stop(daemon)).status, 0);
  };
  await startsWithout('This is not a git repository');
  runGit({ cwd: checkout, args: ['init', '--quiet'] });
  await startsWithout('There are no commits');
  writeFileSync(join(checkout, '.git', 'shallow'), `${'1'.repeat(40)}\n`);
  await startsWithout('The clone is shallow');
});

test('npm start passes its words and signals on', async () => {
  await using place = new Place();
  makeSampleRepository(join(place.path, 'repo'), 3);
  const words = ['start', '--', '--import', 'repo', '--port', '0', '--data-dir', 'elsewhere'];
  // npm goes to the checkout; paths count from where the user stands all the same.
  const npm = place.watch(spawn('npm', ['--prefix', CHECKOUT, ...words], spawnOptions({ workingDir: place.path })));
  await npm.printed(/Try next:\n {2}npx jitosctl graph --view system --digest --world repo --data-dir elsewhere\n/);
  assert.ok(existsSync(join(place.path, 'elsewhere', 'daemon.json')));
  assert.equal((await stop(npm)).status, 0);
  assert.ok(!existsSync(join(place.path, 'elsewhere', 'daemon.json')));
});

test('a token is made at the first start, found by jitosctl, asked of everybody, and told by nobody', async () => {
  await using place = new Place();
  const first = place.start(['--no-import', '--port', '0']);
  const address = await addressOf(first);
  await first.printed(/Try next/);
  const tokenFile = join(place.dataDir, 'token');
  const token = readFileSync(tokenFile, 'utf8').trim();
  assert.match(token, /^[\w-]{43}$/);
  assert.equal((await fetch(`${address}/v1/worlds`)).status, 401);
  const authorized = { headers: { authorization: `Bearer ${token}` } };
  assert.equal((await fetch(`${address}/v1/worlds`, authorized)).status, 200);
  await place.ctl('sws', 'create');
  await place.ctl('sws', 'list', '--url', address);
  assert.equal(await place.ctl('console'), `${address}/#token=${token}\n`);

  const elsewhere = { workingDir: place.path, environment: { JITOS_DATA_DIR: 'other' } };
  const stranger = await runCtl(['sws', 'list', '--url', address], elsewhere);
  assert.deepEqual([stranger.status, stranger.stdout], [3, '']);
  assert.match(stranger.stderr, /^error UNAUTHENTICATED: there is no token\n[^]*--token-file/);
  const named = await runCtl(['sws', 'list', '--url', address, '--token-file', 'data/token'], elsewhere);
  assert.equal(named.status, 0);

  chmodSync(tokenFile, 0o644);
  const loose = await runCtl(['sws', 'list'], { workingDir: place.path });
  assert.deepEqual([loose.status, loose.stdout], [3, '']);
  assert.match(
    loose.stderr,
    /^error TOKEN_FILE_UNFIT: others may read or write it \(mode 644\)\n[^]*\/token\n[^]*chmod 600/,
  );
  const { status, stdout, stderr } = await stop(first);
  assert.equal(status, 0);
  const refused = await place.run(['--no-import', '--port', '0']);
  assert.deepEqual([refused.status, refused.stdout], [3, '']);
  assert.match(refused.stderr, /^error TOKEN_FILE_UNFIT: /);
  chmodSync(tokenFile, 0o600);
  const second = place.start(['--no-import', '--port', '0']);
  await second.printed(/Try next/);
  assert.equal(readFileSync(tokenFile, 'utf8'), `${token}\n`);
  await stop(second);
  for (const text of [stdout, stderr, stranger.stderr, loose.stderr, refused.stderr, second.output.stderr]) {
    assert.ok(!text.includes(token));
  }
});

test('with --auth none nobody is asked, and no token is made', async () => {
  await using place = new Place();
  const daemon = place.start(['--no-import', '--port', '0'], { environment: { JITOS_AUTH: 'none' } });
  const address = await addressOf(daemon);
  await daemon.printed(/Try next/);
  assert.equal((await fetch(`${address}/v1/worlds`)).status, 200);
  assert.equal(await place.ctl('console', '--world', 'lab'), `${address}/#lab\n`);
  assert.deepEqual(place.daemonFile(), { address, pid: daemon.child.pid, tokenFile: null });
  assert.ok(!existsSync(join(place.dataDir, 'token')));
  await stop(daemon);
});

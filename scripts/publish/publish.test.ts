import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { watchChild } from '@jitos/testkit/daemon/start-program.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { pack, stage } from './stage.ts';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const temp = makeTempFolder();
after(() => temp.remove());
const staged = stage(root, join(temp.path, 'npm'));

/** A folder that holds nothing but what npm installs. */
const project = join(temp.path, 'project');

/** The Node of the tests without its understanding of TypeScript. */
const PLAIN_NODE = ['--no-experimental-strip-types'];

const PROGRAM = `
import { readFileSync } from 'node:fs';
import { addEdge, addNode, connect, putNode, verifyProof } from '@jitos/client';
import { digestToHex } from '@jitos/kernel/verify';
const [url, tokenFile] = process.argv.slice(2);
const world = connect({ url, token: readFileSync(tokenFile, 'utf8').trim() });
await using workspace = await world.fork();
const ada = putNode('person', 'ada', { born: 1815 });
const note = addNode('note', 'hello');
await workspace.rewrite([ada, note, addEdge(note, 'by', ada)]);
const outcome = await workspace.collapse();
const { publicKey } = await world.proofs.keys();
const proven = verifyProof(await world.proofs.node(ada), publicKey);
const told = verifyProof(outcome.proof, publicKey);
console.log(JSON.stringify([outcome.committed, told.kind, proven.kind, proven.found.kind, typeof digestToHex]));
`;

const COMPILER = '--noEmit --strict --target es2024 --module nodenext --lib es2024,esnext.disposable,dom'.split(' ');
/** Right but for its last line: the declarations are found, and say what there is. */
const TYPED = `import { connect, putNode, type CollapseOutcome } from '@jitos/client';
const world = connect({ url: 'http://127.0.0.1:8080' });
await using workspace = await world.fork();
await workspace.rewrite([putNode('a', 'b', { c: 1n })]);
const outcome: CollapseOutcome = await workspace.collapse({ policy: 'lattice' });
if (outcome.committed) console.log(outcome.conflicts);
`;

test('what is staged names only files that are there, and no TypeScript', () => {
  for (const folder of Object.values(staged)) {
    const manifest = readFileSync(join(folder, 'package.json'), 'utf8');
    const named = [...manifest.matchAll(/"(?:\.\/)?((?:lib|bin)\/[^"]+)"/g)].map(([, path]) => path ?? '');
    assert.ok(named.length > 0);
    for (const path of named) assert.ok(existsSync(join(folder, path)), path);
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
    assert.deepEqual(
      files.filter((path) => /(?<!\.d)\.ts$/.test(path)),
      [],
    );
    for (const path of files.filter((each) => /\.(?:js|d\.ts)$/.test(each))) {
      const imports = [
        ...readFileSync(join(folder, path), 'utf8').matchAll(/^(?:import|export) [^;]*?from '(\.[^']*)';$/gm),
      ];
      for (const [, specifier = ''] of imports)
        assert.ok(existsSync(join(folder, dirname(path), specifier)), `${path}: ${specifier}`);
    }
  }
});

test('the tarballs, installed into an empty folder, run on plain Node: a daemon, its CLI, and a program that uses it', async () => {
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{"private": true, "type": "module"}');
  writeFileSync(join(project, 'program.js'), PROGRAM);
  const tarballs = Object.values(staged).map((folder) => pack(folder, temp.path));
  const args = ['install', '--prefer-offline', '--no-audit', '--no-fund', ...tarballs];
  const installed = spawnSync('npm', args, { cwd: project, encoding: 'utf8' });
  assert.equal(installed.status, 0, installed.stderr);
  writeFileSync(join(project, 'typed.ts'), TYPED);
  const typed = spawnSync('tsc', [...COMPILER, 'typed.ts'], { cwd: project, encoding: 'utf8' });
  assert.equal(
    typed.stdout,
    "typed.ts(6,44): error TS2339: Property 'conflicts' does not exist on type 'Committed'.\n",
  );
  const programOf = (name: string): string => join(project, 'node_modules', '.bin', name);
  const node = (...words: readonly string[]) => {
    const env = { ...process.env, INIT_CWD: project };
    return watchChild(
      spawn(process.execPath, [...PLAIN_NODE, ...words], { cwd: project, env, stdio: ['ignore', 'pipe', 'pipe'] }),
    );
  };
  const daemon = node(programOf('jitosd'), '--no-import', '--port', '0', '--data-dir', 'data');
  try {
    const [, url = ''] = await daemon.printed(/answers at (http:\S+)/);
    const program = await node('program.js', url, 'data/token').ended;
    assert.equal(program.stderr, '');
    assert.deepEqual(JSON.parse(program.stdout), [true, 'inclusion', 'node', 'person', 'function']);
    const ctl = await node(programOf('jitosctl'), 'world', 'list', '--json', '--data-dir', 'data').ended;
    assert.equal(ctl.status, 0, ctl.stderr);
    assert.match(ctl.stdout, /"nodeCount":\s*2/);
  } finally {
    daemon.child.kill('SIGTERM');
  }
  assert.equal((await daemon.ended).status, 0);
});

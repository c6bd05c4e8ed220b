/** `prove` and `verify-proof`: on a folder, over a daemon, and with nothing but a file and a key. */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { PublicKeys } from '../engine/proofs/signing-keys.ts';

const folder = makeTempFolder();
after(() => folder.remove());
const dataDir = join(folder.path, 'data');
/** Where there is neither a daemon nor a data folder. */
const elsewhere = join(folder.path, 'elsewhere');
mkdirSync(elsewhere);

function run(words: string, workingDir = folder.path): Promise<CtlRun> {
  return runCtl(words.split(' '), { workingDir });
}

for (let i = 0; i < 9; i++) await run(i === 0 ? 'world create w' : 'sws create --world w');
const key = readFileSync(join(dataDir, 'worlds', 'w', 'world.pub'), 'utf8');
writeFileSync(join(elsewhere, 'world.pub'), key);

test('a proof that was made of a folder is checked without it', async () => {
  const made = await run(`prove event 3 --world w --out ${elsewhere}/p.json`);
  assert.deepEqual([made.status, made.stdout], [0, `${elsewhere}/p.json\n`]);
  const good = await run('verify-proof p.json --key world.pub', elsewhere);
  assert.equal(good.status, 0);
  assert.match(
    good.stdout,
    /^event 3 is in the history of 9 events with head [0-9a-f]{64}\nsigned by jitos\.invalid\//,
  );
  const bytes = readFileSync(join(elsewhere, 'p.json'));
  bytes[bytes.length - 60]! ^= 1;
  writeFileSync(join(elsewhere, 'bad.json'), bytes);
  const bad = await run(`verify-proof bad.json --json --key ${key.trimEnd()}`, elsewhere);
  assert.equal(bad.status, 1);
  assert.equal((JSON.parse(bad.stdout) as { readonly ok: boolean }).ok, false); // docs/spec/cli.md
});

test('a history is proved to have grown, with --json or without', async () => {
  const plain = await run('prove consistency 4 8 --world w');
  assert.equal(plain.status, 0);
  writeFileSync(join(elsewhere, 'grown.json'), plain.stdout);
  const checked = await run('verify-proof grown.json --key world.pub --json', elsewhere);
  const { ok, kind, oldTreeHead, treeHead } = JSON.parse(checked.stdout) as {
    readonly ok: boolean;
    readonly kind: string;
    readonly oldTreeHead: { readonly size: number };
    readonly treeHead: { readonly size: number };
  }; // docs/spec/cli.md
  assert.deepEqual([ok, kind, oldTreeHead.size, treeHead.size], [true, 'consistency', 4, 8]);
  assert.equal((await run('prove consistency 4 8 --world w --json')).stdout, plain.stdout);
});

test('what a view holds, and what it does not, is proved and told in a sentence', async () => {
  const id = await fillWorld();
  const node = await run(`prove node ${id} --world w --out ${elsewhere}/node.json`);
  assert.deepEqual([node.status, node.stdout], [0, `${elsewhere}/node.json\n`]);
  const held = await run('verify-proof node.json --key world.pub', elsewhere);
  assert.equal(held.status, 0);
  const event = String.raw`after event \d+ of the history of \d+ events with head [0-9a-f]{64}\nsigned by jitos`;
  assert.match(
    held.stdout,
    new RegExp(`^System held the node ${id}, of kind note and with value digest ${id}, ${event}`),
  );
  writeFileSync(join(elsewhere, 'none.json'), (await run(`prove edge ${id} --world w --view sws:1`)).stdout);
  const none = await run('verify-proof none.json --key world.pub', elsewhere);
  assert.match(none.stdout, new RegExp(`^workspace 1 held no edge ${id}, ${event}`));
  const { treeHead, ...told } = JSON.parse(
    (await run('verify-proof none.json --key world.pub --json', elsewhere)).stdout,
  ) as {
    readonly treeHead: object;
  }; // docs/spec/cli.md
  assert.deepEqual(Object.keys(treeHead), ['origin', 'size', 'head']);
  assert.deepEqual(told, { ok: true, kind: 'edge', id, view: 'sws:1', idx: 11, isPresent: false, element: null });
});

/** A note in System; workspace 1 is written to, and stays open. Returns the note's id. */
async function fillWorld(): Promise<string> {
  const write = (view: string): string => `rewrite --view ${view} --add-node note=hi`;
  for (const words of [write('sws:0'), 'collapse sws:0', write('sws:1')]) {
    const { status, stderr } = await run(`${words} --world w`);
    assert.equal(status, 0, stderr);
  }
  const { stdout } = await run('graph --world w --nodes 1 --json');
  return (JSON.parse(stdout) as { readonly nodes: { readonly nodes: readonly [{ readonly id: string }] } }).nodes
    .nodes[0].id; // as docs/spec/cli.md says
}

test('a daemon makes the same proofs', async () => {
  const local = await run('prove event 5 --size 7 --world w');
  const element = await run(`prove edge ${'0'.repeat(64)} --world w --view sws:1`);
  assert.equal(element.status, 0);
  const served = await serveFolder(dataDir);
  try {
    assert.equal((await run('prove event 5 --size 7 --world w')).stdout, local.stdout);
    assert.equal((await run('prove event 99 --world w')).status, 4);
    assert.equal((await run(`prove edge ${'0'.repeat(64)} --world w --view sws:1`)).stdout, element.stdout);
  } finally {
    await served.close();
  }
});

test('keys are changed on a folder and over a daemon, and followed from the first', async () => {
  await run('world create r');
  const first = readFileSync(join(dataDir, 'worlds', 'r', 'world.pub'), 'utf8').trimEnd();
  const keysOf = async (words: string): Promise<PublicKeys> =>
    JSON.parse((await run(`${words} --json`)).stdout) as PublicKeys; // docs/spec/cli.md
  const rotated = await keysOf('key rotate --world r');
  const served = await serveFolder(dataDir);
  try {
    const again = await keysOf('key rotate --world r');
    assert.deepEqual(again.handovers[0], rotated.handovers[0]);
    assert.equal(again.handovers.length, 2);
  } finally {
    await served.close();
  }
  const shown = await run(`key show --world r --out ${elsewhere}/handovers.jsonl`);
  const { publicKey, handovers } = await keysOf('key show --world r');
  assert.equal(shown.stdout, `SINCE EVENT\tPUBLIC KEY\n\t${first}\n1\t${handovers[0]?.publicKey}\n2\t${publicKey}\n`);
  await run(`prove event 0 --world r --out ${elsewhere}/after.json`);
  const verify = async (words: string): Promise<number> =>
    (await run(`verify-proof after.json ${words}`, elsewhere)).status;
  assert.equal(await verify(`--key ${first} --handovers handovers.jsonl`), 0);
  assert.equal(await verify(`--key ${publicKey}`), 0);
  assert.equal(await verify(`--key ${first}`), 1);
  const { stdout: why } = await run(`verify-proof after.json --key ${first}`, elsewhere);
  assert.match(why, /^proves nothing: .* the signature of this key\nwas the key changed since\? `key show --out/);
  assert.equal(await verify(`--key ${publicKey} --handovers handovers.jsonl`), 1);
  const lines = readFileSync(join(elsewhere, 'handovers.jsonl'), 'utf8').split('\n');
  writeFileSync(join(elsewhere, 'short.jsonl'), `${lines[0]}\n`);
  assert.equal(await verify(`--key ${first} --handovers short.jsonl`), 1);
});

test('handovers that can not be written are told with what has happened to the key', async () => {
  await run('world create s');
  const { status, stderr } = await run('key rotate --world s --out no/such/file');
  assert.equal(status, 2);
  assert.match(
    stderr,
    /USAGE: the file can't be written: ENOENT.*; the key is changed: `key show --out` writes the file/,
  );
  const { stdout } = await run('key show --world s --json');
  assert.equal((JSON.parse(stdout) as PublicKeys).handovers.length, 1); // docs/spec/cli.md
});

test('what is asked wrongly is told in the words of the command line', async () => {
  const cases = [
    ['prove event 99 --world w', 4, 'EVENT_NOT_FOUND <idx>'],
    ['prove node 12 --world w', 2, 'ID_INVALID <id>'],
    [`prove node ${'0'.repeat(64)} --world w --view sws:2`, 4, 'DIGEST_NOT_RECORDED --view'],
    [`prove edge ${'0'.repeat(64)} --world w --view sws:0`, 4, 'WORKSPACE_ENDED --view'],
    [`prove edge ${'0'.repeat(64)} --world w --view sws:x`, 2, 'VIEW_INVALID --view'],
    ['prove event 1 --size 99 --world w', 4, 'EVENT_NOT_FOUND --size'],
    ['prove consistency 9 8 --world w', 4, 'EVENT_NOT_FOUND <old>'],
    ['prove consistency 1 99 --world w', 4, 'EVENT_NOT_FOUND [new]'],
    ['prove event one --world w', 2, 'USAGE <idx>'],
    ['prove event 1 --world none', 4, 'WORLD_NOT_FOUND --world'],
    ['prove event 1 --world w --out no/such/folder', 2, 'USAGE --out'],
    ['key rotate --world none', 4, 'WORLD_NOT_FOUND --world'],
    ['key show --world w --out no/such/folder', 2, 'USAGE --out'],
    ['verify-proof no-file --key no-key', 2, 'USAGE --key'],
    [`verify-proof no-file --key ${key.trimEnd()}`, 2, 'USAGE <file>'],
    [`verify-proof p.json --key ${key.trimEnd()}x`, 2, 'USAGE --key'],
  ] as const;
  for (const [words, status, told] of cases) {
    const { status: got, stderr } = await run(`${words} --json`);
    const { error } = JSON.parse(stderr) as { readonly error: { readonly reason: string; readonly place: string } }; // docs/spec/cli.md
    assert.deepEqual([got, `${error.reason} ${error.place}`], [status, told], words);
  }
});

/** Keys and grants on the command line: made, given, asked with, narrowed offline, handed on, taken back. */
import assert from 'node:assert/strict';
import { writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { GrantFile } from './grant-file.ts';

const folder = makeTempFolder();
const daemon = await serveFolder(join(folder.path, 'data'), 'token');
after(async () => {
  await daemon.close();
  folder.remove();
});

function run(words: string): Promise<CtlRun> {
  return runCtl(words.split(' '), { workingDir: folder.path });
}

async function json(words: string): Promise<unknown> {
  const { status, stdout, stderr } = await run(`${words} --json`);
  assert.deepEqual([status, stderr], [0, ''], words);
  return JSON.parse(stdout);
}

async function refused(words: string, status: number, reason: string): Promise<void> {
  const told = await run(words);
  assert.deepEqual([told.status, told.stdout, /^error (\w+)/.exec(told.stderr)?.[1]], [status, '', reason], words);
}

async function newKey(name: string): Promise<string> {
  return ((await json(`key new ${name}.key`)) as { publicKey: string }).publicKey;
}

test('a key does what it was granted, hands it on offline, and loses it when it is taken back', async () => {
  const [ann, bob] = [await newKey('ann'), await newKey('bob')];
  await refused('sws create --key-file ann.key', 3, 'ACCESS_DENIED');
  const { grant } = (await json(`grant add --to ${ann} --verbs write,read --kinds note,task --serial 1`)) as {
    grant: { id: string; verbs: string[]; kinds: string[] };
  };
  assert.deepEqual(
    [grant.verbs, grant.kinds],
    [
      ['read', 'write'],
      ['note', 'task'],
    ],
  );
  assert.equal((await run('sws create --key-file ann.key')).status, 0);
  assert.equal((await run('rewrite --view sws:0 --add-node note=a --key-file ann.key')).status, 0);
  await refused('rewrite --view sws:0 --add-node other=a --key-file ann.key', 3, 'ACCESS_DENIED');
  await refused('collapse 0 --key-file ann.key', 3, 'ACCESS_DENIED');
  await refused('world create lab --key-file ann.key', 3, 'ACCESS_DENIED');

  await json(`grant show ${grant.id} --out grant.json --key-file ann.key`);
  await refused(`grant narrow grant.json --to ${bob} --verbs read`, 2, 'USAGE');
  await refused(`grant narrow grant.json --to ${bob} --verbs read --key-file bob.key`, 2, 'USAGE');
  await refused(`grant narrow grant.json --to ${bob} --verbs control --key-file ann.key`, 2, 'USAGE');
  const narrowed = await json(`grant narrow grant.json --to ${bob} --verbs read --key-file ann.key --out to-bob.json`);
  assert.equal((narrowed as GrantFile).links.length, 1);
  await refused('graph --digest --key-file bob.key', 3, 'ACCESS_DENIED');
  await json('grant add to-bob.json --key-file bob.key');
  assert.match((await run('graph --digest --key-file bob.key')).stdout, /^[0-9a-f]{64}\n$/);
  await refused('sws create --key-file bob.key', 3, 'ACCESS_DENIED');
  await refused('graph --view sws:0 --digest --key-file bob.key', 3, 'ACCESS_DENIED');

  assert.equal((await run('grant list')).stdout.trimEnd().split('\n').length, 3);
  await refused(`grant revoke ${grant.id} --key-file bob.key`, 3, 'ACCESS_DENIED');
  assert.equal((await run(`grant revoke ${grant.id}`)).status, 0);
  for (const name of ['ann', 'bob']) await refused(`graph --digest --key-file ${name}.key`, 3, 'ACCESS_DENIED');
});

test('a file that was tampered with is of no use, and one that is none is told as such', async () => {
  const [cat, dan] = [await newKey('cat'), await newKey('dan')];
  const { grant } = (await json(`grant add --to ${cat} --verbs read --out cat.json`)) as { grant: { id: string } };
  assert.equal(grant.id.length, 64);
  const file = (await json(
    `grant narrow cat.json --to ${dan} --verbs read --ops-max 5 --key-file cat.key`,
  )) as GrantFile;
  const [link] = file.links;
  assert.ok(link !== undefined);
  const widened = { ...file, links: [{ ...link, terms: { ...link.terms, opsMax: null } }] };
  writeFileSync(join(folder.path, 'widened.json'), JSON.stringify(widened));
  await refused('grant add widened.json --key-file dan.key', 3, 'SIGNATURE_INVALID');
  writeFileSync(join(folder.path, 'other.json'), readFileSync(join(folder.path, 'dan.key')));
  await refused('grant add other.json', 2, 'USAGE');
  await refused('grant add no-such.json', 2, 'USAGE');
  await refused(`grant add --to ${dan} --verbs fly`, 2, 'GRANT_INVALID');
  await refused('grant add --verbs read', 2, 'USAGE');
  await refused(`key new cat.key`, 2, 'USAGE');
});

/** `profile`, and which of flag, environment, profile and folder has its way. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { runCtl, type CtlRun } from '@jitos/testkit/daemon/run-ctl.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { readGlobalFlags, type RawFlags } from './flags.ts';
import { chooseProfile, profilesPath, type Profile } from './profiles.ts';

interface Home extends Disposable {
  readonly path: string;
  readonly file: string;
  ctl(line: string, environment?: NodeJS.ProcessEnv): Promise<CtlRun>;
}

function makeHome(): Home {
  const folder = makeTempFolder();
  const home = { HOME: folder.path };
  const file = join(folder.path, '.config/jitos/profiles.json');
  return {
    path: folder.path,
    file,
    ctl: (line, environment = {}) => {
      return runCtl(line.split(' '), { workingDir: folder.path, environment: { ...home, ...environment } });
    },
    [Symbol.dispose]: () => folder.remove(),
  };
}

async function told(running: Promise<CtlRun>): Promise<Record<string, unknown>> {
  const { status, stdout, stderr } = await running;
  assert.deepEqual([status, stderr], [0, '']);
  return JSON.parse(stdout) as Record<string, unknown>; // an object, as every answer is
}

async function refused(running: Promise<CtlRun>, exit: number, text: RegExp): Promise<void> {
  const { status, stdout, stderr } = await running;
  assert.deepEqual([status, stdout], [exit, '']);
  assert.match(stderr, text);
}

test('profiles are kept for their owner alone, whole, and hold the names of files, not what is in them', async () => {
  using home = makeHome();
  writeFileSync(join(home.path, 'lab.token'), 'secret-1\n', { mode: 0o600 });
  const added = await told(
    home.ctl('profile add lab --url http://127.0.0.1:1/x --token-file lab.token --world w --json'),
  );
  const lab = {
    url: 'http://127.0.0.1:1',
    tokenFile: join(home.path, 'lab.token'),
    keyFile: null,
    dataDir: null,
    world: 'w',
  };
  assert.deepEqual(added, { name: 'lab', ...lab, isCurrent: false });
  assert.equal(statSync(home.file).mode & 0o777, 0o600);
  assert.doesNotMatch(readFileSync(home.file, 'utf8'), /secret-1/);
  assert.ok(!existsSync(`${home.file}.${process.pid}`));
  await told(home.ctl('profile add home --data-dir d --json'));
  await told(home.ctl('profile use lab --json'));
  const { current, profiles } = await told(home.ctl('profile list --json'));
  assert.deepEqual([current, (profiles as { name: string }[]).map(({ name }) => name)], ['lab', ['home', 'lab']]);
  assert.equal((await told(home.ctl('profile show --json')))['name'], 'lab');
  assert.equal((await told(home.ctl('profile show --json', { JITOS_PROFILE: 'home' })))['name'], 'home');
  await told(home.ctl('profile remove lab --json'));
  assert.deepEqual((await told(home.ctl('profile list --json')))['current'], null);
  await refused(home.ctl('profile show'), 4, /PROFILE_NOT_FOUND: no profile is in use/);
});

test('what can not be a profile is refused', async () => {
  using home = makeHome();
  await told(home.ctl('profile add lab --world w --json'));
  await refused(home.ctl('profile add lab --world v'), 2, /--replace/);
  await told(home.ctl('profile add lab --world v --replace --json'));
  await refused(home.ctl('profile add __proto__ --world w'), 2, /is no name/);
  await refused(home.ctl('profile add empty'), 2, /nothing to keep/);
  await refused(home.ctl('profile use none'), 4, /PROFILE_NOT_FOUND/);
  await refused(home.ctl('graph --profile none'), 4, /PROFILE_NOT_FOUND[^]*at: --profile/);
  await refused(home.ctl('graph', { JITOS_PROFILE: 'none' }), 4, /PROFILE_NOT_FOUND[^]*at: JITOS_PROFILE/);
  await refused(home.ctl('profile add x --world w', { HOME: '' }), 2, /neither XDG_CONFIG_HOME nor HOME/);
});

test('a file that others may write, or that holds something else, is not believed', async () => {
  using home = makeHome();
  mkdirSync(dirname(home.file), { recursive: true });
  writeFileSync(home.file, '{"current": null, "profiles": {}}', { mode: 0o600 });
  assert.deepEqual((await told(home.ctl('profile list --json')))['profiles'], []);
  chmodSync(home.file, 0o620);
  await refused(home.ctl('world list'), 3, /PROFILES_UNFIT: others may read or write it \(mode 620\)/);
  chmodSync(home.file, 0o600);
  for (const text of ['{', '[]', '{"profiles": {"a": {}}}', '{"current": 1, "profiles": {}}']) {
    writeFileSync(home.file, text);
    await refused(home.ctl('world list'), 3, /PROFILES_UNFIT/);
  }
});

test('the place is that of the XDG specification', () => {
  assert.equal(profilesPath({ XDG_CONFIG_HOME: '/x', HOME: '/h' }), '/x/jitos/profiles.json');
  assert.equal(profilesPath({ XDG_CONFIG_HOME: 'x', HOME: '/h' }), '/h/.config/jitos/profiles.json');
  assert.equal(profilesPath({}), null);
});

test('flags come before the environment, that before the profile, and the folder last', () => {
  const profile: Profile = { url: 'http://p:1', tokenFile: '/p/token', keyFile: null, dataDir: null, world: 'p' };
  const read = (raw: RawFlags, environment: NodeJS.ProcessEnv, chosen: { byFlag: boolean } | null): unknown[] => {
    const sources = { environment, profile: chosen && { profile, ...chosen }, workingDir: '/w' };
    const { url, tokenFile, dataDir, world } = readGlobalFlags(raw, sources);
    return [url, tokenFile, dataDir, world];
  };
  const current = { byFlag: false };
  const typed = { byFlag: true };
  const used = ['http://p:1', '/p/token', '/w/data', 'p'];
  assert.deepEqual(read({}, {}, null), [null, null, '/w/data', null]);
  assert.deepEqual(read({}, {}, current), used);
  assert.deepEqual(read({ world: 'f' }, { JITOS_WORLD: 'e' }, current), ['http://p:1', '/p/token', '/w/data', 'f']);
  assert.deepEqual(read({}, { JITOS_WORLD: 'e' }, current), ['http://p:1', '/p/token', '/w/data', 'e']);
  // What a profile holds beside its daemon's name goes to no other daemon.
  assert.deepEqual(read({ url: 'http://f:1' }, {}, current), ['http://f:1', null, '/w/data', null]);
  assert.deepEqual(read({}, { JITOS_DATA_DIR: 'e' }, current), [null, null, '/w/e', null]);
  assert.deepEqual(read({ url: 'http://f:1' }, {}, typed), ['http://f:1', null, '/w/data', null]);
  // One that a flag named comes before the environment, whose token is not its daemon's.
  const environment = { JITOS_URL: 'http://e:1', JITOS_TOKEN_FILE: '/e/token', JITOS_WORLD: 'e' };
  assert.deepEqual(read({}, environment, typed), used);
  assert.deepEqual(read({}, environment, current), ['http://e:1', '/e/token', '/w/data', 'e']);
  const bare = { profile: { ...profile, tokenFile: null }, byFlag: true };
  assert.equal(readGlobalFlags({}, { environment, profile: bare, workingDir: '/w' }).tokenFile, null);
  assert.deepEqual(read({ tokenFile: '/f/token' }, environment, typed), ['http://p:1', '/f/token', '/w/data', 'p']);
});

test('--profile names one, before JITOS_PROFILE and the current one', async () => {
  using home = makeHome();
  for (const name of ['a', 'b', 'c']) await told(home.ctl(`profile add ${name} --world ${name} --json`));
  await told(home.ctl('profile use c --json'));
  const choose = (flag: string | undefined, variable: string): unknown => {
    return chooseProfile(flag, { HOME: home.path, JITOS_PROFILE: variable })?.profile.world;
  };
  assert.deepEqual([choose('a', 'b'), choose(undefined, 'b'), choose(undefined, '')], ['a', 'b', 'c']);
  await refused(home.ctl('graph'), 5, /DAEMON_UNREACHABLE/);
});

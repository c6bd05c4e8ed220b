import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readableLine } from './logger.ts';
import { hintsOf, welcomeText } from './welcome.ts';
import { clientUrl } from './address.ts';

const WORLD = {
  name: 'lab',
  digest: '',
  snapshotId: '',
  idx: 0,
  rewriteCount: 0,
  openWorkspaces: 0,
  nodeCount: 0,
  edgeCount: 0,
  eventsPerSecond: 0,
};

const IMPORT = {
  id: 0,
  world: 'lab',
  repository: '/r',
  state: 'done',
  commitsDone: 0,
  commitsTotal: null,
  commitsPerSecond: 600,
  eventsPerSecond: 1800,
  digest: null,
  error: null,
} as const;

function flagsOf(name: string, dataDir: string): string {
  const [first = ''] = hintsOf({ userDir: '/u', dataDir, world: { ...WORLD, name } });
  return first.replace('npx jitosctl graph --view system --digest', '');
}

test('hints name world and folder only where they are not the default, as seen from where the user stands', () => {
  assert.equal(flagsOf('main', '/u/data'), '');
  assert.equal(flagsOf('lab', '/u/data'), ' --world lab');
  assert.equal(flagsOf('main', '/u/d/e'), ' --data-dir d/e');
  assert.equal(flagsOf('main', '/elsewhere/my data'), " --data-dir '/elsewhere/my data'");
  assert.equal(flagsOf('main', '/u'), ' --data-dir /u');
});

test('what was imported is told with its speed, or that there was nothing new', () => {
  const told = (commitsImported: number): string => {
    const imported = { ...IMPORT, commitsImported };
    const place = { address: 'http://127.0.0.1:1', dataDir: '/u/data', userDir: '/u' };
    return welcomeText({ isTerminal: false, hasColor: false }, { ...place, world: WORLD, imported });
  };
  assert.match(told(1200), /\nimported +1,200 commits\nspeed +600 commits\/s, 1,800 events\/s\n/);
  assert.match(told(1), /\nimported +1 commit\n/);
  assert.match(told(0), /\nimported +0, nothing new\n\n/);
});

test('clients are told an address that they can reach', () => {
  assert.equal(clientUrl({ hostname: '0.0.0.0', port: 1, url: 'http://0.0.0.0:1' }), 'http://127.0.0.1:1');
  assert.equal(clientUrl({ hostname: '::', port: 1, url: 'http://[::]:1' }), 'http://[::1]:1');
  assert.equal(clientUrl({ hostname: '10.0.0.7', port: 1, url: 'http://10.0.0.7:1' }), 'http://10.0.0.7:1');
});

test('a line of the log reads well on a terminal, and can not steer it', () => {
  const line = JSON.stringify({
    level: 'warn',
    time: '2026-01-02T03:04:05.678Z',
    pid: 1,
    msg: 'torn\u001b[2J',
    bytes: 40,
    world: 'lab',
  });
  assert.equal(
    readableLine({ isTerminal: true, hasColor: false }, line),
    '03:04:05 warn torn\\u001b[2J  bytes=40  world=lab\n',
  );
});

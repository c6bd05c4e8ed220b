import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../errors/failure.ts';
import { LIMITS_DEFAULT, parseRatePolicies } from '../../servers/limits/rate-policy.ts';
import { parseDaemonOptions, type DaemonOptions, type Told } from './options.ts';

function parse(args: readonly string[], environment: NodeJS.ProcessEnv = {}): DaemonOptions | Told {
  return parseDaemonOptions({ args, environment, workingDir: '/checkout', version: '1.2.3' });
}

const DEFAULTS: DaemonOptions = {
  host: '127.0.0.1',
  port: null,
  userDir: '/checkout',
  dataDir: '/checkout/data',
  import: { from: 'checkout' },
  world: null,
  quantumMs: 1000,
  auth: 'token',
  socket: { at: 'data-dir' },
  otlp: null,
  limits: {
    others: parseRatePolicies('', LIMITS_DEFAULT),
    local: {},
  },
};

test('without a word it serves ./data on loopback and imports its own checkout', () => {
  assert.deepEqual(parse([]), DEFAULTS);
});

test('paths count from where the user stood, not from where npm went', () => {
  const options = parse(['--import', 'repo', '--data-dir', '../d'], { INIT_CWD: '/user/stands/here' });
  assert.deepEqual(options, {
    ...DEFAULTS,
    userDir: '/user/stands/here',
    dataDir: '/user/stands/d',
    import: { from: 'path', path: '/user/stands/here/repo' },
  });
  assert.deepEqual(parse([], { INIT_CWD: '/elsewhere' }), {
    ...DEFAULTS,
    userDir: '/elsewhere',
    dataDir: '/elsewhere/data',
  });
});

test('the environment says the same as flags do, a flag wins, and an empty variable is none', () => {
  const environment = {
    JITOS_HOST: '::1',
    JITOS_PORT: '9000',
    JITOS_DATA_DIR: '/d',
    JITOS_IMPORT: '/repo',
    JITOS_WORLD: 'lab',
    JITOS_AUTH: 'none',
  };
  const meant = {
    ...DEFAULTS,
    host: '::1',
    port: 9000,
    dataDir: '/d',
    import: { from: 'path', path: '/repo' },
    world: 'lab',
    auth: 'none',
  } as const;
  assert.deepEqual(parse([], environment), meant);
  const flags = [
    '--host',
    '::1',
    '--port',
    '9000',
    '--data-dir',
    '/d',
    '--import',
    '/repo',
    '--world',
    'lab',
    '--auth',
    'none',
  ];
  assert.deepEqual(parse(flags), meant);
  assert.deepEqual(parse(['--port', '0', '--no-import'], environment), {
    ...meant,
    port: 0,
    import: { from: 'nowhere' },
  });
  assert.deepEqual(parse([], { JITOS_NO_IMPORT: '1' }), { ...DEFAULTS, import: { from: 'nowhere' } });
  assert.deepEqual(parse(['--import', '/repo'], { JITOS_NO_IMPORT: '1' }), {
    ...DEFAULTS,
    import: { from: 'path', path: '/repo' },
  });
  assert.deepEqual(parse([], { JITOS_PORT: '', JITOS_WORLD: '' }), DEFAULTS);
});

test('what is not understood is refused, with the word that was wrong', () => {
  const cases: readonly (readonly [args: readonly string[], reason: string, detail: RegExp])[] = [
    [['--frobnicate'], 'USAGE', /--frobnicate/],
    [['repo'], 'USAGE', /too many arguments/],
    [['--port'], 'USAGE', /--port/],
    [['--port', '65536'], 'USAGE', /65536/],
    [['--port', '-1'], 'USAGE', /-1/],
    [['--port', '80x'], 'USAGE', /80x/],
    [['--world', 'No Such'], 'WORLD_NAME_INVALID', /No Such/],
  ];
  for (const [args, reason, detail] of cases) {
    assert.throws(
      () => parse(args),
      (error) => error instanceof Failure && error.reason === reason && detail.test(error.message),
      args.join(' '),
    );
  }
});

test('help and version are told, not done', () => {
  assert.deepEqual(parse(['--version']), { text: '1.2.3\n' });
  const help = parse(['--help']);
  assert.match('text' in help ? help.text : '', /--data-dir <folder>[^]*npm start -- --import/);
});

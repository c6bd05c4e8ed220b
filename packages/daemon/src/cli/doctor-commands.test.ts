import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runCtl } from '@jitos/testkit/daemon/run-ctl.ts';
import { serveFolder } from '@jitos/testkit/daemon/serve-folder.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { FORMAT_NAME, worldFolder } from '../engine/host.ts';
import { KEY_NAME } from '../engine/proofs/key-files.ts';
import { examineClock, examineNode } from './doctor/examine-machine.ts';
import type { Finding } from './doctor/finding.ts';

class Patient {
  readonly #folder = makeTempFolder();
  readonly dataDir: string = join(this.#folder.path, 'data');
  readonly world: string = worldFolder(this.dataDir, 'lab');

  async run(...args: readonly string[]): Promise<{ readonly status: number; readonly stdout: string }> {
    return await runCtl(args, { workingDir: this.#folder.path });
  }

  /** Its findings by subject, and the exit status. */
  async diagnose(...flags: readonly string[]): Promise<{ status: number; found: ReadonlyMap<string, Finding> }> {
    const { status, stdout } = await this.run('doctor', '--json', ...flags);
    const { ok, findings } = JSON.parse(stdout) as { readonly ok: boolean; readonly findings: readonly Finding[] }; // its answer
    assert.equal(ok, status === 0);
    return { status, found: new Map(findings.map((each) => [each.subject, each])) };
  }

  segment(): string {
    const name = readdirSync(this.world).find((each) => each.endsWith('.log'));
    assert.ok(name !== undefined);
    return join(this.world, name);
  }

  [Symbol.dispose](): void {
    this.#folder.remove();
  }
}

async function patient(): Promise<Patient> {
  const made = new Patient();
  assert.equal((await made.run('world', 'create', 'lab')).status, 0);
  return made;
}

test('of a folder in order nothing is bad, and it is left as it was', async () => {
  using place = await patient();
  const before = readdirSync(place.dataDir);
  const { status, found } = await place.diagnose();
  assert.equal(status, 0);
  const good = ['daemon', 'node', 'git', 'access', 'format', 'world lab'];
  for (const subject of good) assert.equal(found.get(subject)?.verdict, 'good', subject);
  assert.match(found.get('sync')?.detail ?? '', /^a synced write takes \d/);
  assert.deepEqual(readdirSync(place.dataDir), before);
  const { stdout } = await place.run('doctor');
  assert.match(stdout, /^WHAT\tIS\tSEEN\ndaemon\tgood\tnone serves this folder\n/);
});

test('a key that others may read is bad, and what to do is said', async () => {
  using place = await patient();
  chmodSync(join(place.world, KEY_NAME), 0o644);
  const { status, found } = await place.diagnose();
  const finding = found.get('world lab');
  assert.deepEqual([status, finding?.verdict], [1, 'bad']);
  assert.match(finding?.advice ?? '', /^chmod 600 .*key rotate/);
});

test('a header that can not be read is bad', async () => {
  using place = await patient();
  const bytes = readFileSync(place.segment());
  bytes[0]! ^= 1;
  writeFileSync(place.segment(), bytes);
  const { status, found } = await place.diagnose();
  assert.deepEqual([status, found.get('world lab')?.verdict], [1, 'bad']);
});

test('a folder of another version is bad', async () => {
  using place = await patient();
  writeFileSync(join(place.dataDir, FORMAT_NAME), '{"format":999}');
  const { status, found } = await place.diagnose();
  assert.deepEqual([status, found.get('format')?.verdict], [1, 'bad']);
});

test('a folder that others may read, and a clock that was set back, are doubtful', async () => {
  using place = await patient();
  chmodSync(place.dataDir, 0o755);
  const inAnHour = new Date(Date.now() + 3_600_000);
  utimesSync(place.segment(), inAnHour, inAnHour);
  const { status, found } = await place.diagnose();
  assert.deepEqual(
    [status, found.get('access')?.verdict, found.get('world lab')?.verdict],
    [0, 'doubtful', 'doubtful'],
  );
  assert.match(found.get('world lab')?.detail ?? '', /the clock was set back$/);
});

test('a daemon is asked how it is, the one of the folder or the one that is named', async () => {
  using place = await patient();
  const daemon = await serveFolder(place.dataDir);
  const { found } = await place.diagnose('--url', daemon.address);
  await daemon.close();
  assert.deepEqual([...found.keys()], ['daemon']);
  assert.match(found.get('daemon')?.detail ?? '', /takes commands for every world$/);
  const gone = await place.diagnose('--url', 'http://127.0.0.1:9');
  assert.deepEqual([gone.status, gone.found.get('daemon')?.verdict], [1, 'bad']);
});

test('a token that others may read is bad, in a folder that is closed as well', async () => {
  using place = await patient();
  const token = join(place.dataDir, 'token');
  writeFileSync(token, 'x\n', { mode: 0o600 });
  assert.equal((await place.diagnose()).found.get('token')?.verdict, 'good');
  chmodSync(token, 0o640);
  const { status, found } = await place.diagnose();
  assert.deepEqual([status, found.get('token')?.verdict, found.get('access')?.verdict], [1, 'bad', 'good']);
});

test('whatever stands where a data folder should be is a finding, and the rest is looked at', async () => {
  const spoil: Readonly<Record<string, (place: Patient) => void>> = {
    'data folder': ({ dataDir }) => {
      rmSync(dataDir, { recursive: true });
      writeFileSync(dataDir, '');
    },
    format: ({ dataDir }) => {
      rmSync(join(dataDir, FORMAT_NAME));
      mkdirSync(join(dataDir, FORMAT_NAME));
    },
    worlds: ({ dataDir }) => {
      rmSync(join(dataDir, 'worlds'), { recursive: true });
      writeFileSync(join(dataDir, 'worlds'), '');
    },
    'world lab': (place) => {
      const segment = place.segment();
      rmSync(segment);
      mkdirSync(segment);
    },
    token: ({ dataDir }) => symlinkSync('/dev/zero', join(dataDir, 'token')),
  };
  for (const [subject, make] of Object.entries(spoil)) {
    using place = await patient();
    make(place);
    const { status, found } = await place.diagnose();
    assert.deepEqual([status, found.get(subject)?.verdict], [1, 'bad'], subject);
    assert.ok(found.has('node') && found.get(subject)?.advice, subject);
  }
});

test('a clock that shows a year long past is bad', () => {
  const verdicts = [Date.UTC(1970, 0, 1), Date.UTC(2026, 10, 22)].map((ms) => examineClock(ms).verdict);
  assert.deepEqual(verdicts, ['bad', 'good']);
});

test('a Node that is too old is bad', () => {
  const verdicts = ['24.12.0', '25.0.0', '24.11.9', '20.20.2'].map((version) => examineNode(version).verdict);
  assert.deepEqual(verdicts, ['good', 'good', 'bad', 'bad']);
});

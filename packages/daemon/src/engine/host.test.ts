import assert from 'node:assert/strict';
import {
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { digestToHex } from '@jitos/kernel';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Failure } from '../errors/failure.ts';
import { Host, worldFolder, worldNames, WORLDS_MAX } from './host.ts';

async function inFolder(body: (dataDir: string) => Promise<void>): Promise<void> {
  const folder = makeTempFolder();
  try {
    await body(join(folder.path, 'data'));
  } finally {
    folder.remove();
  }
}

test('a new data folder has the world main and nothing else, for its owner alone', async () => {
  await inFolder(async (dataDir) => {
    const host = await Host.open({ dataDir });
    assert.deepEqual(
      host.worlds().map(({ name }) => name),
      ['main'],
    );
    await host.close();
    assert.deepEqual(readdirSync(dataDir).toSorted(), ['jitos.json', 'worlds']);
    assert.equal(statSync(dataDir).mode & 0o077, 0);
  });
});

test('worlds are found again with the state they had', async () => {
  await inFolder(async (dataDir) => {
    const first = await Host.open({ dataDir });
    const { loop } = await first.createWorld('lab');
    await loop.submit({
      type: 'createWorkspace',
      from: null,
      principal: 'local',
      requestId: null,
      validUntil: null,
      meta: null,
    });
    const digest = digestToHex(loop.world.system.digest);
    await first.close();
    const second = await Host.open({ dataDir });
    const { world } = second.mustGetWorld('lab').loop;
    assert.equal(world.workspaceCount, 1);
    assert.equal(digestToHex(world.system.digest), digest);
    await second.close();
  });
});

test('a name that is no world name, or is taken, is refused', async () => {
  await inFolder(async (dataDir) => {
    const host = await Host.open({ dataDir });
    for (const name of ['', 'Main', 'a/b', '..', 'x'.repeat(64), 'caf\u00e9']) {
      await assert.rejects(host.createWorld(name), { reason: 'WORLD_NAME_INVALID' });
    }
    await assert.rejects(host.createWorld('main'), { reason: 'WORLD_EXISTS' });
    const twice = await Promise.allSettled([host.createWorld('twin'), host.createWorld('twin')]);
    assert.deepEqual(twice.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected']);
    await host.close();
    await assert.rejects(host.createWorld('late'), { reason: 'SHUTTING_DOWN' });
  });
});

test('a folder of another version is refused and left alone', async () => {
  await inFolder(async (dataDir) => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'jitos.json'), '{"format": 99}\n');
    await assert.rejects(Host.open({ dataDir }), { reason: 'DATA_FORMAT_UNKNOWN', place: join(dataDir, 'jitos.json') });
    assert.deepEqual(readdirSync(dataDir), ['jitos.json']);
  });
});

test('a second host on the folder is refused while the first runs', async () => {
  await inFolder(async (dataDir) => {
    const first = await Host.open({ dataDir });
    await assert.rejects(Host.open({ dataDir }), { reason: 'LOG_LOCKED' });
    await first.close();
    const second = await Host.open({ dataDir });
    await second.close();
  });
});

test('a link among the worlds is no world', async () => {
  await inFolder(async (dataDir) => {
    const host = await Host.open({ dataDir });
    await host.close();
    symlinkSync(worldFolder(dataDir, 'main'), worldFolder(dataDir, 'alias'));
    assert.deepEqual(worldNames(dataDir), ['main']);
  });
});

test('a world whose segments are gone is damaged, not made anew, and keeps no other from being served', async () => {
  await inFolder(async (dataDir) => {
    const first = await Host.open({ dataDir });
    await first.createWorld('lab');
    await first.close();
    const folder = worldFolder(dataDir, 'lab');
    for (const name of readdirSync(folder)) if (name.endsWith('.log')) rmSync(join(folder, name));
    writeFileSync(join(folder, 'rewrites.idx'), 'left behind');
    const told: string[] = [];
    const host = await Host.open({ dataDir, onSetAside: (name, { reason }) => told.push(`${name} ${reason}`) });
    assert.deepEqual(told, ['lab LOG_DAMAGED']);
    assert.throws(() => host.mustGetWorld('lab'), { reason: 'LOG_DAMAGED', place: folder });
    assert.deepEqual(
      host.worlds().map(({ name }) => name),
      ['main'],
    );
    await assert.rejects(host.createWorld('lab'), { reason: 'WORLD_EXISTS' });
    await host.close();
  });
});

test('a world with a symbolic link in the place of a file is set aside, whatever the link leads to', async () => {
  for (const file of ['world.key', '00000000000000000000.log']) {
    await inFolder(async (dataDir) => {
      const first = await Host.open({ dataDir });
      await first.createWorld('lab');
      await first.close();
      const path = join(worldFolder(dataDir, 'lab'), file);
      renameSync(path, `${path}.elsewhere`);
      symlinkSync(`${path}.elsewhere`, path);
      const told: string[] = [];
      const host = await Host.open({ dataDir, onSetAside: (name, { message }) => told.push(`${name}: ${message}`) });
      assert.match(told.join(), /^lab: .*symbolic link/);
      assert.equal(host.hasWorld('main'), true);
      await host.close();
    });
  }
});

test('what a creation that failed left behind is no world, and can be created', async () => {
  await inFolder(async (dataDir) => {
    mkdirSync(worldFolder(dataDir, 'half'), { recursive: true });
    writeFileSync(join(worldFolder(dataDir, 'half'), 'spare.tmp'), '');
    const host = await Host.open({ dataDir });
    assert.equal(host.hasWorld('half'), false);
    assert.equal((await host.createWorld('half')).loop.world.history.size, 1);
    await host.close();
  });
});

test('an empty format file, as a power cut leaves it, is written again', async () => {
  await inFolder(async (dataDir) => {
    mkdirSync(dataDir);
    writeFileSync(join(dataDir, 'jitos.json'), '');
    const host = await Host.open({ dataDir });
    await host.close();
    assert.deepEqual(JSON.parse(readFileSync(join(dataDir, 'jitos.json'), 'utf8')), { format: 3 });
  });
});

test('there are at most so many worlds, those that are set aside included; one more writes nothing', async () => {
  await inFolder(async (dataDir) => {
    // Something but no log: set aside without anything of it being opened.
    for (let i = 0; i < WORLDS_MAX - 2; i++) {
      mkdirSync(worldFolder(dataDir, `w${i}`), { recursive: true });
      writeFileSync(join(worldFolder(dataDir, `w${i}`), 'remains'), '');
    }
    const host = await Host.open({ dataDir });
    const outcomes = await Promise.allSettled([host.createWorld('last'), host.createWorld('too-many')]);
    assert.deepEqual(
      outcomes.map((outcome) => outcome.status === 'rejected' && String(outcome.reason)),
      [false, `Failure: there are ${WORLDS_MAX} worlds already`],
    );
    await assert.rejects(host.createWorld('one-more'), { reason: 'WORLDS_TOO_MANY', place: 'name' });
    assert.equal(existsSync(worldFolder(dataDir, 'one-more')), false);
    await host.close();
    const again = await Host.open({ dataDir });
    assert.equal(again.worlds().length, 2, 'what is there is served');
    await again.close();
  });
});

test('the death of a world is told, whenever it was made', async () => {
  await inFolder(async (dataDir) => {
    const deaths: string[] = [];
    const told = Promise.withResolvers<void>();
    const host = await Host.open({
      dataDir,
      onDeath: (world, { reason }) => {
        deaths.push(`${world} ${reason}`);
        told.resolve();
      },
    });
    const { loop, log } = await host.createWorld('lab');
    log.append = () => {
      throw new Failure('LOG_FAILED', '', 'sync failed');
    };
    const command = {
      type: 'createWorkspace',
      from: null,
      principal: 'local',
      requestId: null,
      validUntil: null,
      meta: null,
    } as const;
    await assert.rejects(loop.submit(command), { reason: 'LOG_FAILED' });
    await told.promise;
    assert.deepEqual(deaths, ['lab LOG_FAILED']);
    await host.close();
  });
});

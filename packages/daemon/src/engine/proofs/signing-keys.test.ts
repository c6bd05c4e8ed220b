import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { test } from 'node:test';
import { MemoryDisk } from '@jitos/testkit/disk/memory-disk.ts';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { openNote } from '@jitos/kernel/verify';
import { nodeDisk } from '../../logs/file/node-disk.ts';
import { parsePublicKey, type NoteSigner } from './signed-note.ts';
import { SigningKeys, type SigningKeysOptions } from './signing-keys.ts';

const FOLDER = '/world';
const worldId = new Uint8Array(16).fill(0xab);

function newDisk(): MemoryDisk {
  const disk = new MemoryDisk();
  disk.makeFolder(FOLDER);
  return disk;
}

/** Of a world that has no event so far. */
async function openKeys(options: Omit<SigningKeysOptions, 'log'>, id = worldId): Promise<NoteSigner> {
  const log = { firstIdx: 0, length: 0, worldId: id, batches: () => Readable.from([]) };
  return (await SigningKeys.open({ ...options, log })).signer;
}

function open(disk: MemoryDisk): Promise<NoteSigner> {
  return openKeys({ folder: FOLDER, disk });
}

test('the key is made once, for its owner alone, with the public key beside it', async () => {
  const temp = makeTempFolder();
  try {
    const options = { folder: temp.path, disk: nodeDisk() };
    const made = await openKeys(options);
    assert.equal(made.name, `jitos.invalid/${'ab'.repeat(16)}`);
    assert.equal(statSync(join(temp.path, 'world.key')).mode & 0o777, 0o600);
    const publicKey = readFileSync(join(temp.path, 'world.pub'), 'utf8');
    assert.equal(publicKey, `${made.publicKey}\n`);
    const again = await openKeys(options);
    assert.equal(again.publicKey, made.publicKey);
    assert.equal(openNote(again.sign('text\n'), parsePublicKey(publicKey.trimEnd())!), 'text\n');
    assert.deepEqual(nodeDisk().list(temp.path).toSorted(), ['world.key', 'world.pub']);
  } finally {
    temp.remove();
  }
});

test('two worlds have two keys, and a missing public key is written again', async () => {
  const disk = newDisk();
  const made = await open(disk);
  assert.notEqual((await open(newDisk())).publicKey, made.publicKey);
  disk.remove(`${FOLDER}/world.pub`);
  assert.equal((await open(disk)).publicKey, made.publicKey);
  assert.equal(disk.bytes(`${FOLDER}/world.pub`).toString(), `${made.publicKey}\n`);
});

test('a key that is damaged, or another world’s, is told and not replaced', async () => {
  const disk = newDisk();
  await open(disk);
  const whole = Buffer.from(disk.bytes(`${FOLDER}/world.key`));
  for (let offset = 0; offset < whole.length - 48; offset++) {
    const changed = Buffer.from(whole);
    changed[offset]! ^= 1;
    disk.put(`${FOLDER}/world.key`, changed);
    await assert.rejects(open(disk), { name: 'Failure', reason: 'LOG_DAMAGED', place: `${FOLDER}/world.key` });
    assert.ok(disk.bytes(`${FOLDER}/world.key`).equals(changed));
  }
  for (const sizeBytes of [0, 10, whole.length - 1]) {
    disk.put(`${FOLDER}/world.key`, whole.subarray(0, sizeBytes));
    await assert.rejects(open(disk), { reason: 'LOG_DAMAGED' });
  }
  disk.put(`${FOLDER}/world.key`, whole);
  const foreign = openKeys({ folder: FOLDER, disk }, new Uint8Array(16));
  await assert.rejects(foreign, { reason: 'LOG_DAMAGED' });
});

test('a power cut while it is made leaves the whole key or none', async () => {
  for (let cutAt = 0; cutAt < 12; cutAt++) {
    const disk = newDisk();
    disk.powerCutAt = disk.operationCount + cutAt;
    const first = await open(disk).catch(() => undefined);
    const later = disk.afterPowerCut(() => 0.5);
    const second = await open(later);
    if (first !== undefined) assert.equal(second.publicKey, first.publicKey);
    assert.equal((await open(later)).publicKey, second.publicKey);
  }
});

/** What the disk asks of the operating system: the syncs that no reader sees, and writes that it takes in parts. */
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, mock, test } from 'node:test';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import type { DiskFile } from '../../ports/disk.ts';
import { nodeDisk } from './node-disk.ts';

const BYTES = Buffer.from('0123456789');

let folder: ReturnType<typeof makeTempFolder>;
let path: string;

beforeEach(() => {
  folder = makeTempFolder();
  path = join(folder.path, 'file');
  fs.writeFileSync(path, '');
});

afterEach(() => {
  mock.restoreAll();
  folder.remove();
});

/** Both ways of writing, which must end alike. */
const WRITES: Readonly<Record<string, (file: DiskFile) => Promise<void> | void>> = {
  'on the spot': (file) => file.writeSync(BYTES, BYTES.length, 3),
  elsewhere: (file) => file.write(BYTES, BYTES.length, 3),
};

for (const [how, write] of Object.entries(WRITES)) {
  test(`where durability takes a call, a write ${how} is synced after it, and only then done`, async () => {
    const file = nodeDisk('fdatasync').open(path, 'durable');
    const syncSync = mock.method(fs, 'fdatasyncSync');
    const sync = mock.method(fs, 'fdatasync');
    await write(file);
    assert.equal(syncSync.mock.callCount() + sync.mock.callCount(), 1);
    assert.equal(fs.readFileSync(path, 'latin1'), '\0\0\x000123456789');
    file.close();
  });

  test(`a sync that fails fails the write ${how}`, async () => {
    const file = nodeDisk('fdatasync').open(path, 'durable');
    const fault = Object.assign(new Error('sync failed'), { code: 'EIO' });
    mock.method(fs, 'fdatasyncSync', () => {
      throw fault;
    });
    mock.method(fs, 'fdatasync', (_fd: number, done: (fault: Error) => void) => done(fault));
    await assert.rejects(async () => write(file), { code: 'EIO' });
    file.close();
  });

  test(`a write ${how} that the system takes in parts goes on where it stopped`, async () => {
    const file = nodeDisk().open(path, 'durable');
    takeAtMost(4);
    await write(file);
    assert.equal(fs.readFileSync(path, 'latin1'), '\0\0\x000123456789');
    file.close();
  });
}

/** Lets a call write no more than `sizeBytesMax`, as a system may. */
function takeAtMost(sizeBytesMax: number): void {
  const { write, writeSync } = fs;
  mock.method(fs, 'writeSync', (fd: number, bytes: Uint8Array, start: number, sizeBytes: number, offset: number) =>
    writeSync(fd, bytes, start, Math.min(sizeBytes, sizeBytesMax), offset),
  );
  type Done = (fault: Error | null, n: number) => void;
  const writeLess = (fd: number, b: Uint8Array, start: number, sizeBytes: number, at: number, done: Done): void =>
    write(fd, b, start, Math.min(sizeBytes, sizeBytesMax), at, done);
  mock.method(fs, 'write', writeLess);
}

test('where a flag makes writes durable, the file is opened with it, and no call is spent', async () => {
  const open = mock.method(fs, 'openSync');
  const sync = mock.method(fs, 'fdatasync');
  const file = nodeDisk('o-dsync').open(path, 'durable');
  await file.write(BYTES, BYTES.length, 0);
  const flags = open.mock.calls[0]?.arguments[1];
  assert.ok(typeof flags === 'number' && (flags & fs.constants.O_DSYNC) === fs.constants.O_DSYNC);
  assert.equal(sync.mock.callCount(), 0);
  file.close();
});

test('sync asks for the data of the file, and fails as the call does', async () => {
  const file = nodeDisk().open(path, 'write');
  const sync = mock.method(fs, 'fdatasync');
  await file.sync();
  assert.equal(sync.mock.callCount(), 1);
  const fault = Object.assign(new Error('sync failed'), { code: 'EIO' });
  mock.method(fs, 'fdatasync', (_fd: number, done: (fault: Error) => void) => done(fault));
  await assert.rejects(file.sync(), { code: 'EIO' });
  file.close();
});

test('a folder is synced when asked, and when one is made in it', () => {
  const sync = mock.method(fs, 'fsyncSync');
  const disk = nodeDisk();
  disk.syncFolder(folder.path);
  assert.equal(sync.mock.callCount(), 1);
  disk.makeFolder(join(folder.path, 'a', 'b'));
  assert.equal(sync.mock.callCount(), 3);
});

test('what is made is for its owner alone', () => {
  const disk = nodeDisk();
  const made = join(folder.path, 'made');
  disk.makeFolder(made);
  disk.open(join(made, 'file'), 'create').close();
  assert.equal(fs.statSync(made).mode & 0o777, 0o700);
  assert.equal(fs.statSync(join(made, 'file')).mode & 0o777, 0o600);
});

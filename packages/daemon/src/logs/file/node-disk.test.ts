import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { errnoOf } from '../../ports/disk.ts';
import { nodeDisk } from './node-disk.ts';

async function withFolder(body: (folder: string) => void | Promise<void>): Promise<void> {
  const temp = makeTempFolder();
  try {
    await body(temp.path);
  } finally {
    temp.remove();
  }
}

for (const durableBy of ['o-dsync', 'fdatasync'] as const) {
  test(`writes and reads at any place, both ways (${durableBy})`, async () => {
    await withFolder(async (folder) => {
      const disk = nodeDisk(durableBy);
      const path = join(folder, 'file');
      const created = disk.open(path, 'create');
      created.writeSync(Buffer.from('0123456789'), 10, 0);
      await created.sync();
      created.close();
      created.close();
      const file = disk.open(path, 'durable');
      await file.write(Buffer.from('abcdef'), 3, 4);
      file.writeSync(Buffer.from('xyz'), 3, 12);
      assert.equal(readFileSync(path, 'latin1'), '0123abc789\0\0xyz');
      assert.equal(file.sizeBytes(), 15);
      const into = Buffer.alloc(6);
      assert.equal(await file.read(into, 3), 6);
      assert.equal(into.toString('latin1'), '3abc78');
      assert.equal(file.readSync(into, 11), 4);
      assert.equal(await file.read(into, 15), 0);
      file.truncate(2);
      file.close();
      assert.equal(readFileSync(path, 'latin1'), '01');
      assert.equal(statSync(path).mode & 0o777, 0o600);
    });
  });
}

test('makes folders with their parents, renames, removes and lists', async () => {
  await withFolder((folder) => {
    const disk = nodeDisk();
    const deep = join(folder, 'a', 'b', 'c');
    disk.makeFolder(deep);
    disk.makeFolder(deep);
    writeFileSync(join(deep, 'one'), '');
    disk.rename(join(deep, 'one'), join(deep, 'two'));
    disk.syncFolder(deep);
    assert.deepEqual(disk.list(deep), ['two']);
    disk.remove(join(deep, 'two'));
    assert.deepEqual(disk.list(deep), []);
    disk.checkWritable(deep);
  });
});

test('every fault has its errno’s name', async () => {
  await withFolder(async (folder) => {
    const disk = nodeDisk();
    const errno = (work: () => unknown): string => {
      try {
        work();
        return '';
      } catch (fault) {
        return errnoOf(fault);
      }
    };
    assert.equal(
      errno(() => disk.open(join(folder, 'absent'), 'durable')),
      'ENOENT',
    );
    assert.equal(
      errno(() => disk.open(folder, 'write')),
      'EISDIR',
    );
    assert.equal(
      errno(() => disk.list(join(folder, 'absent'))),
      'ENOENT',
    );
    assert.equal(
      errno(() => disk.lock(join(folder, 'absent', 'lock.db'))),
      'EACCES',
    );
    writeFileSync(join(folder, 'file'), '');
    const file = disk.open(join(folder, 'file'), 'read');
    assert.equal(
      errno(() => file.writeSync(new Uint8Array(1), 1, 0)),
      'EBADF',
    );
    await assert.rejects(file.write(new Uint8Array(1), 1, 0), { code: 'EBADF' });
    assert.equal(errnoOf(new Error('no code')), '');
    assert.equal(errnoOf('no error'), '');
    file.close();
  });
});

test('a lock is held against this process and others, leaves nothing behind, and may be taken again', async () => {
  await withFolder((folder) => {
    const disk = nodeDisk();
    const path = join(folder, 'lock.db');
    const lock = disk.lock(path);
    assert.throws(() => disk.lock(path), { code: 'EBUSY' });
    assert.equal(lockElsewhere(path), 'EBUSY');
    assert.deepEqual([statSync(path).size, existsSync(`${path}-journal`)], [0, false]);
    lock.release();
    lock.release();
    assert.equal(lockElsewhere(path), 'free');
    disk.lock(path).release();
    mkdirSync(join(folder, 'junk'));
    writeFileSync(join(folder, 'junk', 'lock.db'), 'this is no database at all'.repeat(100));
    assert.throws(() => disk.lock(join(folder, 'junk', 'lock.db')), { code: 'EIO' });
  });
});

/** What another process meets that takes the lock. */
function lockElsewhere(path: string): string {
  const script = `
    import { nodeDisk } from ${JSON.stringify(import.meta.resolve('./node-disk.ts'))};
    try { nodeDisk().lock(${JSON.stringify(path)}); process.stdout.write('free'); }
    catch (fault) { process.stdout.write(fault.code); }`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout;
}

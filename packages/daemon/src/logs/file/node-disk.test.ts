import assert from 'node:assert/strict';
import { readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { nodeDisk } from './node-disk.ts';

test('no mode follows a symbolic link, so nothing outside the folder is ever read or emptied', () => {
  const folder = makeTempFolder();
  try {
    const precious = join(folder.path, 'precious');
    const link = join(folder.path, 'link');
    writeFileSync(precious, 'keep me');
    symlinkSync(precious, link);
    for (const mode of ['read', 'write', 'durable', 'create'] as const) {
      assert.throws(() => nodeDisk().open(link, mode), { code: 'ELOOP' });
    }
    assert.equal(readFileSync(precious, 'utf8'), 'keep me');
  } finally {
    folder.remove();
  }
});

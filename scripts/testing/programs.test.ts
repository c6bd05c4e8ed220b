import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import test from 'node:test';
import { installCommand, missingPrograms } from './programs.ts';

test('a program is missing unless a folder of the PATH has it, executable', () => {
  const dir = mkdtempSync(join(tmpdir(), 'jitos-programs-'));
  try {
    writeFileSync(join(dir, 'git'), '', { mode: 0o755 });
    writeFileSync(join(dir, 'strace'), '', { mode: 0o644 });
    assert.deepEqual(missingPrograms(['', dir].join(delimiter)), ['chromium', 'python3', 'strace']);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('the install command names the packages', () => {
  assert.match(installCommand(['git', 'strace']), /apt-get install .* git strace$/);
});

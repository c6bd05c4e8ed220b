import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { it } from 'node:test';
import { missingPeers } from './peers.ts';

it('names the peers that are absent or of another version than pinned', () => {
  const folder = mkdtempSync(join(tmpdir(), 'jitos-peers-'));
  const install = (name: string, version: string): void => {
    mkdirSync(join(folder, 'node_modules', name), { recursive: true });
    writeFileSync(join(folder, 'node_modules', name, 'package.json'), JSON.stringify({ name, version }));
  };
  try {
    const optionalDependencies = { absent: '1.0.0', '@scope/old': '2.0.0', right: '3.0.0' };
    writeFileSync(join(folder, 'package.json'), JSON.stringify({ optionalDependencies }));
    install('@scope/old', '1.9.9');
    install('right', '3.0.0');
    assert.deepEqual(missingPeers(folder), ['absent@1.0.0', '@scope/old@2.0.0']);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

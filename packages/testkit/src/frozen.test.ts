/** What is frozen stays as it was: the golden vectors, each file with its line in `SHA256SUMS` (as `sha256sum` writes it). */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const GOLDEN = fileURLToPath(new URL('../../../testdata/golden', import.meta.url));
const SUMS_NAME = 'SHA256SUMS';

function sumsOf(folder: string): string {
  const names = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .filter((name) => name !== SUMS_NAME)
    .toSorted();
  const line = (name: string): string =>
    `${createHash('sha256')
      .update(readFileSync(join(folder, name)))
      .digest('hex')}  ${name}\n`;
  return names.map(line).join('');
}

const versions = readdirSync(GOLDEN);

test('the formats of a version that is frozen are there', () => {
  assert.ok(versions.includes('v1'));
});

for (const version of versions) {
  test(`no golden vector of ${version} has changed since it was frozen, and none came in silence`, () => {
    const folder = join(GOLDEN, version);
    assert.equal(sumsOf(folder), readFileSync(join(folder, SUMS_NAME), 'utf8'));
  });
}

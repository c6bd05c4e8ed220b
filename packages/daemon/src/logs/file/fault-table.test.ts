/** That the tests which docs/internals/log.md names for each fault are there. */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';

const DOCS = new URL('../../../../../docs/internals/log.md', import.meta.url);
const SOURCES = fileURLToPath(new URL('../../', import.meta.url));
const FAULTS = [
  'disk full and back',
  'failing fsync',
  'lying fsync',
  'torn write',
  'short write',
  'misdirected write',
  'repeated write',
  'bit-flipped write',
  'killed process',
  'second process on the folder',
  'clock that jumps',
  'segment deleted',
  'segment truncated',
  'segment swapped',
  'segment from another world',
];

test('the test that the documentation names for each fault is there', () => {
  const section = readFileSync(DOCS, 'utf8')
    .split('\n## ')
    .find((text) => text.startsWith('Faults and their tests'));
  const rows = (section ?? '').split('\n').filter((line) => /^\|.*`.*\|$/.test(line));
  const paths = globSync('**/*.{test,fuzz}.ts', { cwd: SOURCES });
  const textOf = (file: string): string =>
    paths.flatMap((path) => (basename(path) === file ? [readFileSync(SOURCES + path, 'utf8')] : [])).join('\n');
  const named = new Set<string>();
  for (const row of rows) {
    const [, fault = '', file = '', name = ''] = row.split('|').map((cell) => cell.trim());
    if (fault !== '') named.add(fault);
    const source = textOf(file.replaceAll('`', ''));
    // A test of several cases is named `case`: and what is left of its name without it.
    const [, variant, ofCases] = /^`(\w+)`: (.*)$/.exec(name) ?? [undefined, undefined, name];
    const parts = ofCases.split('…').map((part) => part.trim());
    assert.ok(
      parts.every((part) => source.includes(part)),
      `${file} has no test '${name}'`,
    );
    if (variant !== undefined) assert.match(source, new RegExp(`\\b${variant}\\b`));
  }
  assert.deepEqual(
    FAULTS.filter((fault) => !named.has(fault)),
    [],
  );
});

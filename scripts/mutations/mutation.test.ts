/** The list of mutations itself: every entry fits the sources as they are. */
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { mutate, readMutations } from './mutation.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

test('what each mutation takes away occurs exactly once, and the tests that must notice are there', () => {
  const mutations = readMutations(ROOT);
  assert.ok(mutations.length > 300);
  const fits = (file: string, found: (source: string) => boolean): boolean =>
    existsSync(join(ROOT, file)) && found(readFileSync(join(ROOT, file), 'utf8'));
  const stale = mutations.filter((each) => !fits(each.file, (source) => mutate(source, each) !== undefined));
  const untested = mutations.filter(({ tests = [] }) => !tests.every((file) => existsSync(join(ROOT, file))));
  assert.deepEqual(
    [...stale, ...untested].map(({ file, name }) => `${file}: ${name}`),
    [],
  );
});

import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makeTempFolder } from '@jitos/testkit/temp-folder.ts';
import { Failure } from '../../errors/failure.ts';
import { mustMakeToken, readToken, tokenPath } from './token-file.ts';

function failureOf(work: () => unknown): Failure {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error('it did not fail');
}

test('a token is made once, for its owner alone, and nothing lies beside it', () => {
  const folder = makeTempFolder();
  const token = mustMakeToken(folder.path);
  assert.match(token, /^[\w-]{43}$/);
  assert.equal(readFileSync(tokenPath(folder.path), 'utf8'), `${token}\n`);
  assert.equal(statSync(tokenPath(folder.path)).mode & 0o777, 0o600);
  assert.deepEqual(readdirSync(folder.path), ['token']);
  assert.equal(mustMakeToken(folder.path), token);
  assert.equal(readToken(tokenPath(folder.path)), token);
  rmSync(tokenPath(folder.path));
  assert.notEqual(mustMakeToken(folder.path), token);
  folder.remove();
});

test('a file that others may read, write or use is refused, and the refusal does not tell what it holds', () => {
  const folder = makeTempFolder();
  const token = mustMakeToken(folder.path);
  for (const mode of [0o640, 0o604, 0o620, 0o602, 0o610, 0o644]) {
    chmodSync(tokenPath(folder.path), mode);
    for (const read of [() => mustMakeToken(folder.path), () => readToken(tokenPath(folder.path))]) {
      const { reason, place, message } = failureOf(read);
      assert.deepEqual([reason, place], ['TOKEN_FILE_UNFIT', tokenPath(folder.path)]);
      assert.equal(message, `others may read or write it (mode ${mode.toString(8)})`);
      assert.ok(!message.includes(token));
    }
  }
  chmodSync(tokenPath(folder.path), 0o400);
  assert.equal(readToken(tokenPath(folder.path)), token);
  folder.remove();
});

test('what is no token is refused: nothing, several lines, a folder, a large file', () => {
  const folder = makeTempFolder();
  const path = join(folder.path, 'file');
  for (const text of ['', '\n', 'two lines\n', 'a b', 'é', 'x'.repeat(5000)]) {
    writeFileSync(path, text, { mode: 0o600 });
    const { reason, message } = failureOf(() => readToken(path));
    assert.equal(reason, 'TOKEN_FILE_UNFIT');
    assert.ok(text.length < 3 || !message.includes(text.slice(0, 9)));
  }
  mkdirSync(join(folder.path, 'token'), { mode: 0o700 });
  assert.equal(failureOf(() => mustMakeToken(folder.path)).reason, 'TOKEN_FILE_UNFIT');
  const { reason, place } = failureOf(() => readToken(join(folder.path, 'none')));
  assert.deepEqual([reason, place], ['USAGE', '--token-file']);
  folder.remove();
});

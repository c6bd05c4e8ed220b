import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { test } from 'node:test';
import { countText, shellWord } from './plain-text.ts';

test('counts have a comma every three digits', () => {
  assert.deepEqual([0, 999, 1000, 1234567.4].map(countText), ['0', '999', '1,000', '1,234,567']);
});

test('a shell reads a word back as it was', () => {
  for (const word of ['plain-1.txt', 'two words', "it's", '$HOME', 'new\nline', '*', '']) {
    const read = execFileSync('sh', ['-c', `printf %s ${shellWord(word)}`], { encoding: 'utf8' });
    assert.equal(read, word);
  }
});

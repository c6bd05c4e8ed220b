import assert from 'node:assert/strict';
import { law } from '@jitos/testkit/kernel/law.ts';
import * as fc from 'fast-check';
import { parseCommit } from './git-commit.ts';

/** Pieces of commit objects, in any order and cut anywhere. */
const fragment = fc.oneof(
  fc.constantFrom(
    'tree ',
    'parent ',
    'author ',
    'committer ',
    'encoding ',
    '\n',
    '\n\n',
    ' ',
    '<',
    '>',
    '-',
    '1',
    '+0000',
    '\0',
  ),
  fc.array(fc.integer({ min: 0, max: 255 }), { maxLength: 20 }).map((bytes) => String.fromCharCode(...bytes)),
);

law('reads whatever begins with a tree, and holds its message byte for byte', {
  runs: 2_000,
  inputs: fc.array(fragment, { maxLength: 30 }).map((fragments) => `tree ${fragments.join('')}`),
  holds(text) {
    const commit = parseCommit({ oid: '', bytes: Buffer.from(text, 'latin1'), sizeBytes: text.length });
    const blankLine = text.indexOf('\n\n');
    assert.equal(commit?.message, blankLine < 0 ? '' : text.slice(blankLine + 2));
    assert.equal(commit.messageSizeBytes, commit.message.length);
  },
});

const word = fc.string({ unit: fc.constantFrom('a', '(', '"', ' ', '\xe9', '\xa0', '\x85'), maxLength: 8 });

law('gives back the people that were written', {
  runs: 2_000,
  inputs: fc.record({
    name: word,
    mail: word,
    timeSeconds: fc.maxSafeInteger(),
    zone: fc.constantFrom('+0000', '-0130', ''),
  }),
  holds({ name, mail, timeSeconds, zone }) {
    const text = `tree 0\nauthor ${name} <${mail}> ${timeSeconds} ${zone}\n\n`;
    const commit = parseCommit({ oid: '', bytes: Buffer.from(text, 'latin1'), sizeBytes: text.length });
    const date = zone === '' ? `${timeSeconds}` : `${timeSeconds} ${zone}`;
    assert.deepEqual(commit?.author, { name: name.replace(/^ *| *$/g, ''), mail, timeSeconds, date });
  },
});

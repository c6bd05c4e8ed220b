import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bold, pairsText, paperOf, tableText, type Paper, type TableColumn } from './paper.ts';

const TERMINAL: Paper = { isTerminal: true, hasColor: false };
const PIPE: Paper = { isTerminal: false, hasColor: false };
const COLUMNS: readonly TableColumn[] = [
  { title: 'WORLD', align: 'left' },
  { title: 'EVENTS', align: 'right' },
];

test('on a terminal a table is aligned under its titles', () => {
  const text = tableText(TERMINAL, COLUMNS, [
    ['main', '1'],
    ['a-long-name', '12345678'],
  ]);
  assert.equal(text, 'WORLD          EVENTS\nmain                1\na-long-name  12345678\n');
});

test('in a pipe a table is fields between tabs, the titles too', () => {
  assert.equal(tableText(PIPE, COLUMNS, [['main', '1']]), 'WORLD\tEVENTS\nmain\t1\n');
  assert.equal(pairsText(PIPE, [['digest', 'ab']]), 'digest\tab\n');
});

test('what came from elsewhere can not steer the terminal, or make a line of its own', () => {
  const text = tableText(PIPE, COLUMNS, [['a\u001b[2Jb\nc\td\u009b', '1']]);
  assert.equal(text, 'WORLD\tEVENTS\na\\u001b[2Jb\\u000ac\\u0009d\\u009b\t1\n');
});

test('colour is for terminals that take it', () => {
  assert.equal(paperOf({ isTTY: true }, {}).hasColor, true);
  assert.equal(paperOf({ isTTY: true }, { NO_COLOR: '1' }).hasColor, false);
  assert.equal(paperOf({ isTTY: true }, { NO_COLOR: '' }).hasColor, true);
  assert.equal(paperOf({ isTTY: true }, { TERM: 'dumb' }).hasColor, false);
  assert.deepEqual(paperOf({}, {}), PIPE);
  assert.equal(bold({ isTerminal: true, hasColor: true }, 'x'), '\u001b[1mx\u001b[22m');
  assert.equal(bold(TERMINAL, 'x'), 'x');
});

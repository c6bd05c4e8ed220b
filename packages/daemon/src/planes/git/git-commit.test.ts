import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommit, type GitCommit } from './git-commit.ts';

const TREE = '1'.repeat(40);
const PARENT = '2'.repeat(40);
const ADA = 'Ada <ada@jitos.example> 1600000000 +0100';

function parse(text: string): GitCommit {
  const bytes = Buffer.from(text, 'latin1');
  const commit = parseCommit({ oid: '0'.repeat(40), bytes, sizeBytes: bytes.length });
  assert.ok(commit !== undefined);
  return commit;
}

test('reads every part of a plain commit', () => {
  const text = `tree ${TREE}\nparent ${PARENT}\nparent ${TREE}\nauthor ${ADA}\ncommitter Bob <> -5 -0730\nencoding latin1\n\nOne\n\nTwo\n`;
  assert.deepEqual(parse(text), {
    oid: '0'.repeat(40),
    treeOid: TREE,
    parentOids: [PARENT, TREE],
    author: { name: 'Ada', mail: 'ada@jitos.example', timeSeconds: 1_600_000_000, date: '1600000000 +0100' },
    committer: { name: 'Bob', mail: '', timeSeconds: -5, date: '-5 -0730' },
    encoding: 'latin1',
    message: 'One\n\nTwo\n',
    messageSizeBytes: 9,
  });
});

test('passes over signatures and tags with all their lines', () => {
  const signature = 'gpgsig -----BEGIN\n \n author Eve <eve@jitos.example> 1 +0000\n -----END\n';
  const commit = parse(`tree ${TREE}\n${signature}author ${ADA}\nmergetag object ${PARENT}\n encoding x\n\nSigned`);
  assert.equal(commit.author.name, 'Ada');
  assert.equal(commit.encoding, null);
  assert.equal(commit.message, 'Signed');
});

test('takes only the lines next to the tree for parents', () => {
  const commit = parse(`tree ${TREE}\nparent ${PARENT}\nauthor ${ADA}\nparent ${TREE}\n\n`);
  assert.deepEqual(commit.parentOids, [PARENT]);
});

test('keeps the bytes of a person whose line is odd', () => {
  const personOf = (line: string): unknown => parse(`tree ${TREE}\nauthor ${line}\n\n`).author;
  const nobody = { name: '', mail: '', timeSeconds: null, date: '' };
  assert.deepEqual(personOf('Nobody 1 +0000'), { ...nobody, name: 'Nobody 1 +0000' });
  assert.deepEqual(personOf('A <a@b 1 +0000'), { ...nobody, name: 'A', mail: 'a@b 1 +0000' });
  assert.deepEqual(personOf('A> <a@b'), { ...nobody, name: 'A>', mail: 'a@b' });
  const zero = { timeSeconds: 0, date: '0 +0000' };
  assert.deepEqual(personOf('A <a> <b> 0 +0000'), { name: 'A', mail: 'a> <b', ...zero });
  // The last byte of a UTF-8 `à` is a space in latin1.
  assert.deepEqual(personOf('\xc3\xa0 <\xff> 0 +0000'), { name: '\xc3\xa0', mail: '\xff', ...zero });
});

test('gives no time where there is no integer that a number holds', () => {
  const timeOf = (date: string): number | null => parse(`tree ${TREE}\nauthor A <a> ${date}\n\n`).author.timeSeconds;
  for (const date of ['', '+0000', 'soon', '1.5 +0000', '1e3', '18446744073709551615 +0000']) {
    assert.equal(timeOf(date), null, date);
  }
  assert.equal(timeOf('1600000000'), 1_600_000_000);
  assert.equal(timeOf('-86400 +051800'), -86_400);
  assert.ok(Object.is(timeOf('-0 +0000'), 0));
});

test('takes a commit without people, message or end', () => {
  assert.deepEqual(parse(`tree ${TREE}`).author, { name: '', mail: '', timeSeconds: null, date: '' });
  assert.equal(parse(`tree ${TREE}\n`).message, '');
  assert.equal(parse(`tree ${TREE}\n\n\0\n`).message, '\0\n');
});

test('says how long a message is of which only the start is held', () => {
  const bytes = Buffer.from(`tree ${TREE}\n\nstart`, 'latin1');
  const commit = parseCommit({ oid: TREE, bytes, sizeBytes: 5_000_000 });
  assert.equal(commit?.message, 'start');
  assert.equal(commit?.messageSizeBytes, 5_000_000 - `tree ${TREE}\n\n`.length);
});

test('refuses an object that does not begin with a tree', () => {
  const bytes = Buffer.from(`object ${TREE}\ntype commit\n\n`, 'latin1');
  assert.equal(parseCommit({ oid: TREE, bytes, sizeBytes: bytes.length }), undefined);
});

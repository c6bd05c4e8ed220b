import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../../errors/failure.ts';
import { LineRoom } from './line-room.ts';
import { LineSplitter, type Line } from './line-splitter.ts';

const told = (line: Line | undefined): string | undefined => (line instanceof Failure ? line.reason : line?.toString());

test('lines come out whole, however they are cut, and what is held of them is told to the room', () => {
  const bytes = Buffer.from('one\n\ntwo: ä\r\nthree');
  for (let size = 1; size <= bytes.length; size++) {
    const room = new LineRoom(100);
    const splitter = new LineSplitter(room, 20);
    const lines: Line[] = [];
    for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
    assert.deepEqual(lines.map(told), ['one', '', 'two: ä\r']);
    assert.equal(told(splitter.end()), 'three');
    assert.equal(splitter.end(), undefined);
    assert.equal(room.freeSizeBytes, 100 - 'one'.length - 8 - 'three'.length, 'each is given back by whoever took it');
  }
});

test('of a line that is too long nothing is held, however much of it comes', () => {
  const room = new LineRoom(100);
  const splitter = new LineSplitter(room, 10);
  assert.deepEqual(splitter.push(Buffer.from('0123456789')).map(told), []);
  assert.equal(room.freeSizeBytes, 90);
  for (let i = 0; i < 30; i++) {
    assert.deepEqual(splitter.push(Buffer.from('xxxx')), []);
    assert.equal(room.freeSizeBytes, 100);
  }
  assert.deepEqual(splitter.push(Buffer.from('x\nnext\n')).map(told), ['REQUEST_TOO_LARGE', 'next']);
  assert.equal(room.freeSizeBytes, 96);
});

test('where all lines together have no room the newest is passed over, and the others go on', () => {
  const room = new LineRoom(10);
  const [first, second] = [new LineSplitter(room, 10), new LineSplitter(room, 10)];
  first.push(Buffer.from('12345678'));
  assert.deepEqual(second.push(Buffer.from('abc')), []);
  assert.equal(room.freeSizeBytes, 2);
  assert.deepEqual(second.push(Buffer.from('d\nok\n')).map(told), ['OVERLOADED', 'ok']);
  assert.deepEqual(first.push(Buffer.from('\n')).map(told), ['12345678']);
  first.push(Buffer.from(''));
  assert.equal(room.freeSizeBytes, 0);
  second.drop();
  room.give(10);
  assert.equal(room.freeSizeBytes, 10);
});

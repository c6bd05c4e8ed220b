import assert from 'node:assert/strict';
import { PassThrough, Writable } from 'node:stream';
import { test } from 'node:test';
import { goodAnswer } from '../plain/envelope.ts';
import { LineConnection, LINES_UNDER_WAY_MAX } from './line-connection.ts';
import { LineRoom } from './line-room.ts';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('while nobody takes the answers nothing more is begun, nor read', async () => {
  const input = new PassThrough();
  const taken: (() => void)[] = [];
  const output = new Writable({
    highWaterMark: 100,
    write: (_, __, done) => void taken.push(done),
  });
  let begun = 0;
  const room = new LineRoom(10_000);
  const connection = new LineConnection({
    input,
    output,
    world: 'main',
    room,
    answer: () => {
      begun += 1;
      return Promise.resolve(goodAnswer('x'.repeat(200)));
    },
    onBug: (error) => {
      throw error;
    },
  });
  const line = '{"id":1,"command":{}}\n';
  input.write(line);
  await turn();
  assert.deepEqual([begun, taken.length, output.writableNeedDrain, input.isPaused()], [1, 1, true, true]);
  input.write(line.repeat(3));
  for (let i = 0; i < 5; i++) await turn();
  assert.equal(begun, 1);
  // What is taken makes room, until it is full again.
  while (taken.length > 0) {
    taken.shift()?.();
    await turn();
  }
  assert.equal(begun, 4);
  assert.equal(room.freeSizeBytes, 10_000, 'what is answered is not held any more');
  // More than may be under way, in one piece: what waits is not begun once the first answers are not taken.
  input.write(line.repeat(LINES_UNDER_WAY_MAX + 10));
  for (let i = 0; i < 5; i++) await turn();
  assert.equal(begun, 4 + LINES_UNDER_WAY_MAX);
  input.end();
  while (!output.writableFinished) {
    taken.shift()?.();
    await turn();
  }
  await connection.ended;
});

test('a bug is told to its reporter, and to the client as no more than that', async () => {
  const input = new PassThrough();
  const output = new PassThrough();
  const bugs: unknown[] = [];
  const connection = new LineConnection({
    input,
    output,
    world: 'main',
    room: new LineRoom(1000),
    answer: () => Promise.reject(new Error('secret')),
    onBug: (error) => void bugs.push(error),
  });
  input.end('{"id":1,"command":{}}');
  const text = (await output.toArray()).join('');
  await connection.ended;
  assert.equal(bugs.length, 1);
  assert.match(text, /^\{"id":1,"ok":false,"error":\{"reason":"BUG",/);
  assert.doesNotMatch(text, /secret/);
});

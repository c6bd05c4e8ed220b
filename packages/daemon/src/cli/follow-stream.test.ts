import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Blocks } from './follow-stream.ts';

const TEXT = 'id: 1\n\nid: 2\nevent: next\ndata: {}\n\n:\n\n\ndata: x\n\nunfinished\n';

test('blocks come out alike wherever the text was cut', () => {
  const expected = TEXT.split('\n\n').slice(0, -1);
  for (let size = 1; size <= TEXT.length; size++) {
    const blocks = new Blocks();
    const taken: string[] = [];
    for (let at = 0; at < TEXT.length; at += size) taken.push(...blocks.take(TEXT.slice(at, at + size)));
    assert.deepEqual(taken, expected, `in pieces of ${size}`);
  }
});

test('what a block costs does not grow with the pieces that it comes in', () => {
  const cpuUs = (pieceCount: number): number => {
    const blocks = new Blocks();
    const piece = 'x'.repeat(64);
    const before = process.cpuUsage();
    for (let i = 0; i < pieceCount; i++) blocks.take(piece);
    assert.equal(blocks.take('\n\n')[0]?.length, 64 * pieceCount);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / pieceCount;
  };
  cpuUs(20_000);
  // A text that is looked at again with each piece costs hundreds of times as much.
  assert.ok(cpuUs(80_000) < 20 * (cpuUs(2_000) + 1));
});

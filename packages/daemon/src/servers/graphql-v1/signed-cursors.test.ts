import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bytesToDigest, type Bytes, type Digest } from '@jitos/kernel';
import { noteSigner } from '../../engine/proofs/signed-note.ts';
import { SignedCursors } from './signed-cursors.ts';

const SIGNER = noteSigner('jitos.invalid/a', Buffer.alloc(32, 1));
const BOUND = { idx: 41, snapshotId: digest(7) };

function digest(byte: number): Digest {
  return bytesToDigest(String.fromCharCode(byte).repeat(32) as Bytes); // latin1
}

test('a cursor is read back where it was made, also by whoever has the same key', () => {
  const positions = [digest(1), digest(2), digest(250)];
  const texts = new SignedCursors(SIGNER, ['nodes', 'system']).encode(BOUND, positions);
  const restarted = new SignedCursors(noteSigner('jitos.invalid/a', Buffer.alloc(32, 1)), ['nodes', 'system']);
  assert.deepEqual(
    texts.map((text) => restarted.decode(text)),
    positions.map((position) => ({ ...BOUND, position })),
  );
});

test('no cursor is taken of another list, of another key, or with another bit in it', () => {
  const cursors = new SignedCursors(SIGNER, ['nodes', 'system']);
  const [text = ''] = cursors.encode(BOUND, [digest(1)]);
  assert.ok(cursors.decode(text));
  assert.equal(new SignedCursors(SIGNER, ['nodes', '3']).decode(text), undefined);
  const others = [
    noteSigner('jitos.invalid/a', Buffer.alloc(32, 2)),
    noteSigner('jitos.invalid/b', Buffer.alloc(32, 1)),
  ];
  for (const other of others) assert.equal(new SignedCursors(other, ['nodes', 'system']).decode(text), undefined);
  const bytes = Buffer.from(text, 'base64url');
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    const forged = Buffer.from(bytes);
    forged[bit >> 3]! ^= 1 << (bit & 7);
    assert.equal(cursors.decode(forged.toString('base64url')), undefined, `bit ${bit}`);
  }
  for (const hostile of [
    '',
    'x',
    text.slice(1),
    `${text}A`,
    `${text.slice(0, -1)}=`,
    ` ${text.slice(1)}`,
    '\u0000'.repeat(120),
  ]) {
    assert.equal(cursors.decode(hostile), undefined, hostile);
  }
});

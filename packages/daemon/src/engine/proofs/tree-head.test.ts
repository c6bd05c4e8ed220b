import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Digest } from '@jitos/kernel';
import { openTreeHead } from '@jitos/kernel/verify';
import { parsePublicKey } from './signed-note.ts';
import { signTreeHead } from './tree-head.ts';
import { temporaryWorldKey } from './signing-keys.ts';

const signer = temporaryWorldKey();
const verifier = parsePublicKey(signer.publicKey)!;
const head = '\u00e5'.repeat(32) as Digest; // 32 bytes, one a character
const encoded = Buffer.from(head, 'latin1').toString('base64');

test('a head is read back as it was signed, of any size', () => {
  for (const size of [0, 1, 1042, Number.MAX_SAFE_INTEGER]) {
    assert.deepEqual(openTreeHead(signTreeHead(size, head, signer), verifier), { origin: signer.name, size, head });
  }
});

test('a signed note that is no head of this origin’s history is not one', () => {
  for (const text of [
    `jitos.invalid/other\n5\n${encoded}\n`,
    `${signer.name}\n05\n${encoded}\n`,
    `${signer.name}\n-5\n${encoded}\n`,
    `${signer.name}\n9007199254740992\n${encoded}\n`,
    `${signer.name}\n5\n${encoded.slice(4)}\n`,
    `${signer.name}\n5\n${encoded}\nmore\n`,
    `${signer.name}\n5\n`,
    'anything else\n',
  ]) {
    assert.equal(openTreeHead(signer.sign(text), verifier), undefined, text);
  }
});

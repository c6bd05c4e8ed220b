import assert from 'node:assert/strict';
import { test } from 'node:test';
import { openNote } from '@jitos/kernel/verify';
import { noteSigner, parsePublicKey } from './signed-note.ts';

/** The key and the note of the example in the documentation of Go's `golang.org/x/mod/sumdb/note`. */
const NAME = 'PeterNeumann';
const SEED = Buffer.from('AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz', 'base64').subarray(1);
const PUBLIC_KEY = 'PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW';
const TEXT = "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const LINE =
  '\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n';
const NOTE = `${TEXT}\n${LINE}`;
const verifier = parsePublicKey(PUBLIC_KEY)!;

test('the known key signs the known note', () => {
  const signer = noteSigner(NAME, SEED);
  assert.equal(signer.publicKey, PUBLIC_KEY);
  assert.equal(signer.sign(TEXT), NOTE);
  assert.equal(openNote(NOTE, verifier), TEXT);
});

test('no byte of a note can be changed', () => {
  const bytes = Buffer.from(NOTE);
  for (let offset = 0; offset < bytes.length; offset++) {
    const changed = Buffer.from(bytes);
    changed[offset]! ^= 1 << (offset % 7);
    assert.equal(openNote(changed.toString(), verifier), undefined, `byte ${offset}`);
  }
});

test('other signers’ lines are passed over, and one of ours that fails refuses the note', () => {
  const stranger = noteSigner('stranger', SEED)
    .sign(TEXT)
    .slice(TEXT.length + 1);
  const namesake = noteSigner(NAME, SEED.toReversed())
    .sign(TEXT)
    .slice(TEXT.length + 1);
  assert.equal(openNote(`${TEXT}\n${stranger}${LINE}${namesake}`, verifier), TEXT);
  assert.equal(openNote(`${TEXT}\n${stranger}${namesake}`, verifier), undefined);
  const unsound = noteSigner(NAME, SEED).sign('another text\n').slice('another text\n\n'.length);
  assert.equal(openNote(`${TEXT}\n${LINE}${unsound}`, verifier), undefined);
  assert.equal(openNote(`${TEXT}\n`, verifier), undefined);
  assert.equal(openNote(TEXT, verifier), undefined);
});

test('what is no public key is not read as one', () => {
  for (const text of [
    '',
    NAME,
    PUBLIC_KEY.slice(1),
    PUBLIC_KEY.slice(0, -1),
    `${PUBLIC_KEY}=`,
    PUBLIC_KEY.replace('c74f20a3', 'c74f20a4'),
    PUBLIC_KEY.replace('c74f20a3', 'C74F20A3'),
    PUBLIC_KEY.replace('+AR', '+BR'),
    PUBLIC_KEY.replace('PeterNeumann', 'Peter Neumann'),
  ]) {
    assert.equal(parsePublicKey(text), undefined, text);
  }
});

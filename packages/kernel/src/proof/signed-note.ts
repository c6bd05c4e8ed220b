/**
 * C2SP signed notes (c2sp.org/signed-note), read: text, a blank line, and lines that say whose signature follows. A public
 * key is written as `<name>+<key id in hex>+<base64 of 0x01 and the key>`.
 */
import { bytesFromBase64, bytesToBase64 } from '../bytes/base64.ts';
import { bytesToHex, type Bytes } from '../bytes/byte-string.ts';
import { utf8Bytes } from '../bytes/utf8.ts';
import type { ProofCrypto } from './proof-crypto.ts';

/** Says that an Ed25519 key follows. */
const ED25519 = '\u0001';
const KEY_SIZE = 32;
const KEY_ID_SIZE = 4;
const SIGNATURE_SIZE = 64;
const NAME = /^[\u0021-\u002a\u002c-\u007e]+$/;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/;

/** A public key that notes are checked with. */
export interface NoteVerifier {
  readonly name: string;
  /** 4 bytes. */
  readonly keyId: Bytes;
  /** 32 bytes. */
  readonly raw: Bytes;
  readonly crypto: ProofCrypto;
}

/** Reads a public key; undefined if it is none. */
export function parsePublicKey(text: string, crypto: ProofCrypto): NoteVerifier | undefined {
  const [, name = '', keyId = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = bytesFromBase64(encoded);
  if (!NAME.test(name) || bytes?.length !== 1 + KEY_SIZE || !bytes.startsWith(ED25519)) return undefined;
  const raw = bytes.slice(1) as Bytes; // a part of bytes
  const expected = keyIdOf(name, raw, crypto);
  return bytesToHex(expected) === keyId ? { name, keyId: expected, raw, crypto } : undefined;
}

/** The text form of a public key; `raw` is its 32 bytes. */
export function publicKeyText(name: string, raw: Bytes, crypto: Pick<ProofCrypto, 'sha256'>): string {
  return `${name}+${bytesToHex(keyIdOf(name, raw, crypto))}+${bytesToBase64(typed(raw))}`;
}

/** The first bytes of `SHA-256(name ‖ 0x0A ‖ 0x01 ‖ key)`; the name is visible ASCII. */
export function keyIdOf(name: string, raw: Bytes, { sha256 }: Pick<ProofCrypto, 'sha256'>): Bytes {
  return sha256(`${name}\n${typed(raw)}` as Bytes).slice(0, KEY_ID_SIZE) as Bytes; // ASCII and bytes are bytes
}

function typed(raw: Bytes): Bytes {
  return (ED25519 + raw) as Bytes; // a byte before bytes
}

/** The text of a note that carries the verifier's signature; undefined if it does not, or is no note. */
export function openNote(note: string, verifier: NoteVerifier): string | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return undefined;
  const text = note.slice(0, end + 1);
  const message = utf8Bytes(text);
  if (message === undefined) return undefined;
  let isSigned = false;
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = bytesFromBase64(encoded);
    if (name === undefined || bytes === undefined || bytes === '') return undefined;
    // Other signers' lines say nothing to us; one of ours must hold.
    if (name !== verifier.name || !bytes.startsWith(verifier.keyId)) continue;
    const signature = bytes.slice(KEY_ID_SIZE) as Bytes; // a part of bytes
    if (signature.length !== SIGNATURE_SIZE) return undefined;
    if (!verifier.crypto.verifyEd25519(verifier.raw, message, signature)) return undefined;
    isSigned = true;
  }
  return isSigned ? text : undefined;
}

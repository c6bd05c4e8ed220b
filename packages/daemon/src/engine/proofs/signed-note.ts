/**
 * C2SP signed notes (c2sp.org/signed-note) with one Ed25519 signature: text, a blank line, and a line that says whose
 * signature follows. A public key is written as `<name>+<key id in hex>+<base64 of 0x01 and the key>`.
 */
import { createHash, createPrivateKey, createPublicKey, sign, verify, type KeyObject } from 'node:crypto';

const ED25519 = 0x01;
const KEY_SIZE_BYTES = 32;
export const SEED_SIZE_BYTES = 32;
const KEY_ID_SIZE_BYTES = 4;
const SIGNATURE_SIZE_BYTES = 64;
/** DER in front of an Ed25519 key's 32 bytes (RFC 8410). */
const PRIVATE_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');
const PUBLIC_PREFIX = Buffer.from('302a300506032b6570032100', 'hex');
const NAME = /^[\u0021-\u002a\u002c-\u007e]+$/;
const SIGNATURE_LINE = /^\u2014 ([^ ]+) ([A-Za-z0-9+/=]+)$/;

/** Signs notes under one name. */
export interface NoteSigner {
  /** Of visible ASCII without `+`. */
  readonly name: string;
  /** The public key in its text form. */
  readonly publicKey: string;
  /** The note; its text ends with a line feed. */
  sign(text: string): string;
}

/** `seed` is the private key's 32 bytes. */
export function noteSigner(name: string, seed: Uint8Array): NoteSigner {
  const privateKey = createPrivateKey({
    key: Buffer.concat([PRIVATE_PREFIX, seed]),
    format: 'der',
    type: 'pkcs8',
  });
  const raw = createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(PUBLIC_PREFIX.length);
  const keyId = keyIdOf(name, raw);
  return {
    name,
    publicKey: publicKeyText(name, raw),
    sign: (text) => {
      const signature = Buffer.concat([keyId, sign(null, Buffer.from(text), privateKey)]);
      return `${text}\n\u2014 ${name} ${signature.toString('base64')}\n`;
    },
  };
}

/** The text form of a public key; `raw` is its 32 bytes. */
export function publicKeyText(name: string, raw: Uint8Array): string {
  return `${name}+${keyIdOf(name, raw).toString('hex')}+${typed(raw).toString('base64')}`;
}

/** A public key that notes are checked with. */
export interface NoteVerifier {
  readonly name: string;
  readonly keyId: Buffer;
  /** 32 bytes. */
  readonly raw: Buffer;
  readonly key: KeyObject;
}

/** Reads a public key; undefined if it is none. */
export function parsePublicKey(text: string): NoteVerifier | undefined {
  const [, name = '', keyId = '', encoded = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text) ?? [];
  const bytes = exactBase64(encoded);
  if (!NAME.test(name) || bytes?.length !== 1 + KEY_SIZE_BYTES || bytes[0] !== ED25519) return undefined;
  const raw = bytes.subarray(1);
  const expected = keyIdOf(name, raw);
  if (expected.toString('hex') !== keyId) return undefined;
  const key = createPublicKey({ key: Buffer.concat([PUBLIC_PREFIX, raw]), format: 'der', type: 'spki' });
  return { name, keyId: expected, raw, key };
}

/** The text of a note that carries the verifier's signature; undefined if it does not, or is no note. */
export function openNote(note: string, verifier: NoteVerifier): string | undefined {
  const end = note.lastIndexOf('\n\n');
  if (end < 0 || !note.endsWith('\n') || /[\u0000-\u0009\u000b-\u001f]/.test(note)) return undefined;
  const text = note.slice(0, end + 1);
  let isSigned = false;
  for (const line of note.slice(end + 2, -1).split('\n')) {
    const [, name, encoded = ''] = SIGNATURE_LINE.exec(line) ?? [];
    const bytes = exactBase64(encoded);
    if (name === undefined || bytes === undefined) return undefined;
    // Other signers' lines say nothing to us; one of ours must hold.
    if (name !== verifier.name || !bytes.subarray(0, KEY_ID_SIZE_BYTES).equals(verifier.keyId)) continue;
    const signature = bytes.subarray(KEY_ID_SIZE_BYTES);
    if (signature.length !== SIGNATURE_SIZE_BYTES) return undefined;
    if (!verify(null, Buffer.from(text), verifier.key, signature)) return undefined;
    isSigned = true;
  }
  return isSigned ? text : undefined;
}

/** Bytes of standard base64 with padding; undefined for anything else, other spellings of the same bytes included. */
export function exactBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return text !== '' && bytes.toString('base64') === text ? bytes : undefined;
}

function keyIdOf(name: string, raw: Uint8Array): Buffer {
  return createHash('sha256').update(`${name}\n`).update(typed(raw)).digest().subarray(0, KEY_ID_SIZE_BYTES);
}

function typed(raw: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(ED25519), raw]);
}

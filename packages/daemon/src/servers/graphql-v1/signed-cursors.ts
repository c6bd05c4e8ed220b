/**
 * Cursors: opaque to callers, good for the one list that they were made for, and impossible to make without the world's key.
 *
 *     version u8 = 2 ‖ 0 ‖ idx u64be ‖ snapshotId 32 ‖ position 32 ‖ tag 16                   in base64url
 *     idx       events in the history when the page was read
 *     position  of the last element that was read
 *     tag       CBC-MAC, by AES-256, of four blocks: SHA-256 of all before the position and the list's name ‖ the position
 *
 * The key is made of the world's signing key: cursors survive a restart, and end with that. What is tagged has one length, so
 * CBC-MAC is as good as an HMAC; and a hundred tags cost no more calls of OpenSSL than one.
 */
import { bytesToDigest, DIGEST_SIZE, keyToNumber, numberToKey, type Bytes, type Digest } from '@jitos/kernel';
import { createCipheriv, timingSafeEqual, type Cipheriv } from 'node:crypto';
import type { NoteSigner } from '../../engine/proofs/signed-note.ts';
import { sha256 } from '../../engine/sha256.ts';

/** The state that a list was read in. */
export interface Bound {
  /** Events in the history at that moment. */
  readonly idx: number;
  readonly snapshotId: Digest;
}

export interface Cursor extends Bound {
  readonly position: Digest;
}

const HEAD = String.fromCharCode(2, 0);
const NUMBER_SIZE = 8;
const SNAPSHOT_OFFSET = HEAD.length + NUMBER_SIZE;
const POSITION_OFFSET = SNAPSHOT_OFFSET + DIGEST_SIZE;
const TAG_OFFSET = POSITION_OFFSET + DIGEST_SIZE;
const TAG_SIZE = 16;
const SIZE = TAG_OFFSET + TAG_SIZE;
/** A multiple of three bytes, so that cursors next to each other are encoded as they are alone. */
const TEXT_SIZE = (SIZE / 3) * 4;

/** What is sealed. */
const BASE64URL = /^[\w-]+$/;
const BLOCK_SIZE = 16;
/** The head of what is sealed. */
const SEALED = String.fromCharCode(2, 1);

const cipherBySigner = new WeakMap<NoteSigner, Cipheriv>();

/** Takes whole blocks, each for itself: it has no state but its key, and is made once. */
function cipherOf(signer: NoteSigner): Cipheriv {
  const cipher =
    cipherBySigner.get(signer) ??
    createCipheriv('aes-256-ecb', signer.secretFor('cursors'), null).setAutoPadding(false);
  cipherBySigner.set(signer, cipher);
  return cipher;
}

/** The cursors of one list. */
export class SignedCursors {
  readonly #signer: NoteSigner;
  readonly #list: readonly unknown[];

  /** `list` names it apart from every other list of the world, as JSON. */
  constructor(signer: NoteSigner, list: readonly unknown[]) {
    this.#signer = signer;
    this.#list = list;
  }

  /** One for each position. */
  encode({ idx, snapshotId }: Bound, positions: readonly Digest[]): readonly string[] {
    const head = HEAD + numberToKey(idx) + snapshotId;
    const tags = this.#tagsOf(head, positions).toString('latin1');
    let bytes = '';
    for (let i = 0; i < positions.length; i++) {
      bytes += head + positions[i] + tags.slice(i * TAG_SIZE, (i + 1) * TAG_SIZE);
    }
    const text = Buffer.from(bytes, 'latin1').toString('base64url');
    return positions.map((_, i) => text.slice(i * TEXT_SIZE, (i + 1) * TEXT_SIZE));
  }

  /** Undefined for whatever was not made for this list. */
  decode(text: string): Cursor | undefined {
    if (text.length !== TEXT_SIZE) return undefined;
    const decoded = Buffer.from(text, 'base64url');
    if (decoded.length !== SIZE || decoded.toString('base64url') !== text) return undefined;
    const bytes = decoded.toString('latin1');
    const position = digestAt(bytes, POSITION_OFFSET);
    const tag = this.#tagsOf(bytes.slice(0, POSITION_OFFSET), [position]);
    if (!timingSafeEqual(tag, decoded.subarray(TAG_OFFSET))) return undefined;
    return {
      idx: keyToNumber(bytes.slice(HEAD.length, SNAPSHOT_OFFSET)),
      snapshotId: digestAt(bytes, SNAPSHOT_OFFSET),
      position,
    };
  }

  /** A cursor of another form, in base64url, with a tag behind it. */
  seal(text: string): string {
    const tag = this.#tagsOf(SEALED, [sha256(Buffer.from(text))]);
    return `${text}.${tag.toString('base64url')}`;
  }

  /** What was sealed for this list; undefined for anything else. */
  open(sealed: string): string | undefined {
    const end = sealed.lastIndexOf('.');
    const text = sealed.slice(0, Math.max(0, end));
    if (!BASE64URL.test(text)) return undefined;
    const expected = Buffer.from(this.seal(text));
    const given = Buffer.from(sealed);
    return expected.length === given.length && timingSafeEqual(expected, given) ? text : undefined;
  }

  /** The tags of positions behind one head, whose blocks are chained first. */
  #tagsOf(head: string, positions: readonly Digest[]): Buffer {
    const cipher = cipherOf(this.#signer);
    const list = Buffer.from(JSON.stringify(this.#list)).toString('latin1');
    const scope = Buffer.from(sha256((head + list) as Bytes), 'latin1'); // latin1 is one character a byte
    const half = cipher.update(scope.subarray(0, BLOCK_SIZE));
    const state = cipher.update(xored(scope.subarray(BLOCK_SIZE), half));
    let firsts = '';
    let seconds = '';
    for (const position of positions) {
      firsts += position.slice(0, BLOCK_SIZE);
      seconds += position.slice(BLOCK_SIZE);
    }
    const chained = cipher.update(xored(Buffer.from(firsts, 'latin1'), state));
    return cipher.update(xored(Buffer.from(seconds, 'latin1'), chained));
  }
}

/** Changes `blocks`; `mask` is as long, or one block for all of them. */
function xored(blocks: Buffer, mask: Buffer): Buffer {
  const { length } = mask;
  for (let i = 0; i < blocks.length; i++) blocks[i]! ^= mask[i % length]!; // within both
  return blocks;
}

function digestAt(bytes: string, offset: number): Digest {
  return bytesToDigest(bytes.slice(offset, offset + DIGEST_SIZE) as Bytes); // latin1 is one character a byte
}

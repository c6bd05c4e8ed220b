/**
 * Cursors: opaque to callers, good for the one list that they were made for, and impossible to make without the world's key.
 *
 *     version u8 = 2 ‖ 0 ‖ idx u64be ‖ snapshotId 32 ‖ position 32 ‖ tag 16                   in base64url
 *     idx       events in the history when the page was read
 *     position  of the last element that was read
 *     tag       the first bytes of SHA-256(list key ‖ all before it)
 *     list key  HMAC-SHA-256 of the list's name, with a secret of the world's signing key
 *
 * What is tagged has one length and the tag is cut, so a plain hash behind a key is as good as an HMAC there, for half the
 * price: a page has a hundred of them. They survive a restart; a new signing key ends them.
 */
import { bytesToDigest, DIGEST_SIZE, keyToNumber, numberToKey, type Bytes, type Digest } from '@jitos/kernel';
import { createHmac, timingSafeEqual } from 'node:crypto';
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

const secrets = new WeakMap<NoteSigner, Buffer>();

function secretOf(signer: NoteSigner): Buffer {
  const secret = secrets.get(signer) ?? signer.secretFor('cursors');
  secrets.set(signer, secret);
  return secret;
}

/** The cursors of one list. */
export class SignedCursors {
  readonly #signer: NoteSigner;
  readonly #list: readonly unknown[];
  /** Made for the first cursor: many pages are read that nobody asks one of. */
  #listKey: string | undefined;

  /** `list` names it apart from every other list of the world, as JSON. */
  constructor(signer: NoteSigner, list: readonly unknown[]) {
    this.#signer = signer;
    this.#list = list;
  }

  /** One for each position. */
  encode({ idx, snapshotId }: Bound, positions: readonly Digest[]): readonly string[] {
    const head = HEAD + numberToKey(idx) + snapshotId;
    let bytes = '';
    for (const position of positions) bytes += head + position + this.#tagOf(head + position);
    const text = Buffer.from(bytes, 'latin1').toString('base64url');
    return positions.map((_, i) => text.slice(i * TEXT_SIZE, (i + 1) * TEXT_SIZE));
  }

  /** Undefined for whatever was not made for this list. */
  decode(text: string): Cursor | undefined {
    if (text.length !== TEXT_SIZE) return undefined;
    const decoded = Buffer.from(text, 'base64url');
    if (decoded.length !== SIZE || decoded.toString('base64url') !== text) return undefined;
    const bytes = decoded.toString('latin1');
    const tag = Buffer.from(this.#tagOf(bytes.slice(0, TAG_OFFSET)), 'latin1');
    if (!timingSafeEqual(tag, decoded.subarray(TAG_OFFSET))) return undefined;
    return {
      idx: keyToNumber(bytes.slice(HEAD.length, SNAPSHOT_OFFSET)),
      snapshotId: digestAt(bytes, SNAPSHOT_OFFSET),
      position: digestAt(bytes, POSITION_OFFSET),
    };
  }

  /** A cursor of another form, with a tag behind it. */
  seal(text: string): string {
    return `${text}.${Buffer.from(this.#tagOf(text), 'latin1').toString('base64url')}`;
  }

  /** What was sealed for this list; undefined for anything else. */
  open(sealed: string): string | undefined {
    const end = sealed.lastIndexOf('.');
    const text = sealed.slice(0, Math.max(0, end));
    const expected = Buffer.from(this.seal(text));
    const given = Buffer.from(sealed);
    return expected.length === given.length && timingSafeEqual(expected, given) ? text : undefined;
  }

  #tagOf(bytes: string): string {
    this.#listKey ??= createHmac('sha256', secretOf(this.#signer)).update(JSON.stringify(this.#list)).digest('binary');
    return sha256((this.#listKey + bytes) as Bytes).slice(0, TAG_SIZE); // latin1 is one character a byte
  }
}

function digestAt(bytes: string, offset: number): Digest {
  return bytesToDigest(bytes.slice(offset, offset + DIGEST_SIZE) as Bytes); // latin1 is one character a byte
}

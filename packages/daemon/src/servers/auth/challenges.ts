/**
 * Challenges: what a key signs to show that someone has it.
 *
 *     challenge   base64url of  expires u48be ‖ nonce 16 ‖ HMAC-SHA-256(secret, expires ‖ nonce ‖ public key) 32
 *
 * - C1 One is good for one key, for `CHALLENGE_SECONDS`, and once.
 * - C2 To give one out costs no memory, so that nobody can crowd out others who ask; what was used is remembered, a bounded number,
 *      until it would have expired.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Bytes } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';

export const CHALLENGE_SECONDS = 60;
export const CHALLENGES_USED_MAX = 65_536;
const EXPIRY_SIZE_BYTES = 6;
const NONCE_SIZE_BYTES = 16;
const MAC_SIZE_BYTES = 32;
const HEAD_SIZE_BYTES = EXPIRY_SIZE_BYTES + NONCE_SIZE_BYTES;
const CHALLENGE = /^[\w-]{72}$/;

export class Challenges {
  readonly #nowMs: () => number;
  readonly #secret = randomBytes(32);
  /** When each that was used would have expired; in the order in which they were used. */
  readonly #expiryByUsed = new Map<string, number>();

  /** `nowMs` never goes back. */
  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  make(publicKey: Bytes): string {
    const head = Buffer.alloc(HEAD_SIZE_BYTES);
    head.writeUIntBE(Math.ceil(this.#nowMs()) + CHALLENGE_SECONDS * 1000, 0, EXPIRY_SIZE_BYTES);
    randomBytes(NONCE_SIZE_BYTES).copy(head, EXPIRY_SIZE_BYTES);
    return Buffer.concat([head, this.#mac(head, publicKey)]).toString('base64url');
  }

  /** Throws `CHALLENGE_INVALID` for one that was not made for this key, has expired, or was used. */
  mustBeGood(challenge: string, publicKey: Bytes): void {
    const bytes = Buffer.from(CHALLENGE.test(challenge) ? challenge : '', 'base64url');
    if (bytes.length !== HEAD_SIZE_BYTES + MAC_SIZE_BYTES) throw invalid('it is none of this daemon');
    const head = bytes.subarray(0, HEAD_SIZE_BYTES);
    if (!timingSafeEqual(bytes.subarray(HEAD_SIZE_BYTES), this.#mac(head, publicKey))) {
      throw invalid('it is none that this daemon has made for this key');
    }
    if (expiryOf(bytes) < this.#nowMs()) throw invalid('it has expired');
    if (this.#expiryByUsed.has(keyOf(bytes))) throw invalid('it was used');
  }

  /** Takes one that is good, once. Throws what `mustBeGood` throws, and `OVERLOADED`. */
  take(challenge: string, publicKey: Bytes): void {
    this.mustBeGood(challenge, publicKey);
    this.#forgetExpired();
    if (this.#expiryByUsed.size >= CHALLENGES_USED_MAX) {
      throw new Failure(
        'OVERLOADED',
        '',
        `${CHALLENGES_USED_MAX} sessions were opened in ${CHALLENGE_SECONDS} seconds`,
      );
    }
    const bytes = Buffer.from(challenge, 'base64url');
    this.#expiryByUsed.set(keyOf(bytes), expiryOf(bytes));
  }

  #mac(head: Buffer, publicKey: Bytes): Buffer {
    return createHmac('sha256', this.#secret).update(head).update(publicKey, 'latin1').digest();
  }

  /** One that was used late may stand before one that expires sooner, and be forgotten a little later than need be. */
  #forgetExpired(): void {
    const nowMs = this.#nowMs();
    for (const [used, expiryMs] of this.#expiryByUsed) {
      if (expiryMs >= nowMs) return;
      this.#expiryByUsed.delete(used);
    }
  }
}

function expiryOf(bytes: Buffer): number {
  return bytes.readUIntBE(0, EXPIRY_SIZE_BYTES);
}

/** The nonce tells them apart, however the text of a challenge was spelt. */
function keyOf(bytes: Buffer): string {
  return bytes.toString('latin1', EXPIRY_SIZE_BYTES, HEAD_SIZE_BYTES);
}

function invalid(detail: string): Failure {
  return new Failure('CHALLENGE_INVALID', 'challenge', detail);
}

/**
 * Digests, ids and the one table of hash tags.
 *
 * Every hash but RFC 6962's is `SHA-256(tag ‖ 0x00 ‖ bytes)`. A tag is printable ASCII, so no tagged hash ever meets
 * RFC 6962's prefixes 0x00 and 0x01.
 */
import { assert } from '../assert.ts';
import { bytesToHex, hexToBytes, type Bytes } from './byte-string.ts';

declare const digestBrand: unique symbol;

/** A SHA-256: 32 characters, one byte each. */
export type Digest = Bytes & { readonly [digestBrand]: true };

/**
 * SHA-256 of bytes in either form, which it neither keeps nor changes. Synchronous, and an argument everywhere: the
 * kernel imports no hash. Byte strings are taken as they are, because copying one out in JavaScript costs more than
 * hashing it (docs/decisions/0003-hash-port.md).
 */
export type Sha256 = (bytes: Uint8Array | Bytes) => Digest;

export const DIGEST_SIZE = 32;

/** Stands where a digest is wanted and none exists: 32 zero bytes. */
export const ZERO_DIGEST = '\0'.repeat(DIGEST_SIZE) as Digest; // 32 characters below U+0100

/** Every tag of the house. */
export const TAGS = [
  'command',
  'conflicts',
  'counters',
  'denials',
  'edge',
  'edge/value',
  'event/body',
  'expectation',
  'grant',
  'grant/link',
  'grant/value',
  'graph',
  'installation',
  'kind',
  'node/content',
  'node/key',
  'node/value',
  'offender',
  'principal',
  'range',
  'request',
  'request/value',
  'rulepack',
  'slot',
  'snapshot',
  'snapshot/batch',
  'snapshot/collapse',
  'snapshot/rebase',
  'tb',
  'tn',
  'workspace',
  'world',
] as const;

export type Tag = (typeof TAGS)[number];

/** What `H(tag)` of these bytes hashes. */
export function taggedBytes(tag: Tag, bytes: string): Bytes {
  return (tag + '\0' + bytes) as Bytes; // tags are ASCII, and the caller's pieces are bytes
}

/** `H(tag)` of bytes that are given in pieces: joining strings is cheaper than copying into a buffer of our own. */
export function taggedHash(tag: Tag, bytes: string, sha256: Sha256): Digest {
  return sha256(taggedBytes(tag, bytes));
}

/** Lowercase hex, 64 characters: the only form a digest has outside the kernel. */
export function digestToHex(digest: Digest): string {
  return bytesToHex(digest);
}

/** Reads 64 characters of lowercase hex; undefined if it is anything else. */
export function hexToDigest(hex: string): Digest | undefined {
  return hex.length === DIGEST_SIZE * 2 ? (hexToBytes(hex) as Digest | undefined) : undefined; // the length makes it one
}

/** Brands 32 bytes as a digest; any other length is a bug. */
export function bytesToDigest(bytes: Bytes): Digest {
  assert(bytes.length === DIGEST_SIZE, `a digest has 32 bytes, not ${bytes.length}`);
  return bytes as Digest; // the length makes it one
}

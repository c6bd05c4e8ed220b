/** Base64 (RFC 4648 §4) with padding, strict: each byte string has one spelling, and no other is read. */
import type { Bytes } from './byte-string.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** The six bits of each character, by its code unit. */
const BITS_BY_UNIT = Uint8Array.from({ length: 128 }, (_, unit) => {
  return Math.max(0, ALPHABET.indexOf(String.fromCharCode(unit)));
});
const FORM = /^[A-Za-z0-9+/]*={0,2}$/;
const PAD = '=';
/** Bytes that are joined at a time; a multiple of three. */
const CHUNK_SIZE = 3072;

/** The bytes that the text spells; undefined if it is not their one spelling. */
export function bytesFromBase64(text: string): Bytes | undefined {
  if (text.length % 4 !== 0 || !FORM.test(text)) return undefined;
  const padding = text.endsWith('==') ? 2 : text.endsWith(PAD) ? 1 : 0;
  const size = (text.length / 4) * 3 - padding;
  let bytes = '';
  let units: number[] = [];
  for (let at = 0; at < text.length; at += 4) {
    const quad =
      (bitsAt(text, at) << 18) | (bitsAt(text, at + 1) << 12) | (bitsAt(text, at + 2) << 6) | bitsAt(text, at + 3);
    units.push(quad >> 16, (quad >> 8) & 255, quad & 255);
    if (units.length < CHUNK_SIZE) continue;
    bytes += String.fromCharCode.apply(null, units);
    units = [];
  }
  bytes += String.fromCharCode.apply(null, units);
  // What padding stands for is nothing, so the bits there are zero.
  for (let at = size; at < bytes.length; at++) if (bytes.charCodeAt(at) !== 0) return undefined;
  return bytes.slice(0, size) as Bytes; // three bytes a quad, without those that are not there
}

/** Of the pad as of a character of no bits. */
function bitsAt(text: string, at: number): number {
  return BITS_BY_UNIT[text.charCodeAt(at)]!; // the form holds ASCII only
}

/** The one spelling of the bytes. */
export function bytesToBase64(bytes: Bytes): string {
  let text = '';
  let chunk = '';
  for (let at = 0; at < bytes.length; at += 3) {
    const left = bytes.length - at;
    const high = bytes.charCodeAt(at) << 16;
    const triple = high | (left > 1 ? bytes.charCodeAt(at + 1) << 8 : 0) | (left > 2 ? bytes.charCodeAt(at + 2) : 0);
    chunk += ALPHABET.charAt(triple >> 18) + ALPHABET.charAt((triple >> 12) & 63);
    chunk += left > 1 ? ALPHABET.charAt((triple >> 6) & 63) : PAD;
    chunk += left > 2 ? ALPHABET.charAt(triple & 63) : PAD;
    if (chunk.length < CHUNK_SIZE) continue;
    text += chunk;
    chunk = '';
  }
  return text + chunk;
}

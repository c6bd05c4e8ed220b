/**
 * UTF-8 (RFC 3629), strict both ways: the kernel has no `TextEncoder`, which is not ECMAScript.
 *
 * Overlong forms, surrogates and code points past U+10FFFF are refused when reading; a lone surrogate when writing.
 * Text is not normalised.
 */

import { copyBytes, type Bytes } from './byte-string.ts';

/** Number of bytes of `text` in UTF-8, or -1 if it holds a lone surrogate. */
export function utf8Size(text: string): number {
  let size = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) size += 1;
    else if (unit < 0x800) size += 2;
    else if (unit < 0xd800 || unit > 0xdfff) size += 3;
    else {
      const next = i + 1 < text.length ? text.charCodeAt(i + 1) : 0;
      if (unit > 0xdbff || next < 0xdc00 || next > 0xdfff) return -1;
      size += 4;
      i++;
    }
  }
  return size;
}

const NOT_ASCII = /[^\u0000-\u007f]/;

/** The bytes of `text`, or undefined if it holds a lone surrogate. ASCII, the usual case, is its own UTF-8. */
export function utf8Bytes(text: string): Bytes | undefined {
  const start = text.search(NOT_ASCII);
  if (start < 0) return text as Bytes; // ASCII is below U+0100
  if (utf8Size(text) < 0) return undefined;
  const bytes = new TextPieces(text.slice(0, start));
  for (let i = start; i < text.length; i++) {
    const point = text.codePointAt(i)!; // i is within the text
    if (point > 0xffff) i++;
    pushBytes(bytes, point);
  }
  return bytes.end() as Bytes; // pushBytes pushes bytes
}

function pushBytes(bytes: TextPieces, point: number): void {
  const last = 0x80 | (point & 0x3f);
  if (point < 0x80) return bytes.push(point);
  if (point < 0x800) {
    bytes.push(0xc0 | (point >> 6));
    return bytes.push(last);
  }
  const middle = 0x80 | ((point >> 6) & 0x3f);
  if (point < 0x10000) {
    bytes.push(0xe0 | (point >> 12));
  } else {
    bytes.push(0xf0 | (point >> 18));
    bytes.push(0x80 | ((point >> 12) & 0x3f));
  }
  bytes.push(middle);
  bytes.push(last);
}

/** Reads the UTF-8 in `source[start, end)`; a number is the offset of the first byte that is wrong. */
export function readUtf8(source: Bytes, start: number, end: number): string | number {
  let at = start;
  while (at < end && source.charCodeAt(at) < 0x80) at++;
  const ascii = copyBytes(source, start, at - start);
  return at === end ? ascii : readFrom(source, at, end, ascii);
}

/** Reads on after the ASCII that the text begins with. */
function readFrom(source: Bytes, start: number, end: number, ascii: string): string | number {
  const text = new TextPieces(ascii);
  let at = start;
  while (at < end) {
    const lead = source.charCodeAt(at);
    if (lead < 0x80) {
      text.push(lead);
      at++;
      continue;
    }
    const extra = lead >= 0xf0 ? 3 : lead >= 0xe0 ? 2 : 1;
    if (lead < 0xc2 || lead > 0xf4 || at + extra >= end) return at;
    let point = lead & (0x3f >> extra);
    for (let k = 1; k <= extra; k++) {
      const byte = source.charCodeAt(at + k);
      if ((byte & 0xc0) !== 0x80) return at;
      point = (point << 6) | (byte & 0x3f);
    }
    const overlong = (extra === 2 && point < 0x800) || (extra === 3 && point < 0x10000);
    if (overlong || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return at;
    if (point > 0xffff) text.push(0xd800 + ((point - 0x10000) >> 10));
    text.push(point > 0xffff ? 0xdc00 + (point & 0x3ff) : point);
    at += extra + 1;
  }
  return text.end();
}

const PIECE_LENGTH = 4096;

/** A text from its code units, joined in pieces: joined one by one they would take forty bytes each until it is read. */
class TextPieces {
  #text: string;
  readonly #units: number[] = [];

  constructor(text: string = '') {
    this.#text = text;
  }

  push(unit: number): void {
    if (this.#units.push(unit) === PIECE_LENGTH) this.#join();
  }

  end(): string {
    this.#join();
    return this.#text;
  }

  #join(): void {
    this.#text += String.fromCharCode(...this.#units);
    this.#units.length = 0;
  }
}

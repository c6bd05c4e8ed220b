/** Bytes on their way: arrays here, base64 on the wire, byte strings in the kernel. */
import { bytesFrom, bytesFromBase64, bytesToArray, bytesToBase64, type Bytes } from '@jitos/kernel/verify';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Likewise. */
export function toBase64(text: string | Uint8Array): string {
  return bytesToBase64(toBytes(text));
}

/** Throws for what is no base64, which no daemon sends. */
export function base64ToArray(base64: string): Uint8Array<ArrayBuffer> {
  const bytes = bytesFromBase64(base64);
  if (bytes === undefined) throw new TypeError('not standard base64 with padding');
  return Uint8Array.from(bytesToArray(bytes));
}

/** What names a node or tells edges apart: text where its bytes are UTF-8, else the bytes. */
export type Key = string | Uint8Array;

/** Throws a `TypeError` for text with a lone surrogate: it has no bytes. */
export function toBytes(text: string | Uint8Array): Bytes {
  if (typeof text !== 'string') return bytesFrom(text);
  if (!text.isWellFormed()) throw new TypeError('text with a lone surrogate');
  return bytesFrom(encoder.encode(text));
}

export function keyFromBase64(base64: string): Key {
  const array = base64ToArray(base64);
  try {
    return decoder.decode(array);
  } catch {
    return array;
  }
}

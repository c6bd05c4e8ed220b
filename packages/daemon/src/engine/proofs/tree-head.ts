/** Tree heads: C2SP checkpoints (c2sp.org/tlog-checkpoint), notes of whose history has how many events and which head. */
import type { Digest } from '@jitos/kernel';
import { exactBase64, openNote, type NoteSigner, type NoteVerifier } from './signed-note.ts';

export interface TreeHead {
  /** Whose history, as its key's name says. */
  readonly origin: string;
  /** Events in it. */
  readonly size: number;
  readonly head: Digest;
}

/** The note of a head; signing takes some 50 µs. */
export function signTreeHead(size: number, head: Digest, signer: NoteSigner): string {
  return signer.sign(`${signer.name}\n${size}\n${Buffer.from(head, 'latin1').toString('base64')}\n`);
}

/** Reads a note; undefined unless the verifier's key signed it and it is a head of that name's history. */
export function openTreeHead(note: string, verifier: NoteVerifier): TreeHead | undefined {
  const text = openNote(note, verifier);
  const [, origin, digits = '', encoded = ''] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n$/.exec(text ?? '') ?? [];
  const head = exactBase64(encoded);
  const size = Number(digits);
  if (origin !== verifier.name || head?.length !== 32 || !Number.isSafeInteger(size)) return undefined;
  return { origin, size, head: head.toString('latin1') as Digest }; // 32 bytes, one a character
}

/** Tree heads: C2SP checkpoints (c2sp.org/tlog-checkpoint), notes of whose history has how many events and which head. */
import { bytesFromBase64, bytesToBase64 } from '../bytes/base64.ts';
import { bytesToDigest, DIGEST_SIZE, type Digest } from '../bytes/digest.ts';
import { openNote, type NoteVerifier } from './signed-note.ts';

export interface TreeHead {
  /** Whose history, as its key's name says. */
  readonly origin: string;
  /** Events in it. */
  readonly size: number;
  readonly head: Digest;
}

/** What is signed. */
export function treeHeadText({ origin, size, head }: TreeHead): string {
  return `${origin}\n${size}\n${bytesToBase64(head)}\n`;
}

/** Reads a note; undefined unless the verifier's key signed it and it is a head of that name's history. */
export function openTreeHead(note: string, verifier: NoteVerifier): TreeHead | undefined {
  const text = openNote(note, verifier);
  const [, origin, digits = '', encoded = ''] = /^([^\n]+)\n(0|[1-9]\d{0,15})\n([^\n]+)\n$/.exec(text ?? '') ?? [];
  const head = bytesFromBase64(encoded);
  const size = Number(digits);
  if (origin !== verifier.name || head?.length !== DIGEST_SIZE || !Number.isSafeInteger(size)) return undefined;
  return { origin, size, head: bytesToDigest(head) };
}

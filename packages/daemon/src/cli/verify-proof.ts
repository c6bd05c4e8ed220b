/** What `verify-proof` does. */
import { digestToHex } from '@jitos/kernel';
import { closeSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { PROOF_SIZE_BYTES_MAX, ProofRefused, verifyProofText, type Proved } from '../engine/proofs/proof-file.ts';
import { parsePublicKey, type NoteVerifier } from '../engine/proofs/signed-note.ts';
import type { TreeHead } from '../engine/proofs/tree-head.ts';
import { Failure } from '../errors/failure.ts';
import type { Answer, Context } from './command.ts';

export function verifyProof(
  { workingDir }: Pick<Context, 'workingDir'>,
  { file, key }: { readonly file: string; readonly key: string },
): Answer {
  const verifier = readKey(workingDir, key);
  const text = readSmall(resolve(workingDir, file), '<file>');
  try {
    const proved = verifyProofText(text, verifier);
    return { json: { ok: true, ...provedJson(proved) }, text: () => provedText(proved), status: 0 };
  } catch (error) {
    if (!(error instanceof ProofRefused)) throw error;
    return { json: { ok: false, why: error.message }, text: () => `proves nothing: ${error.message}\n`, status: 1 };
  }
}

function readKey(workingDir: string, key: string): NoteVerifier {
  const text = key.includes('+') ? key : readSmall(resolve(workingDir, key), '--key').trimEnd();
  const verifier = parsePublicKey(text);
  if (verifier === undefined) throw new Failure('USAGE', '--key', 'not a public key as world.pub holds one');
  return verifier;
}

/** Reads no more than a proof may have; what is cut off makes it none. */
function readSmall(path: string, typed: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(PROOF_SIZE_BYTES_MAX);
      return new TextDecoder('utf-8', { fatal: false, ignoreBOM: true }).decode(
        bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0)),
      );
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw new Failure('USAGE', typed, `the file can't be read: ${error instanceof Error ? error.message : ''}`);
  }
}

function provedJson(proved: Proved): object {
  return proved.kind === 'inclusion'
    ? { kind: proved.kind, idx: proved.idx, treeHead: headJson(proved.treeHead) }
    : { kind: proved.kind, oldTreeHead: headJson(proved.oldTreeHead), treeHead: headJson(proved.treeHead) };
}

function headJson({ origin, size, head }: TreeHead): object {
  return { origin, size, head: digestToHex(head) };
}

function provedText(proved: Proved): string {
  const { origin, size, head } = proved.treeHead;
  const subject =
    proved.kind === 'inclusion'
      ? `event ${proved.idx} is in`
      : `the first ${proved.oldTreeHead.size} events, head ${digestToHex(proved.oldTreeHead.head)}, begin`;
  return `${subject} the history of ${size} events with head ${digestToHex(head)}\nsigned by ${origin}\n`;
}

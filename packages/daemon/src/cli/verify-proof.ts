/** What `verify-proof` does. */
import { digestToHex } from '@jitos/kernel';
import {
  followHandovers,
  type NoteVerifier,
  PROOF_SIZE_BYTES_MAX,
  ProofRefused,
  type Proved,
  SignatureRefused,
  splitHandovers,
  type TreeHead,
  verifyProofText,
} from '@jitos/kernel/verify';
import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { resolve } from 'node:path';
import { parsePublicKey } from '../engine/proofs/signed-note.ts';
import { viewText } from '../engine/view-text.ts';
import { Failure } from '../errors/failure.ts';
import type { Answer, Context } from './command.ts';

const LATER_KEY_HINT =
  'was the key changed since? `key show --out <file>` of its world tells how; give that file with --handovers\n';

export function verifyProof(
  { workingDir }: Pick<Context, 'workingDir'>,
  { file, key, handovers }: { readonly file: string; readonly key: string; readonly handovers?: string | undefined },
): Answer {
  const verifier = readKey(workingDir, key);
  const changes = handovers === undefined ? '' : readSmall(resolve(workingDir, handovers), '--handovers');
  const proof = readSmall(resolve(workingDir, file), '<file>');
  try {
    const { last } = followHandovers(splitHandovers(changes), verifier);
    const proved = verifyProofText(proof, last);
    return { json: { ok: true, ...provedJson(proved) }, text: () => provedText(proved), status: 0 };
  } catch (error) {
    if (!(error instanceof ProofRefused)) throw error;
    const isLaterKey = handovers === undefined && error instanceof SignatureRefused;
    const text = `proves nothing: ${error.message}\n${isLaterKey ? LATER_KEY_HINT : ''}`;
    return { json: { ok: false, why: error.message }, text: () => text, status: 1 };
  }
}

function readKey(workingDir: string, key: string): NoteVerifier {
  const text = key.includes('+') ? key : readSmall(resolve(workingDir, key), '--key').trimEnd();
  const verifier = parsePublicKey(text);
  if (verifier === undefined) throw new Failure('USAGE', '--key', 'not a public key as world.pub holds one');
  return verifier;
}

/** Reads no more than a proof may have and one byte; what is cut off makes it none. Takes no more memory than the file has. */
function readSmall(path: string, typed: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(Math.min(fstatSync(file).size, PROOF_SIZE_BYTES_MAX + 1));
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
  const { kind } = proved;
  const treeHead = headJson(proved.treeHead);
  if (kind === 'inclusion') return { kind, idx: proved.idx, treeHead };
  if (kind === 'consistency') return { kind, oldTreeHead: headJson(proved.oldTreeHead), treeHead };
  const { id, view, idx, found } = proved;
  const element = found && { kind: found.elementKind, valueDigest: digestToHex(found.valueDigest) };
  return { kind, id: digestToHex(id), view: viewText(view), idx, isPresent: found !== null, element, treeHead };
}

function headJson({ origin, size, head }: TreeHead): object {
  return { origin, size, head: digestToHex(head) };
}

function provedText(proved: Proved): string {
  const { origin, size, head } = proved.treeHead;
  return `${subjectText(proved)} the history of ${size} events with head ${digestToHex(head)}\nsigned by ${origin}\n`;
}

function subjectText(proved: Proved): string {
  if (proved.kind === 'inclusion') return `event ${proved.idx} is in`;
  if (proved.kind === 'consistency') {
    const { size, head } = proved.oldTreeHead;
    return `the first ${size} events, head ${digestToHex(head)}, begin`;
  }
  const { kind, id, view, idx, found } = proved;
  const where = view === 'system' ? 'System' : `workspace ${view}`;
  const held =
    found === null
      ? `no ${kind} ${digestToHex(id)}`
      : `the ${kind} ${digestToHex(id)}, of kind ${found.elementKind} and with value digest ${digestToHex(found.valueDigest)}`;
  return `${where} held ${held}, after event ${idx} of`;
}

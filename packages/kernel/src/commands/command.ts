/**
 * Commands: what a caller wants, as plain data. Every ambient fact (identity, clock, entropy) arrives inside, or not at all.
 */
import { unreachable } from '../assert.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { utf8Size } from '../bytes/utf8.ts';
import type { EncodedValue } from '../bytes/value.ts';
import { opsProblem, type Op } from '../graph/op.ts';
import { writeMeta, writeOps } from '../history/event-codec.ts';
import type { ViewId } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';

interface CommandBase {
  /** Authenticated at the edge; 1–256 bytes in UTF-8. */
  readonly principal: string;
  /** Makes a retry answer instead of acting twice; 1–256 bytes in UTF-8. */
  readonly requestId: string | null;
  /** Free-form, at most 64 KiB. */
  readonly meta: EncodedValue | null;
}

export interface CreateWorkspace extends CommandBase {
  readonly type: 'createWorkspace';
}

export interface ApplyRewrite extends CommandBase {
  readonly type: 'applyRewrite';
  readonly view: ViewId;
  readonly ops: readonly Op[];
}

export interface CollapseWorkspace extends CommandBase {
  readonly type: 'collapseWorkspace';
  readonly workspace: number;
  /** Null takes the world's default. */
  readonly policyId: number | null;
}

export interface DiscardWorkspace extends CommandBase {
  readonly type: 'discardWorkspace';
  readonly workspace: number;
  readonly reason: string | null;
}

/** Records what the world hashes to, so that a checkpoint can be held to it. Costs what `worldDigest` does. */
export interface RecordCheckpoint extends CommandBase {
  readonly type: 'recordCheckpoint';
  /** Its event has no place for any. */
  readonly meta: null;
}

/** Records that another key signs the history's tree heads from this event on. */
export interface ChangeSigningKey extends CommandBase {
  readonly type: 'changeSigningKey';
  /** What the key is named after: 1–256 characters of visible ASCII, without `+`. */
  readonly origin: string;
  /** Of Ed25519: 32 bytes. */
  readonly publicKey: Bytes;
  /** Its event has no place for any. */
  readonly meta: null;
}

export type Command =
  CreateWorkspace | ApplyRewrite | CollapseWorkspace | DiscardWorkspace | RecordCheckpoint | ChangeSigningKey;

export const NAME_SIZE_MAX = 256;
export const META_SIZE_MAX = 65_536;
export const REASON_SIZE_MAX = 1024;
const PUBLIC_KEY_SIZE = 32;
const ORIGIN = /^[\u0021-\u002a\u002c-\u007e]{1,256}$/;

/** The first bound that a command breaks, whatever world it meets, or undefined. What passes can be encoded. */
export function commandProblem(command: Command): Refusal | undefined {
  return requestIdProblem(command.requestId) ?? metaProblem(command.meta) ?? argumentsProblem(command);
}

function requestIdProblem(requestId: string | null): Refusal | undefined {
  const size = requestId === null ? 1 : utf8Size(requestId);
  if (size >= 1 && size <= NAME_SIZE_MAX) return undefined;
  return refuse('REQUEST_ID_INVALID', 'meta.requestId', `a request id has 1–${NAME_SIZE_MAX} bytes of UTF-8`);
}

const ENCODED_NULL = '\u00f6';

function metaProblem(meta: EncodedValue | null): Refusal | undefined {
  if (meta === null) return undefined;
  // It would read back as absent.
  if (meta === ENCODED_NULL) return refuse('META_INVALID', 'meta', 'meta is absent or a value, not an encoded null');
  if (meta.length <= META_SIZE_MAX) return undefined;
  return refuse('META_INVALID', 'meta', `meta has at most ${META_SIZE_MAX} bytes, not ${meta.length}`);
}

function argumentsProblem(command: Command): Refusal | undefined {
  switch (command.type) {
    case 'createWorkspace':
    case 'recordCheckpoint':
      return undefined;
    case 'applyRewrite':
      return (command.view === 'system' ? undefined : numberProblem(command.view, 'view')) ?? opsProblem(command.ops);
    case 'collapseWorkspace':
      return numberProblem(command.workspace, 'workspace') ?? policyIdProblem(command.policyId);
    case 'discardWorkspace':
      return numberProblem(command.workspace, 'workspace') ?? reasonProblem(command.reason);
    case 'changeSigningKey':
      return signingKeyProblem(command);
  }
}

function signingKeyProblem({ origin, publicKey }: ChangeSigningKey): Refusal | undefined {
  if (!ORIGIN.test(origin)) {
    return refuse('SIGNING_KEY_INVALID', 'origin', 'an origin has 1–256 characters of visible ASCII, and no +');
  }
  if (publicKey.length === PUBLIC_KEY_SIZE) return undefined;
  return refuse('SIGNING_KEY_INVALID', 'publicKey', `a key has ${PUBLIC_KEY_SIZE} bytes, not ${publicKey.length}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function numberProblem(workspace: number, place: string): Refusal | undefined {
  if (isCount(workspace)) return undefined;
  return refuse('WORKSPACE_NOT_FOUND', place, `there is no workspace ${workspace}`);
}

function policyIdProblem(policyId: number | null): Refusal | undefined {
  if (policyId === null || isCount(policyId)) return undefined;
  return refuse('POLICY_UNKNOWN', 'policyId', `there is no policy ${policyId}`);
}

function reasonProblem(reason: string | null): Refusal | undefined {
  const size = reason === null ? 0 : utf8Size(reason);
  if (size >= 0 && size <= REASON_SIZE_MAX) return undefined;
  return refuse('META_INVALID', 'reason', `a reason has at most ${REASON_SIZE_MAX} bytes of UTF-8`);
}

const writer = new CanonicalWriter();

/** `H("command")` over everything a command asks for: two commands with one digest ask for the same. */
export function commandDigest(command: Command, sha256: Sha256): Digest {
  writer.reset();
  writer.array(4);
  writer.text(command.type);
  writer.text(command.principal);
  writeMeta(writer, command.meta);
  switch (command.type) {
    case 'createWorkspace':
    case 'recordCheckpoint':
      writer.array(0);
      break;
    case 'applyRewrite':
      writer.array(2);
      if (command.view === 'system') writer.null();
      else writer.integer(command.view);
      writeOps(writer, command.ops);
      break;
    case 'collapseWorkspace':
      writer.array(2);
      writer.integer(command.workspace);
      if (command.policyId === null) writer.null();
      else writer.integer(command.policyId);
      break;
    case 'discardWorkspace':
      writer.array(2);
      writer.integer(command.workspace);
      writer.textOrNull(command.reason);
      break;
    case 'changeSigningKey':
      writer.array(2);
      writer.text(command.origin);
      writer.bytes(command.publicKey);
      break;
    default:
      unreachable(command);
  }
  return taggedHash('command', writer.toBytes(), sha256);
}

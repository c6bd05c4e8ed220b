/**
 * Commands: what a caller wants, as plain data. Every ambient fact (identity, clock, entropy) arrives inside, or not at all.
 */
import { unreachable } from '../assert.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { DIGEST_SIZE, taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { utf8Size } from '../bytes/utf8.ts';
import type { EncodedValue } from '../bytes/value.ts';
import { TICKS_MAX } from '../clock/clock.ts';
import { choicesProblem, writeChoices, type Choice } from '../collapse/choice.ts';
import { footprintProblem, writeFootprint, type Footprint } from '../collapse/footprint.ts';
import { termsProblem, writeTerms, type GrantTerms } from '../grant/grant.ts';
import { PUBLIC_KEY_SIZE } from '../grant/principal.ts';
import { opsProblem, type Op } from '../graph/op.ts';
import { writeMigration } from '../graph/rules/installation-codec.ts';
import { STEP_ELEMENTS_MAX } from '../graph/rules/installation.ts';
import { migrationProblem, type Migration } from '../graph/rules/migration.ts';
import { EMPTY_PATCH, SETTING_NAMES, SETTINGS_MAX, type SettingsPatch } from '../view/settings.ts';
import { writeSettings } from '../view/settings-codec.ts';
import { writeOps } from '../history/event-codec.ts';
import { writeMeta } from '../history/meta-codec.ts';
import type { BatchOrder, ViewId } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';

interface CommandBase {
  /** Authenticated at the edge; 1–256 bytes in UTF-8. */
  readonly principal: string;
  /** Makes a retry answer instead of acting twice; 1–256 bytes in UTF-8. */
  readonly requestId: string | null;
  /** The last tick in which it may still be carried out; null: any. A retry is answered afterwards, too. */
  readonly validUntil: number | null;
  /** Free-form, at most 64 KiB. */
  readonly meta: EncodedValue | null;
}

export interface CreateWorkspace extends CommandBase {
  readonly type: 'createWorkspace';
  /** The workspace to fork; null: System. */
  readonly from: number | null;
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
  /** What the workspace has read: with a policy that checks it, and with no other. */
  readonly footprint: Footprint | null;
}

/** Collapses workspaces as one event: some that are declared to be disjoint, or a queue, one after the other. */
export interface CollapseBatchCommand extends CommandBase {
  readonly type: 'collapseBatch';
  /** 1–1,000 of one parent, no repeats. */
  readonly workspaces: readonly number[];
  /** `any` declares them to be disjoint; with `given` each meets what those before it have left. */
  readonly order: BatchOrder;
  /** Null takes the world's default; one that does not ask what was read. */
  readonly policyId: number | null;
}

export interface RebaseWorkspace extends CommandBase {
  readonly type: 'rebaseWorkspace';
  readonly workspace: number;
  /** Null takes the world's default. */
  readonly policyId: number | null;
  /** Sorted by id (`sortChoices`), no duplicates. */
  readonly choices: readonly Choice[];
  /** Run on what the merge gave; none is allowed. */
  readonly ops: readonly Op[];
  /** As in a collapse. */
  readonly footprint: Footprint | null;
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

/** Records that time has passed. The edge asks for it before the first command of a tick; nobody else may. */
export interface AdvanceClock extends CommandBase {
  readonly type: 'advanceClock';
  /** Since the last one: 1–2⁴⁰. */
  readonly ticks: number;
  /** What a clock on the wall shows, in milliseconds since 1970: a whole number. */
  readonly wallMs: number;
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

/** Changes what is not null. */
export interface ChangeSettings extends CommandBase {
  readonly type: 'changeSettings';
  readonly patch: SettingsPatch;
}

/** Proposes a rule pack for System, and what is to be done to the nodes for it. */
export interface ProposeRules extends CommandBase {
  readonly type: 'proposeRules';
  /** The document of the pack. */
  readonly rules: EncodedValue;
  readonly migration: Migration;
}

/** Holds the next elements of System to the pack that is proposed or, when none is left, puts it in force or refuses it. */
export interface CheckRules extends CommandBase {
  readonly type: 'checkRules';
  /** Elements to look at: 1–10,000. */
  readonly elementCountMax: number;
  /** Its event has no place for any. */
  readonly meta: null;
}

/** Takes a proposal back: the pack is not checked any further. */
export interface WithdrawRules extends CommandBase {
  readonly type: 'withdrawRules';
  /** idx of its `RULES_PROPOSED`: another pack may be checked meanwhile. */
  readonly proposedIdx: number;
}

/** Discards a workspace that nobody has used for as long as the settings allow. */
export interface ExpireWorkspace extends CommandBase {
  readonly type: 'expireWorkspace';
  readonly workspace: number;
}

/** Takes up a grant. Whoever submits a link has checked its signature. */
export interface AddGrant extends CommandBase {
  readonly type: 'addGrant';
  readonly terms: GrantTerms;
  /** Of the parent's holder over `linkBytes`, 64 bytes; null exactly where there is no parent. */
  readonly signature: Bytes | null;
}

export interface RevokeGrant extends CommandBase {
  readonly type: 'revokeGrant';
  readonly grantId: Digest;
}

export type Command =
  | AddGrant
  | ExpireWorkspace
  | RevokeGrant
  | RebaseWorkspace
  | ChangeSettings
  | CreateWorkspace
  | ApplyRewrite
  | CollapseWorkspace
  | CollapseBatchCommand
  | DiscardWorkspace
  | RecordCheckpoint
  | AdvanceClock
  | ChangeSigningKey
  | ProposeRules
  | CheckRules
  | WithdrawRules;

/** Workspaces that one command collapses. */
export const BATCH_COUNT_MAX = 1000;
export const NAME_SIZE_MAX = 256;
export const META_SIZE_MAX = 65_536;
export const REASON_SIZE_MAX = 1024;
/** Of Ed25519. */
const SIGNATURE_SIZE = 64;
const ORIGIN = /^[\u0021-\u002a\u002c-\u007e]{1,256}$/;

/** A batch's workspaces in the order in which they are looked at, and told. */
export function batchNumbers({ workspaces, order }: CollapseBatchCommand): readonly number[] {
  return order === 'given' ? workspaces : workspaces.toSorted((a, b) => a - b);
}

/** The first bound that a command breaks, whatever world it meets, or undefined. What passes can be encoded. */
export function commandProblem(command: Command): Refusal | undefined {
  return (
    requestIdProblem(command.requestId) ??
    validUntilProblem(command.validUntil) ??
    metaProblem(command.meta) ??
    argumentsProblem(command)
  );
}

function requestIdProblem(requestId: string | null): Refusal | undefined {
  const size = requestId === null ? 1 : utf8Size(requestId);
  if (size >= 1 && size <= NAME_SIZE_MAX) return undefined;
  return refuse('REQUEST_ID_INVALID', 'meta.requestId', `a request id has 1–${NAME_SIZE_MAX} bytes of UTF-8`);
}

function validUntilProblem(validUntil: number | null): Refusal | undefined {
  if (validUntil === null || isCount(validUntil)) return undefined;
  return refuse('VALID_UNTIL_INVALID', 'meta.validUntil', `a tick is a whole number, not ${validUntil}`);
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
    case 'recordCheckpoint':
      return undefined;
    case 'advanceClock':
      return clockProblem(command);
    case 'createWorkspace':
      return command.from === null ? undefined : numberProblem(command.from, 'from');
    case 'changeSettings':
      return settingsProblem(command.patch);
    case 'applyRewrite':
      return (command.view === 'system' ? undefined : numberProblem(command.view, 'view')) ?? opsProblem(command.ops);
    case 'collapseWorkspace':
      return (
        numberProblem(command.workspace, 'workspace') ??
        policyIdProblem(command.policyId) ??
        brokenFootprint(command.footprint)
      );
    case 'collapseBatch':
      return batchProblem(command.workspaces) ?? policyIdProblem(command.policyId);
    case 'rebaseWorkspace':
      return (
        numberProblem(command.workspace, 'workspace') ??
        policyIdProblem(command.policyId) ??
        choicesProblem(command.choices) ??
        (command.ops.length === 0 ? undefined : opsProblem(command.ops)) ??
        brokenFootprint(command.footprint)
      );
    case 'discardWorkspace':
      return numberProblem(command.workspace, 'workspace') ?? reasonProblem(command.reason);
    case 'changeSigningKey':
      return signingKeyProblem(command);
    case 'proposeRules':
      return migrationProblem(command.migration);
    case 'checkRules':
      return stepProblem(command.elementCountMax);
    case 'withdrawRules':
      return proposalProblem(command.proposedIdx);
    case 'expireWorkspace':
      return numberProblem(command.workspace, 'workspace');
    case 'addGrant':
      return termsProblem(command.terms) ?? signatureProblem(command);
    case 'revokeGrant':
      if (command.grantId.length === DIGEST_SIZE) return undefined;
      return refuse('ID_INVALID', 'grantId', 'an id has 32 bytes');
  }
}

function signatureProblem({ terms, signature }: AddGrant): Refusal | undefined {
  const size = terms.parent === null ? null : SIGNATURE_SIZE;
  if ((signature === null ? null : signature.length) === size) return undefined;
  const detail = size === null ? 'what has no parent is not signed' : `a link is signed with ${size} bytes`;
  return refuse('GRANT_INVALID', 'signature', detail);
}

function signingKeyProblem({ origin, publicKey }: ChangeSigningKey): Refusal | undefined {
  if (!ORIGIN.test(origin)) {
    return refuse('SIGNING_KEY_INVALID', 'origin', 'an origin has 1–256 characters of visible ASCII, and no +');
  }
  if (publicKey.length === PUBLIC_KEY_SIZE) return undefined;
  return refuse('SIGNING_KEY_INVALID', 'publicKey', `a key has ${PUBLIC_KEY_SIZE} bytes, not ${publicKey.length}`);
}

function clockProblem({ ticks, wallMs }: AdvanceClock): Refusal | undefined {
  if (!isCount(ticks) || ticks < 1 || ticks > TICKS_MAX) {
    return refuse('CLOCK_INVALID', 'ticks', `1 to ${TICKS_MAX} ticks pass at once, not ${ticks}`);
  }
  if (isCount(wallMs)) return undefined;
  return refuse('CLOCK_INVALID', 'wallMs', `a clock shows whole milliseconds since 1970, not ${wallMs}`);
}

function settingsProblem(patch: SettingsPatch): Refusal | undefined {
  for (const name of SETTING_NAMES) {
    const value = patch[name];
    if (value === null || (isCount(value) && value >= 1 && value <= SETTINGS_MAX[name])) continue;
    return refuse('SETTING_INVALID', name, `${name} is a number from 1 to ${SETTINGS_MAX[name]}, not ${value}`);
  }
  return undefined;
}

function stepProblem(elementCountMax: number): Refusal | undefined {
  if (isCount(elementCountMax) && elementCountMax >= 1 && elementCountMax <= STEP_ELEMENTS_MAX) return undefined;
  return refuse('RULES_INVALID', 'elementCountMax', `a step looks at 1–${STEP_ELEMENTS_MAX} elements`);
}

function proposalProblem(proposedIdx: number): Refusal | undefined {
  if (isCount(proposedIdx)) return undefined;
  return refuse('RULES_NOT_CHECKING', 'proposedIdx', `there is no event ${proposedIdx}`);
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}

function numberProblem(workspace: number, place: string): Refusal | undefined {
  if (isCount(workspace)) return undefined;
  return refuse('WORKSPACE_NOT_FOUND', place, `there is no workspace ${workspace}`);
}

function batchProblem(workspaces: readonly number[]): Refusal | undefined {
  if (workspaces.length < 1 || workspaces.length > BATCH_COUNT_MAX) {
    const detail = `a batch has 1–${BATCH_COUNT_MAX} workspaces, not ${workspaces.length}`;
    return refuse('BATCH_INVALID', 'workspaces', detail);
  }
  const seen = new Set<number>();
  for (const [i, workspace] of workspaces.entries()) {
    const problem = numberProblem(workspace, `workspaces[${i}]`);
    if (problem !== undefined) return problem;
    if (seen.has(workspace)) {
      return refuse('BATCH_INVALID', `workspaces[${i}]`, `workspace ${workspace} is named twice`);
    }
    seen.add(workspace);
  }
  return undefined;
}

function policyIdProblem(policyId: number | null): Refusal | undefined {
  if (policyId === null || isCount(policyId)) return undefined;
  return refuse('POLICY_UNKNOWN', 'policyId', `there is no policy ${policyId}`);
}

function brokenFootprint(footprint: Footprint | null): Refusal | undefined {
  const problem = footprint === null ? undefined : footprintProblem(footprint);
  return problem === undefined ? undefined : refuse('FOOTPRINT_INVALID', 'footprint', problem);
}

function reasonProblem(reason: string | null): Refusal | undefined {
  const size = reason === null ? 0 : utf8Size(reason);
  if (size >= 0 && size <= REASON_SIZE_MAX) return undefined;
  return refuse('META_INVALID', 'reason', `a reason has at most ${REASON_SIZE_MAX} bytes of UTF-8`);
}

const writer = new CanonicalWriter();

/** `H("command")` over everything a command asks for, whenever it may be: two commands with one digest ask for the same. */
export function commandDigest(command: Command, sha256: Sha256): Digest {
  writer.reset();
  writer.array(4);
  writer.text(command.type);
  writer.text(command.principal);
  writeMeta(writer, command.meta);
  switch (command.type) {
    case 'recordCheckpoint':
      writer.array(0);
      break;
    case 'advanceClock':
      writer.array(2);
      writer.integer(command.ticks);
      writer.integer(command.wallMs);
      break;
    case 'createWorkspace':
      writer.array(1);
      writer.integerOrNull(command.from);
      break;
    case 'changeSettings':
      writeSettings(writer, command.patch, EMPTY_PATCH);
      break;
    case 'applyRewrite':
      writer.array(2);
      if (command.view === 'system') writer.null();
      else writer.integer(command.view);
      writeOps(writer, command.ops);
      break;
    case 'collapseWorkspace':
      writer.array(3);
      writer.integer(command.workspace);
      writer.integerOrNull(command.policyId);
      writeFootprint(writer, command.footprint);
      break;
    case 'collapseBatch':
      writer.array(3);
      writeNumbers(writer, batchNumbers(command));
      writer.text(command.order);
      writer.integerOrNull(command.policyId);
      break;
    case 'rebaseWorkspace':
      writer.array(5);
      writer.integer(command.workspace);
      writer.integerOrNull(command.policyId);
      writeChoices(writer, command.choices);
      writeOps(writer, command.ops);
      writeFootprint(writer, command.footprint);
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
    case 'proposeRules':
      writer.array(2);
      writer.bytes(command.rules);
      writeMigration(writer, command.migration);
      break;
    case 'checkRules':
      writer.array(1);
      writer.integer(command.elementCountMax);
      break;
    case 'withdrawRules':
      writer.array(1);
      writer.integer(command.proposedIdx);
      break;
    case 'expireWorkspace':
      writer.array(1);
      writer.integer(command.workspace);
      break;
    case 'addGrant':
      writer.array(2);
      writeTerms(writer, command.terms);
      writer.bytesOrNull(command.signature);
      break;
    case 'revokeGrant':
      writer.array(1);
      writer.bytes(command.grantId);
      break;
    default:
      unreachable(command);
  }
  return taggedHash('command', writer.toBytes(), sha256);
}

function writeNumbers(to: CanonicalWriter, numbers: readonly number[]): void {
  to.array(numbers.length);
  for (const number of numbers) to.integer(number);
}

/**
 * `decide`: what a command would write, and the world after it. Pure; the only place where outcomes are chosen.
 *
 * The world it returns is the one that `apply` reaches from the event (the law `fold` holds it to that); deciding and
 * applying share the work so that a rewrite runs once.
 */
import type { Digest, Sha256 } from './bytes/digest.ts';
import { commandDigest, commandProblem, type Command } from './commands/command.ts';
import { accessOf, applyAccessDenied, denialDraft, denialRefusal, payerOf, type Denied } from './commands/access.ts';
import { decideRecordCheckpoint } from './commands/checkpoint.ts';
import { decideAdvanceClock } from './commands/clock.ts';
import { decideCollapseWorkspace } from './commands/collapse.ts';
import { decideCollapseBatch } from './commands/collapse-batch.ts';
import { decideAddGrant, decideRevokeGrant } from './commands/grants.ts';
import type { Outcome } from './commands/outcome.ts';
import { decideRebaseWorkspace } from './commands/rebase.ts';
import { decideApplyRewrite } from './commands/rewrite.ts';
import { decideChangeSettings } from './commands/settings.ts';
import { decideCheckRules, decideProposeRules, decideWithdrawRules } from './commands/rules.ts';
import { decideChangeSigningKey } from './commands/signing-key.ts';
import { decideCreateWorkspace, decideDiscardWorkspace, decideExpireWorkspace } from './commands/workspace.ts';
import { recordEvent } from './apply.ts';
import { defaultRulePack } from './graph/rules/rule-pack.ts';
import { encodeEvent } from './history/event-codec.ts';
import {
  BODY_SIZE_MAX,
  ENGINE_VERSION,
  HEADER_SIZE_MAX,
  type Cause,
  type EncodedEvent,
  type Event,
} from './history/event.ts';
import { requestKey } from './history/request-window.ts';
import { refuse, type Refusal } from './refusal.ts';
import { trieGet } from './trie/trie.ts';
import { emptyWorld, WORLD_FORMAT, type World } from './world.ts';

/** The command was carried out; the event is the reply, once it is durable. */
export interface Decided {
  readonly ok: true;
  readonly repeated: false;
  readonly world: World;
  readonly encoded: EncodedEvent;
  /** What the caller is told, where the event says that the command was denied. */
  readonly denial?: Refusal;
}

/** The command was carried out before: its reply is the event at `idx`. */
export interface Repeated {
  readonly ok: true;
  readonly repeated: true;
  readonly idx: number;
}

export type Decision = Decided | Repeated | Refusal;

type Family<C extends Command> = (world: World, command: C, sha256: Sha256) => Outcome | Refusal;

const FAMILIES: { readonly [Type in Command['type']]: Family<Extract<Command, { type: Type }>> } = {
  createWorkspace: decideCreateWorkspace,
  applyRewrite: decideApplyRewrite,
  collapseWorkspace: decideCollapseWorkspace,
  collapseBatch: decideCollapseBatch,
  rebaseWorkspace: decideRebaseWorkspace,
  discardWorkspace: decideDiscardWorkspace,
  recordCheckpoint: decideRecordCheckpoint,
  advanceClock: decideAdvanceClock,
  changeSigningKey: decideChangeSigningKey,
  changeSettings: decideChangeSettings,
  proposeRules: decideProposeRules,
  checkRules: decideCheckRules,
  withdrawRules: decideWithdrawRules,
  expireWorkspace: decideExpireWorkspace,
  addGrant: decideAddGrant,
  revokeGrant: decideRevokeGrant,
};

/** Decides one command. Costs O(its ops · log n). */
export function decide(world: World, command: Command, sha256: Sha256): Decision {
  const problem = commandProblem(command);
  if (problem !== undefined) return problem;
  const digest = command.requestId === null ? null : commandDigest(command, sha256);
  if (command.requestId !== null) {
    const remembered = trieGet(world.requests.requests, requestKey(command.principal, command.requestId, sha256));
    if (remembered !== undefined) return repeat(remembered.commandDigest === digest, remembered.firstIdx);
  }
  const { validUntil } = command;
  if (validUntil !== null && world.clock.tick > validUntil) {
    const detail = `it was to be carried out until tick ${validUntil}, and it is tick ${world.clock.tick}`;
    return refuse('COMMAND_EXPIRED', 'meta.validUntil', detail);
  }
  const access = accessOf(world, command);
  if (!access.ok) return deny(world, command, digest, access, sha256);
  const family = FAMILIES[command.type] as Family<Command>; // the table pairs each type with its own family
  const outcome = family(world, command, sha256);
  if (!outcome.ok) return outcome;
  const payer = payerOf(access, command, world, outcome.state);
  if (!payer.ok) return deny(world, command, digest, payer, sha256);
  return record(world, command, { digest, grant: payer.grant }, outcome, sha256);
}

function deny(world: World, command: Command, digest: Digest | null, denied: Denied, sha256: Sha256): Decision {
  const refusal = denialRefusal(denied);
  const draft = denialDraft(world, command, denied);
  if (draft === undefined) return refusal;
  const outcome: Outcome = { ok: true, draft, state: applyAccessDenied(world, command.principal) };
  const decision = record(world, command, { digest, grant: null }, outcome, sha256);
  return decision.ok && !decision.repeated ? { ...decision, denial: refusal } : refusal;
}

function repeat(sameCommand: boolean, idx: number): Repeated | Refusal {
  if (sameCommand) return { ok: true, repeated: true, idx };
  return refuse('REQUEST_ID_REUSED', 'meta.requestId', 'the request id was used for another command: take a new one');
}

/** What of a cause the command does not say itself. */
interface Authorised {
  readonly digest: Digest | null;
  readonly grant: Digest | null;
}

function record(
  world: World,
  command: Command,
  { digest, grant }: Authorised,
  outcome: Outcome,
  sha256: Sha256,
): Decision {
  const { principal, requestId, validUntil } = command;
  const cause: Cause = { principal, requestId, commandDigest: digest, validUntil, grant };
  const event = { ...outcome.draft, idx: world.history.size, cause } as Event; // a draft and what it lacks
  const encoded = encodeEvent(event, sha256);
  if (encoded.body.length > BODY_SIZE_MAX) {
    return refuse(
      'BODY_TOO_LARGE',
      '',
      `the event would have ${encoded.body.length} bytes, and may have ${BODY_SIZE_MAX}`,
    );
  }
  if (encoded.header.length > HEADER_SIZE_MAX) {
    return refuse('HEADER_TOO_LARGE', '', `the event's header would have ${encoded.header.length} bytes`);
  }
  return { ok: true, repeated: false, world: recordEvent(outcome.state, encoded, sha256), encoded };
}

export interface WorldOptions {
  /** Milliseconds of one tick; fixed with the world. */
  readonly quantumMs: number;
}

/** The first event of a world, and the world after it. Without entropy: equal options give equal worlds. */
export function createWorld(options: WorldOptions, sha256: Sha256): Decided {
  const rules = defaultRulePack(sha256);
  const event: Event = {
    kind: 'WORLD_CREATED',
    idx: 0,
    view: null,
    pins: { engine: ENGINE_VERSION, policyId: null, rulePackId: rules.id },
    cause: { principal: 'world', requestId: null, commandDigest: null, validUntil: null, grant: null },
    format: WORLD_FORMAT,
    quantumMs: options.quantumMs,
  };
  const encoded = encodeEvent(event, sha256);
  const world = recordEvent(emptyWorld(rules, options.quantumMs, sha256), encoded, sha256);
  return { ok: true, repeated: false, world, encoded };
}

/**
 * `apply`: the only way a world changes, live and in replay alike. Total over every history that `decide` can write;
 * it decides nothing and keeps one function a (kind, version) for ever.
 */
import { assert } from './assert.ts';
import type { Sha256 } from './bytes/digest.ts';
import { applyAccessDenied, withPayment } from './commands/access.ts';
import { applyCheckpoint } from './commands/checkpoint.ts';
import { applyTick } from './commands/clock.ts';
import { applyCollapse } from './commands/collapse.ts';
import { applyCollapseBatch } from './commands/collapse-batch.ts';
import { applyGrantAdded, applyGrantRevoked } from './commands/grants.ts';
import { applyRebase } from './commands/rebase.ts';
import { applyRewriteApplied } from './commands/rewrite.ts';
import { applySettingsChanged } from './commands/settings.ts';
import {
  applyRulesActivated,
  applyRulesChecked,
  applyRulesProposed,
  applyRulesRefused,
  applyRulesWithdrawn,
} from './commands/rules.ts';
import { applySigningKeyChanged } from './commands/signing-key.ts';
import { applyDiscard, applySwsCreated } from './commands/workspace.ts';
import { keyOfPrincipal } from './grant/principal.ts';
import { defaultRulePack } from './graph/rules/rule-pack.ts';
import type { EncodedEvent, Event, WorldCreated } from './history/event.ts';
import { rememberRequest } from './history/request-window.ts';
import { appendLeaf } from './history/tree.ts';
import type { EditSession } from './trie/trie.ts';
import { emptyWorld, type World } from './world.ts';

type Apply<E extends Event> = (world: World, event: E, sha256: Sha256, session?: EditSession) => World;

const APPLIES: { readonly [Kind in Exclude<Event['kind'], 'WORLD_CREATED'>]: Apply<Extract<Event, { kind: Kind }>> } = {
  SWS_CREATED: (world, event) => applySwsCreated(world, event, keyOfPrincipal(event.cause.principal)),
  REWRITE_APPLIED: applyRewriteApplied,
  COLLAPSE: applyCollapse,
  COLLAPSE_BATCH: applyCollapseBatch,
  REBASE: applyRebase,
  DISCARD: applyDiscard,
  CHECKPOINT: applyCheckpoint,
  TICK: applyTick,
  SIGNING_KEY_CHANGED: applySigningKeyChanged,
  SETTINGS_CHANGED: applySettingsChanged,
  RULES_PROPOSED: applyRulesProposed,
  RULES_CHECKED: applyRulesChecked,
  RULES_ACTIVATED: applyRulesActivated,
  RULES_REFUSED: applyRulesRefused,
  RULES_WITHDRAWN: applyRulesWithdrawn,
  GRANT_ADDED: applyGrantAdded,
  GRANT_REVOKED: applyGrantRevoked,
  ACCESS_DENIED: (world, event) => applyAccessDenied(world, event.cause.principal),
};

/**
 * The world after one more event of its history; `world` is null for the first. An event out of turn is a bug. Nodes that
 * `session` owns may change in place (`Fold`).
 */
export function apply(world: World | null, encoded: EncodedEvent, sha256: Sha256, session?: EditSession): World {
  const { event } = encoded;
  assert(event.idx === (world === null ? 0 : world.history.size), `event ${event.idx} is not the next`);
  if (event.kind === 'WORLD_CREATED') return applyWorldCreated(event, encoded, sha256);
  assert(world !== null, 'a history begins with WORLD_CREATED');
  const applyEvent = APPLIES[event.kind] as Apply<Event>; // the table pairs each kind with its own function
  return recordEvent(applyEvent(world, event, sha256, session), encoded, sha256);
}

function applyWorldCreated(event: WorldCreated, encoded: EncodedEvent, sha256: Sha256): World {
  const rules = defaultRulePack(sha256);
  assert(event.pins.rulePackId === rules.id, 'a world begins with the default rule pack');
  return recordEvent(emptyWorld(rules, event.quantumMs, sha256), encoded, sha256);
}

/** What every event does to the world, whatever its kind: one more leaf, a grant that pays, and a request to remember. */
export function recordEvent(before: World, encoded: EncodedEvent, sha256: Sha256): World {
  const { idx, cause, kind } = encoded.event;
  const state = withPayment(before, encoded.event);
  const history = appendLeaf(state.history, encoded.leaf, sha256);
  const { principal, requestId, commandDigest } = cause;
  // What was denied was not carried out: with a grant it is, when it is asked for again.
  if (requestId === null || commandDigest === null || kind === 'ACCESS_DENIED') return { ...state, history };
  const requests = rememberRequest(state.requests, { principal, requestId, commandDigest, firstIdx: idx }, sha256);
  return { ...state, history, requests };
}

/**
 * Events: the entries of a world's history.
 *
 * An event carries every argument of its command and every outcome of the decision, so that `apply` decides nothing.
 * `rewriteIdx` counts only the kinds marked with one, gapless from 0 over all views together.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';
import type { EncodedValue } from '../bytes/value.ts';
import type { Conflict } from '../collapse/conflict.ts';
import type { Footprint } from '../collapse/footprint.ts';
import type { Choice } from '../collapse/choice.ts';
import type { ChangeCounts } from '../collapse/merge.ts';
import type { Resolution } from '../collapse/resolution.ts';
import type { GrantTerms, Verb } from '../grant/grant.ts';
import type { OutOfReach } from '../grant/reach.ts';
import type { Op } from '../graph/op.ts';
import type { RuleBreak } from '../graph/rules/check.ts';
import type { CheckedStep } from '../graph/rules/installation.ts';
import type { Migration } from '../graph/rules/migration.ts';
import type { SettingsPatch, WorldSettings } from '../view/settings.ts';

/** Raised only when a decision may differ from that of the engine before it. */
export const ENGINE_VERSION = 1;

/**
 * Version of an event's layout; `apply` keeps one function a (kind, version). An event is of the first version that can tell it: of
 * the second if a grant paid for it, or if it tells of settings that the first does not know.
 */
export type EventVersion = 1 | 2;

export const HEADER_SIZE_MAX = 4096;
export const BODY_SIZE_MAX = 8_388_608;
/** Conflicts told in a collapse's body; the digest covers all of them. */
export const CONFLICTS_TOLD_MAX = 1000;

/** A view: System, or a workspace by its number. */
export type ViewId = 'system' | number;

export interface Pins {
  readonly engine: number;
  /** The collapse policy that shaped the outcome; null where none did. */
  readonly policyId: number | null;
  readonly rulePackId: Digest;
}

export interface Cause {
  readonly principal: string;
  readonly requestId: string | null;
  /** `H("command")`; present exactly if `requestId` is. */
  readonly commandDigest: Digest | null;
  /** The last tick in which the command might have been decided; null: any. */
  readonly validUntil: number | null;
  /** The grant by which the principal might do it; null: the edge vouched for the principal. */
  readonly grant: Digest | null;
}

interface EventBase {
  readonly idx: number;
  readonly pins: Pins;
  readonly cause: Cause;
}

/** idx 0 of every world. */
export interface WorldCreated extends EventBase {
  readonly kind: 'WORLD_CREATED';
  readonly view: null;
  readonly format: number;
  /** Milliseconds of one tick. */
  readonly quantumMs: number;
}

export interface SwsCreated extends EventBase {
  readonly kind: 'SWS_CREATED';
  /** The number of the new workspace. */
  readonly view: number;
  /** Free-form, as the client gave it. */
  readonly meta: EncodedValue | null;
  readonly baseSnapshotId: Digest;
  /** The workspace that it was forked from; null: System. */
  readonly parent: number | null;
}

export interface RewriteApplied extends EventBase {
  readonly kind: 'REWRITE_APPLIED';
  readonly view: number;
  readonly ops: readonly Op[];
  readonly meta: EncodedValue | null;
  readonly rewriteIdx: number;
  readonly viewDigest: Digest;
  readonly snapshotId: Digest;
}

export type CollapseMode = 'forward' | 'merged';

export interface Collapse extends EventBase {
  readonly kind: 'COLLAPSE';
  /** The workspace. */
  readonly view: number;
  /** Null if it was aborted. */
  readonly mode: CollapseMode | null;
  readonly meta: EncodedValue | null;
  /** What the workspace has read, as the command told. */
  readonly footprint: Footprint | null;
  /** The first `CONFLICTS_TOLD_MAX`, sorted; none if it was committed. */
  readonly conflicts: readonly Conflict[];
  readonly conflictCount: number;
  /** `H("conflicts")` of all of them; null if there are none. */
  readonly conflictsDigest: Digest | null;
  /** Where the merged graph is not simply ours on theirs; none unless it was merged. */
  readonly resolutions: readonly Resolution[];
  readonly rewriteIdx: number;
  /** idx of the workspace's `SWS_CREATED`. */
  readonly createdIdx: number;
  /** The view that it collapses into: the workspace's parent by its number; null is System. */
  readonly target: number | null;
  /** The target afterwards, moved or not. */
  readonly targetDigest: Digest;
  readonly targetSnapshotId: Digest;
  readonly base: CollapseSide;
  readonly ours: CollapseSide;
  readonly theirs: CollapseSide;
  /** What the workspace changed; null where nobody looked, because the target had not moved. */
  readonly changed: ChangeCounts | null;
}

/** One of the three graphs of a collapse, before it. */
export interface CollapseSide {
  readonly digest: Digest;
  readonly nodeCount: number;
  readonly edgeCount: number;
}

/** In which order a batch is: any, of workspaces that are disjoint, or the one that was given, each after those before it. */
export type BatchOrder = 'any' | 'given';

/** Workspaces of one parent were collapsed into it, each for itself: the target moved once. */
export interface CollapseBatch extends EventBase {
  readonly kind: 'COLLAPSE_BATCH';
  readonly view: null;
  readonly order: BatchOrder;
  /** One for each workspace: in the order that was given, or ascending by its number. */
  readonly entries: readonly BatchEntry[];
  readonly meta: EncodedValue | null;
  readonly rewriteIdx: number;
  /** The view that they collapse into: their parent by its number; null is System. */
  readonly target: number | null;
  /** The target afterwards, moved or not. */
  readonly targetDigest: Digest;
  readonly targetSnapshotId: Digest;
  /** The target before. */
  readonly theirs: CollapseSide;
  readonly committedCount: number;
  readonly abortedCount: number;
  /** What those that were committed changed. */
  readonly changed: ChangeCounts;
}

/** What became of one workspace of a batch: always a merge, and committed if it has no conflict (`isCommitted`). */
export interface BatchEntry {
  readonly workspace: number;
  /** idx of the workspace's `SWS_CREATED`. */
  readonly createdIdx: number;
  readonly base: CollapseSide;
  readonly ours: CollapseSide;
  readonly changed: ChangeCounts;
  readonly conflictCount: number;
  readonly conflictsDigest: Digest | null;
  /** The first of them, sorted: `CONFLICTS_TOLD_MAX` in a batch. */
  readonly conflicts: readonly Conflict[];
  readonly resolutions: readonly Resolution[];
}

/** Whether the workspace was carried into its target, and has ended. */
export function isCommitted({ conflictCount }: BatchEntry): boolean {
  return conflictCount === 0;
}

/** A workspace's changes were merged onto its target, which is its base from here on. */
export interface Rebase extends EventBase {
  readonly kind: 'REBASE';
  readonly view: number;
  /** Sides that were chosen by hand, sorted. */
  readonly choices: readonly Choice[];
  /** What ran on the merged graph; none is allowed. */
  readonly ops: readonly Op[];
  readonly footprint: Footprint | null;
  readonly resolutions: readonly Resolution[];
  readonly meta: EncodedValue | null;
  readonly rewriteIdx: number;
  /** The workspace afterwards. */
  readonly viewDigest: Digest;
  readonly snapshotId: Digest;
  /** The view that gave the new base: the workspace's parent by its number; null is System. */
  readonly target: number | null;
  /** The new base. */
  readonly baseSnapshotId: Digest;
  /** Elements that the workspace had changed. */
  readonly changed: ChangeCounts;
}

export interface Discard extends EventBase {
  readonly kind: 'DISCARD';
  readonly view: number;
  readonly reason: string | null;
  readonly meta: EncodedValue | null;
  readonly rewriteIdx: number;
  /** idx of the workspace's `SWS_CREATED`. */
  readonly createdIdx: number;
}

/** Where a checkpoint stands: what the state before it hashes to. It changes nothing. */
export interface CheckpointEvent extends EventBase {
  readonly kind: 'CHECKPOINT';
  readonly view: null;
  /** Of the world before this event, every table included (`worldDigest`). */
  readonly worldDigest: Digest;
}

/** Time has passed: as many ticks as there were since the last one. */
export interface Tick extends EventBase {
  readonly kind: 'TICK';
  readonly view: null;
  readonly ticks: number;
  /** What a clock on the wall showed, in milliseconds since 1970. Only the time that a daemon was down is reckoned by it. */
  readonly wallMs: number;
  /** The tick of now, from this event on. */
  readonly tick: number;
}

/** Another key signs the history's tree heads from here on. */
export interface SigningKeyChanged extends EventBase {
  readonly kind: 'SIGNING_KEY_CHANGED';
  readonly view: null;
  /** What the key is named after. Where it is another than before, nobody vouches for the key but the world itself. */
  readonly origin: string;
  /** Of Ed25519: 32 bytes. */
  readonly publicKey: Bytes;
}

export interface SettingsChanged extends EventBase {
  readonly kind: 'SETTINGS_CHANGED';
  readonly view: null;
  /** As it was asked for. */
  readonly patch: SettingsPatch;
  readonly meta: EncodedValue | null;
  /** All of them, afterwards. */
  readonly settings: WorldSettings;
}

/** A rule pack is to be installed: it is checked from here on. */
export interface RulesProposed extends EventBase {
  readonly kind: 'RULES_PROPOSED';
  readonly view: null;
  readonly rulePackId: Digest;
  /** The document of the pack. */
  readonly rules: EncodedValue;
  readonly migration: Migration;
  readonly meta: EncodedValue | null;
}

/** Some elements of System were held to the pack that was proposed. */
export interface RulesChecked extends EventBase, CheckedStep {
  readonly kind: 'RULES_CHECKED';
  readonly view: null;
}

/** The pack that was proposed is in force: System keeps to it, and has moved. */
export interface RulesActivated extends EventBase {
  readonly kind: 'RULES_ACTIVATED';
  readonly view: null;
  readonly rulePackId: Digest;
  /** idx of its `RULES_PROPOSED`, which holds the pack. */
  readonly proposedIdx: number;
  /** idx of the event that had put the pack before in force: so each of them can be found. */
  readonly rulesIdxBefore: number;
  readonly systemDigest: Digest;
  readonly systemSnapshotId: Digest;
}

/** System does not keep to the pack that was proposed, and stays under the one that it has. */
export interface RulesRefused extends EventBase {
  readonly kind: 'RULES_REFUSED';
  readonly view: null;
  readonly rulePackId: Digest;
  /** The first `OFFENDERS_TOLD_MAX`: edges before nodes, each by id. */
  readonly offenders: readonly RuleBreak[];
  readonly offenderCount: number;
  /** `H("offender")` chained over all of them. */
  readonly offendersDigest: Digest | null;
}

/** The pack that was proposed is not checked any further: somebody has taken the proposal back. */
export interface RulesWithdrawn extends EventBase {
  readonly kind: 'RULES_WITHDRAWN';
  readonly view: null;
  readonly rulePackId: Digest;
  /** idx of its `RULES_PROPOSED`. */
  readonly proposedIdx: number;
  readonly meta: EncodedValue | null;
}

/** The world takes up a grant: the owner's own, or a link whose signature the edge has checked. */
export interface GrantAdded extends EventBase {
  readonly kind: 'GRANT_ADDED';
  readonly view: null;
  readonly grantId: Digest;
  readonly terms: GrantTerms;
  /** Of the parent's holder, over `linkBytes`; null exactly where there is no parent. */
  readonly signature: Bytes | null;
  readonly meta: EncodedValue | null;
}

/** A grant, and what hangs on it, allows nothing from here on. */
export interface GrantRevoked extends EventBase {
  readonly kind: 'GRANT_REVOKED';
  readonly view: null;
  readonly grantId: Digest;
  readonly meta: EncodedValue | null;
}

/** The principal wanted what none of its grants allows, and was refused. */
export interface AccessDenied extends EventBase {
  readonly kind: 'ACCESS_DENIED';
  /** The workspace that it was about, if it was about one. */
  readonly view: number | null;
  /** The type of the command. */
  readonly command: string;
  /** What it would have taken. */
  readonly verb: Verb;
  /** Ops that a grant would have had to pay for. */
  readonly ops: number;
  /** What would have been written out of reach; null where it did not come to that. */
  readonly written: OutOfReach | null;
}

export type Event =
  | GrantAdded
  | GrantRevoked
  | AccessDenied
  | Rebase
  | SettingsChanged
  | WorldCreated
  | SwsCreated
  | RewriteApplied
  | Collapse
  | CollapseBatch
  | Discard
  | CheckpointEvent
  | Tick
  | SigningKeyChanged
  | RulesProposed
  | RulesChecked
  | RulesActivated
  | RulesRefused
  | RulesWithdrawn;
export type EventKind = Event['kind'];

/** An event with the canonical bytes that history holds of it. */
export interface EncodedEvent {
  readonly event: Event;
  readonly header: Bytes;
  readonly body: Bytes;
  /** RFC 6962 leaf hash of the header. */
  readonly leaf: Digest;
}

/** The kernel's public names. Never imported from inside. */
export { assert, Bug, unreachable } from './assert.ts';
export {
  bytesFrom,
  bytesToArray,
  bytesToHex,
  compareBytes,
  hexToBytes,
  isBytes,
  type Bytes,
} from './bytes/byte-string.ts';
export { CanonicalError, CanonicalReader, type CanonicalErrorClass } from './bytes/canonical-reader.ts';
export { CanonicalWriter } from './bytes/canonical-writer.ts';
export {
  bytesToDigest,
  DIGEST_SIZE,
  digestToHex,
  hexToDigest,
  TAGS,
  taggedHash,
  ZERO_DIGEST,
  type Digest,
  type Sha256,
  type Tag,
} from './bytes/digest.ts';
export { keyToNumber, numberToKey } from './bytes/number-key.ts';
export {
  compareKeys,
  decodeValue,
  encodeValue,
  isBoxedBytes,
  valueProblem,
  VALUE_DEPTH_MAX,
  type BoxedBytes,
  type EncodedValue,
  type Value,
  type ValueRules,
} from './bytes/value.ts';
export * from './trie/trie.ts';
export { trieDigest, type ValueDigest } from './trie/digest.ts';
export { trieDiff, trieDiffAfter, type VisitChange, type VisitChangeUntil } from './trie/diff.ts';
export {
  trieProve,
  trieVerify,
  type BranchStep,
  type BucketStep,
  type TrieProof,
  type TrieStatement,
} from './trie/proof.ts';
export {
  trieEntries,
  trieEntriesBelow,
  trieEntryAt,
  trieRank,
  walkAfter,
  walkBefore,
  type Entry,
  type Visit,
} from './trie/walk.ts';
export * from './graph/element.ts';
export {
  EMPTY_GRAPH,
  edgesFrom,
  edgesOfKind,
  edgesTo,
  elementValue,
  graphDigest,
  nodesOfKind,
  type Graph,
} from './graph/graph.ts';
export type { IdIndex, IdSet } from './graph/id-index.ts';
export * from './graph/graph-diff.ts';
export { TICKS_MAX, type WorldClock } from './clock/clock.ts';
export { DENIALS_TOLD_MAX } from './grant/denials.ts';
export {
  GRANT_DEPTH_MAX,
  grantDigest,
  grantId,
  linkBytes,
  readTerms,
  termsProblem,
  VERBS,
  writeTerms,
  type Grant,
  type GrantTerms,
  type Verb,
} from './grant/grant.ts';
export { chainOf, getGrant, grantsOf, GRANTS_A_HOLDER_MAX, type Grants } from './grant/grants.ts';
export { keyOfPrincipal, keyPrincipal, PUBLIC_KEY_SIZE } from './grant/principal.ts';
export type { OutOfReach } from './grant/reach.ts';
export { holdsGrants, isDeniable, readProblem, verbProblem } from './commands/access.ts';
export { decodeEdge, decodeNode, encodeEdge, encodeNode } from './graph/element-codec.ts';
export {
  proveMembership,
  verifyMembership,
  type MembershipProof,
  type MembershipStatement,
} from './graph/membership.ts';
export {
  OP_COUNT_MAX,
  OP_NAMES,
  OPS_SIZE_MAX,
  sortPatches,
  type Expectation,
  type FieldPatch,
  type Op,
  type OpName,
} from './graph/op.ts';
export { isApiName, RESERVED_NAMES } from './graph/rules/api-name.ts';
export { brokenRules, type RuleBreak, type RuleName, type Touched } from './graph/rules/check.ts';
export { OFFENDERS_TOLD_MAX, STEP_ELEMENTS_MAX, type Installation } from './graph/rules/installation.ts';
export type { Migration, MigrationStep } from './graph/rules/migration.ts';
export type { Turn } from './graph/rules/turn.ts';
export { ruleText } from './graph/rules/rule-text.ts';
export { decodeRulePack, encodeRulePack, RULE_PACK_SIZE_MAX } from './graph/rules/rule-pack-codec.ts';
export * from './graph/rules/rule-pack.ts';
export { edgeSlot, uniqueSlot } from './graph/rules/slots.ts';
export { defaultRulePack, type RulePack } from './graph/rules/rule-pack.ts';
export { runRewrite, type RewriteResult } from './graph/rewrite.ts';
export { changesSince, Head, type ChangeList } from './view/head.ts';
export {
  batchSnapshot,
  collapsedSnapshot,
  nextSnapshot,
  rebasedSnapshot,
  snapshotUnder,
  type Snapshot,
} from './view/snapshot.ts';
export {
  DEFAULT_SETTINGS,
  EMPTY_PATCH,
  SETTING_NAMES,
  SETTINGS_MAX,
  hasBaseAgeLimit,
  hasIdleLimit,
  type SettingName,
  type SettingsPatch,
  type WorldSettings,
} from './view/settings.ts';
export type { EndedWorkspace, Workspace, WorkspaceEnd, Written } from './view/workspace.ts';
export { fieldOf, type Bound, type FieldTest } from './view/field-test.ts';
export {
  edgesCount,
  edgesPage,
  nodesCount,
  nodesPage,
  SCAN_MAX,
  type Count,
  type EdgeFilter,
  type NodeFilter,
  type Page,
  type PageRequest,
} from './view/page.ts';
export { reachFrom, type Reach, type Reached, type ReachRequest } from './view/reach.ts';
export { conflictsDigest, type Conflict, type ConflictClass } from './collapse/conflict.ts';
export { FOOTPRINT_RANGES_MAX, rangeId, sortRanges, type Footprint, type Range } from './collapse/footprint.ts';
export type { Fork } from './collapse/fork.ts';
export { applyMerge, mergeFork, type ChangeCounts, type Merge, type MergeTerms } from './collapse/merge.ts';
export { FAIL_FAST, POLICIES, POLICY_DEFAULT, policyById, type Policy, type Side } from './collapse/policy.ts';
export type { Resolution } from './collapse/resolution.ts';
export { areDisjoint, claim, writeSetOf, type Claims, type Meeting, type WriteSet } from './collapse/write-set.ts';
export { BodyMismatch, decodeEvent, encodeEvent } from './history/event-codec.ts';
export * from './history/event.ts';
export { requestKey } from './history/request-window.ts';
export { decodeRecordedGraph, type RecordedGraph } from './history/recorded-graph.ts';
export {
  headOf,
  proveConsistency,
  proveInclusion,
  verifyConsistency,
  verifyInclusion,
  type ConsistencyStatement,
  type InclusionStatement,
  type SubtreeHash,
} from './history/tree-proof.ts';
export { appendLeaf, EMPTY_TREE, innerHash, leafHash, treeHead, type HistoryTree } from './history/tree.ts';
export { EXPR_DEPTH_MAX, EXPR_LENGTH_MAX, EXPR_STEPS_MAX, type Expr } from './expr/expr.ts';
export { evaluate, holds } from './expr/evaluate.ts';
export { parseExpr } from './expr/parse.ts';
export type {
  AddGrant,
  AdvanceClock,
  ApplyRewrite,
  ChangeSettings,
  ChangeSigningKey,
  CheckRules,
  CollapseBatchCommand,
  WithdrawRules,
  CollapseWorkspace,
  Command,
  CreateWorkspace,
  DiscardWorkspace,
  ExpireWorkspace,
  ProposeRules,
  RebaseWorkspace,
  RecordCheckpoint,
  RevokeGrant,
} from './commands/command.ts';
export { CHOICE_COUNT_MAX, sortChoices, type Choice } from './collapse/choice.ts';
export { BATCH_COUNT_MAX, META_SIZE_MAX } from './commands/command.ts';
export { WorldReader } from './checkpoint/world-reader.ts';
export { RECORD_SIZE_MAX, worldRecords } from './checkpoint/world-records.ts';
export { forkOf } from './commands/collapse.ts';
export { createWorld, decide, type Decided, type Decision, type Repeated, type WorldOptions } from './decide.ts';
export { apply } from './apply.ts';
export { Fold } from './fold.ts';
export {
  getEndedWorkspace,
  getWorkspace,
  idleSince,
  openOf,
  targetOf,
  worldDigest,
  worldDigestSteps,
  WORLD_FORMAT,
  type CommitStatus,
  type World,
} from './world.ts';
export { refuse, type Refusal, type RefusalReason } from './refusal.ts';

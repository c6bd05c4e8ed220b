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
export { trieDiff, type VisitChange } from './trie/diff.ts';
export {
  trieProve,
  trieVerify,
  type BranchStep,
  type BucketStep,
  type TrieProof,
  type TrieStatement,
} from './trie/proof.ts';
export { trieEntries, trieEntryAt, trieRank, walkAfter, type Entry, type Visit } from './trie/walk.ts';
export * from './graph/element.ts';
export {
  EMPTY_GRAPH,
  edgesFrom,
  edgesOfKind,
  edgesTo,
  graphDigest,
  nodesOfKind,
  type Graph,
  type IdSet,
} from './graph/graph.ts';
export { decodeEdge, decodeNode, encodeEdge, encodeNode } from './graph/element-codec.ts';
export {
  proveMembership,
  verifyMembership,
  type ElementType,
  type MembershipProof,
  type MembershipStatement,
} from './graph/membership.ts';
export {
  OP_COUNT_MAX,
  OP_NAMES,
  sortPatches,
  type Expectation,
  type FieldPatch,
  type Op,
  type OpName,
} from './graph/op.ts';
export { runRewrite, type RewriteResult } from './graph/rewrite.ts';
export { collapsedSnapshot, nextSnapshot, type Snapshot } from './view/snapshot.ts';
export type { EndedWorkspace, Workspace, WorkspaceEnd } from './view/workspace.ts';
export {
  edgesPage,
  fieldOf,
  nodesPage,
  SCAN_MAX,
  type EdgeFilter,
  type NodeFilter,
  type Page,
  type PageRequest,
} from './view/page.ts';
export { mergeFailFast, type Conflict, type ConflictClass, type Fork, type MergeResult } from './collapse/merge.ts';
export { FAIL_FAST, POLICY_DEFAULT, policyById, type Policy } from './collapse/policy.ts';
export { BodyMismatch, conflictsDigest, decodeEvent, encodeEvent } from './history/event-codec.ts';
export * from './history/event.ts';
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
  ApplyRewrite,
  ChangeSigningKey,
  CollapseWorkspace,
  Command,
  CreateWorkspace,
  DiscardWorkspace,
  RecordCheckpoint,
} from './commands/command.ts';
export { META_SIZE_MAX } from './commands/command.ts';
export { WorldReader } from './checkpoint/world-reader.ts';
export { RECORD_SIZE_MAX, worldRecords } from './checkpoint/world-records.ts';
export { createWorld, decide, type Decided, type Decision, type Repeated, type WorldOptions } from './decide.ts';
export { apply } from './apply.ts';
export { Fold } from './fold.ts';
export {
  getEndedWorkspace,
  getWorkspace,
  worldDigest,
  worldDigestSteps,
  WORLD_FORMAT,
  type CommitStatus,
  type World,
} from './world.ts';
export { refuse, type Refusal, type RefusalReason } from './refusal.ts';

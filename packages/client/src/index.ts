/** The client's public names. Never imported from inside. */
export { connect, type ConnectOptions } from './connect.ts';
export {
  addEdge,
  addNode,
  deleteEdge,
  deleteNode,
  nodeId,
  putNode,
  setEdge,
  type Change,
  type ChangeOptions,
  type EdgeOptions,
  type EdgeRef,
  type Expectation,
  type NodeRef,
} from './wire/change.ts';
export type { Key } from './wire/bytes.ts';
export type { ContentNode, Edge, Element, KeyedNode, Node } from './wire/element.ts';
export { operation, type Json, type JsonObject, type Operation } from './wire/operation.ts';
export type { Fields, Value, ValueMap } from './wire/value.ts';
export * as operations from './wire/generated.ts';
export { systemClock, type Clock } from './transport/clock.ts';
export type { Signer } from './transport/credentials.ts';
export { Fault, JitosError, Refusal, Unreachable, type Reason } from './transport/errors.ts';
export type { Fetch } from './transport/http.ts';
export type { LiveSource, LiveTransport } from './transport/live.ts';
export { RETRY_DEFAULT, type RetryPolicy } from './transport/retry.ts';
export type { CommandOptions, RequestOptions } from './transport/session.ts';
export { webSockets } from './transport/socket.ts';
export { serverSentEvents } from './transport/sse.ts';
export type { Difference, DiffOptions, Moment } from './world/diff.ts';
export type { Aborted, CollapseOutcome, CollapseReport, Committed, Conflict, RebaseOutcome } from './world/outcome.ts';
export type { Keys, Proofs } from './world/proofs.ts';
export type { Page } from './world/read-pages.ts';
export type { Rewrite, RewritesFilter } from './world/rewrites.ts';
export type { ElementValue, Sides } from './world/sides.ts';
export { Subscription, type FollowOptions } from './world/subscription.ts';
export type { ViewName } from './world/view-name.ts';
export type { EdgeFilter, EdgePage, Head, NodeFilter, NodePage, PageOptions, View } from './world/view.ts';
export type { Carrier, Writer } from './world/why.ts';
export type {
  DecideOptions,
  PolicyName,
  RebaseOptions,
  Receipt,
  Workspace,
  WorkspaceInfo,
  Written,
} from './world/workspace.ts';
export type { BatchOutcome, Tick, UndoOutcome, World, WorldInfo } from './world/world.ts';
export { ProofRefused } from '@jitos/kernel/verify';
export { verifyProof, type ProofFile, type Proven, type ProvenHead } from './proof/verify-proof.ts';
export { narrowGrant, type GrantLink, type NarrowOptions } from './key/narrow-grant.ts';
export { newSeed, signerOf } from './key/signer.ts';

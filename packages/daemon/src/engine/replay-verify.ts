/**
 * Verifying one event: everything it records of the world is computed again from its place in the history, and compared.
 *
 * The digests of an event before it agreed, so where a view's digest differs the fault lies in what this event did: the
 * elements that it changes are told.
 */
import {
  applyMerge,
  batchSnapshot,
  collapsedSnapshot,
  createWorld,
  decide,
  digestToHex,
  encodeEvent,
  grantId,
  isDeniable,
  ENGINE_VERSION,
  forkOf,
  getWorkspace,
  isCommitted,
  nextSnapshot,
  rebasedSnapshot,
  runRewrite,
  snapshotUnder,
  targetOf,
  worldDigest,
  type Collapse,
  type CollapseBatch,
  type Command,
  type Digest,
  type EncodedEvent,
  type Event,
  type Graph,
  type Rebase,
  type RewriteApplied,
  type RulesActivated,
  type Snapshot,
  type SwsCreated,
  type Workspace,
  type World,
} from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import { carriedWorkspaces, workspacesOf } from './event-workspaces.ts';
import { graphChanges, type GraphChanges } from './graph-changes.ts';
import { sha256 } from './sha256.ts';

/** Elements told of a divergence; all are counted. */
const CHANGES_TOLD_MAX = 10;

/** Where a history stops making sense. */
export interface Divergence {
  readonly idx: number;
  readonly kind: Event['kind'];
  /** What the recorded digest is of, in words; null where it is the event as a whole. */
  readonly what: string | null;
  readonly recorded: Digest | null;
  readonly computed: Digest | null;
  /** What the event does to its view, by its ops; null where it does nothing to a graph. */
  readonly changes: GraphChanges | null;
}

/** `REPLAY_DIVERGED`, with what is known of it. */
export class DivergenceFailure extends Failure {
  readonly divergence: Divergence;

  constructor(divergence: Divergence, detail: string) {
    super('REPLAY_DIVERGED', `event ${divergence.idx}`, detail);
    this.divergence = divergence;
  }
}

/** Compares every digest that the event records of the state. Throws a `DivergenceFailure`. */
export function verifyDigests({ event }: EncodedEvent, before: World | null, after: World): void {
  if (before === null) return;
  switch (event.kind) {
    case 'REWRITE_APPLIED':
      return verifyRewrite(event, before, after);
    case 'COLLAPSE':
      return verifyCollapse(event, before, after);
    case 'COLLAPSE_BATCH':
      return verifyBatch(event, before, after);
    case 'REBASE':
      return verifyRebase(event, before, after);
    case 'SWS_CREATED':
      return verifyFork(event, before);
    case 'CHECKPOINT':
      return compare(event, 'the world', event.worldDigest, worldDigest(before, sha256));
    case 'RULES_ACTIVATED':
      return verifyActivation(event, before, after);
    case 'GRANT_ADDED':
      return compare(event, 'the grant', event.grantId, grantId(event.terms, sha256));
    case 'GRANT_REVOKED':
    case 'ACCESS_DENIED':
    case 'WORLD_CREATED':
    case 'DISCARD':
    case 'TICK':
    case 'SIGNING_KEY_CHANGED':
    case 'SETTINGS_CHANGED':
    case 'RULES_PROPOSED':
    case 'RULES_CHECKED':
    case 'RULES_REFUSED':
    case 'RULES_WITHDRAWN':
  }
}

function verifyFork(event: SwsCreated, before: World): void {
  const base = event.parent === null ? before.system : mustGetOpen(before, event.parent).head;
  compare(event, `the snapshot of ${viewName(event.parent)}`, event.baseSnapshotId, base.id);
}

function verifyRewrite(event: RewriteApplied, before: World, after: World): void {
  const { head } = mustGetOpen(before, event.view);
  const graph = rewrittenGraph(event, head, after);
  const expected = nextSnapshot(head, graph, sha256);
  const changes = (): GraphChanges => graphChanges(head.graph, graph, CHANGES_TOLD_MAX);
  compare(event, `workspace ${event.view}`, event.viewDigest, expected.digest, changes);
  compare(event, `the snapshot of workspace ${event.view}`, event.snapshotId, expected.id, changes);
}

/** An event that records the snapshot before it claims to change nothing, and applying it keeps that one's graph. */
function rewrittenGraph(event: RewriteApplied, head: Snapshot, after: World): Graph {
  if (event.snapshotId !== head.id) return mustGetOpen(after, event.view).head.graph;
  return ranGraph(event, head.graph, head);
}

/** What the event's ops make of a graph, under the rules of a snapshot. */
function ranGraph({ idx, ops }: RewriteApplied | Rebase, graph: Graph, { rules }: Snapshot): Graph {
  const result = runRewrite(graph, ops, rules, sha256);
  if (!result.ok) throw new Error(`the ops of event ${idx} ran and now do not`);
  return result.graph;
}

function verifyCollapse(event: Collapse, before: World, after: World): void {
  const workspace = mustGetOpen(before, event.view);
  const { head } = workspace;
  const target = targetOf(before, workspace);
  const graph = collapsedGraph(event, workspace, { target, after });
  const expected = event.mode === null ? target : collapsedSnapshot(target, head.id, graph, sha256);
  compareTarget(event, target, { ...expected, graph });
}

interface Targets {
  readonly target: Snapshot;
  readonly after: World;
}

/** As in `rewrittenGraph`: what the event claims about its target's snapshot decides what applying it keeps. */
function collapsedGraph(event: Collapse, workspace: Workspace, { target, after }: Targets): Graph {
  if (event.mode === 'forward') return workspace.head.graph;
  if (event.mode === null || event.targetSnapshotId !== target.id) return targetOf(after, workspace).graph;
  return applyMerge(forkOf(target, workspace), event.resolutions, sha256);
}

function verifyBatch(event: CollapseBatch, before: World, after: World): void {
  const [workspace] = workspacesOf(event).map((number) => mustGetOpen(before, number));
  if (workspace === undefined) throw new Error(`event ${event.idx} is a batch of nothing`);
  const target = targetOf(before, workspace);
  const isMoved = event.targetSnapshotId !== target.id;
  const graph = isMoved ? targetOf(after, workspace).graph : batchGraph(event, target, before);
  const heads = carriedWorkspaces(event).map((number) => mustGetOpen(before, number).head.id);
  compareTarget(event, target, { ...batchSnapshot(target, heads, graph, sha256), graph });
}

/** Each is merged onto what those before it gave. */
function batchGraph({ entries }: CollapseBatch, target: Snapshot, before: World): Graph {
  return entries.filter(isCommitted).reduce<Graph>((theirs, { workspace, resolutions }) => {
    return applyMerge({ ...forkOf(target, mustGetOpen(before, workspace)), theirs }, resolutions, sha256);
  }, target.graph);
}

function compareTarget(event: Collapse | CollapseBatch, before: Snapshot, expected: Snapshot): void {
  const changes = (): GraphChanges => graphChanges(before.graph, expected.graph, CHANGES_TOLD_MAX);
  const name = viewName(event.target);
  compare(event, name, event.targetDigest, expected.digest, changes);
  compare(event, `the snapshot of ${name}`, event.targetSnapshotId, expected.id, changes);
}

function verifyRebase(event: Rebase, before: World, after: World): void {
  const workspace = mustGetOpen(before, event.view);
  const target = targetOf(before, workspace);
  const graph = rebasedGraph(event, workspace, { target, after });
  const expected = rebasedSnapshot(target, workspace.head, graph, sha256);
  const changes = (): GraphChanges => graphChanges(target.graph, graph, CHANGES_TOLD_MAX);
  const name = viewName(event.view);
  compare(event, `the base of ${name}`, event.baseSnapshotId, target.id);
  compare(event, name, event.viewDigest, expected.digest, changes);
  compare(event, `the snapshot of ${name}`, event.snapshotId, expected.id, changes);
}

/** As in `collapsedGraph`. */
function rebasedGraph(event: Rebase, workspace: Workspace, { target, after }: Targets): Graph {
  if (event.snapshotId !== target.id) return mustGetOpen(after, event.view).head.graph;
  const merged = applyMerge(forkOf(target, workspace), event.resolutions, sha256);
  return event.ops.length === 0 ? merged : ranGraph(event, merged, target);
}

function viewName(workspace: number | null): string {
  return workspace === null ? 'System' : `workspace ${workspace}`;
}

function verifyActivation(event: RulesActivated, before: World, after: World): void {
  const { graph, rules } = after.system;
  const expected = snapshotUnder(before.system, graph, rules, sha256);
  const changes = (): GraphChanges => graphChanges(before.system.graph, graph, CHANGES_TOLD_MAX);
  compare(event, 'System', event.systemDigest, expected.digest, changes);
  compare(event, "System's snapshot", event.systemSnapshotId, expected.id, changes);
}

function mustGetOpen(world: World, number: number): Workspace {
  const workspace = getWorkspace(world, number);
  if (workspace === undefined) throw new Error(`workspace ${number} is not open, and an event of it was applied`);
  return workspace;
}

function compare(
  { idx, kind }: Event,
  what: string,
  recorded: Digest,
  computed: Digest,
  changes: () => GraphChanges | null = () => null,
): void {
  if (recorded === computed) return;
  const detail = `the event records ${digestToHex(recorded)} for ${what}, but the replay reaches ${digestToHex(computed)}`;
  throw new DivergenceFailure({ idx, kind, what, recorded, computed, changes: changes() }, detail);
}

/**
 * Decides an event of this very engine again: byte for byte it is what deciding its command writes. False for one of
 * another engine, of which nothing is known. Throws a `DivergenceFailure`.
 */
export function verifyDecision({ event, header, body }: EncodedEvent, before: World | null): boolean {
  if (event.pins.engine !== ENGINE_VERSION) return false;
  const again =
    before === null ? createWorld({ quantumMs: quantumOf(event) }, sha256).encoded : decideAgain(event, before);
  if (again.header === header && again.body === body) return true;
  throw undecidable(
    event,
    'deciding the event again gives another one: its results, its pins or its body are not what they were',
  );
}

function quantumOf(event: Event): number {
  return event.kind === 'WORLD_CREATED' ? event.quantumMs : 0;
}

/** The cause changes no outcome, and is put back as it was: but for the grant, which the decision chose. */
function decideAgain(event: Event, before: World): Pick<EncodedEvent, 'header' | 'body'> {
  if (event.kind === 'ACCESS_DENIED' && isDeniable(before, event)) return encodeEvent(event, sha256);
  const command = eventToCommand(event);
  const decision = command === undefined ? undefined : decide(before, command, sha256);
  if (decision === undefined || !decision.ok || decision.repeated) {
    throw undecidable(event, 'the event could not have been decided in its place');
  }
  const { grant } = decision.encoded.event.cause;
  return encodeEvent({ ...decision.encoded.event, cause: { ...event.cause, grant } }, sha256);
}

function undecidable({ idx, kind }: Event, detail: string): DivergenceFailure {
  return new DivergenceFailure({ idx, kind, what: null, recorded: null, computed: null, changes: null }, detail);
}

/** Of a step that ends an installation it does not matter how many elements it might have looked at. */
const CHECK_RULES = { type: 'checkRules', requestId: null, validUntil: null, meta: null, elementCountMax: 1 } as const;

/** What the event's command asked for; without its request id, which makes no difference to what is decided. */
function eventToCommand(event: Event): Command | undefined {
  const { principal } = event.cause;
  switch (event.kind) {
    case 'WORLD_CREATED':
      return undefined;
    case 'RULES_PROPOSED': {
      const { rules, migration, meta } = event;
      return { type: 'proposeRules', principal, requestId: null, validUntil: null, meta, rules, migration };
    }
    case 'RULES_CHECKED':
      return { ...CHECK_RULES, principal, elementCountMax: event.elementCountMax };
    case 'RULES_ACTIVATED':
    case 'RULES_REFUSED':
      return { ...CHECK_RULES, principal };
    case 'RULES_WITHDRAWN': {
      const { proposedIdx, meta } = event;
      return { type: 'withdrawRules', principal, requestId: null, validUntil: null, meta, proposedIdx };
    }
    case 'CHECKPOINT':
      return { type: 'recordCheckpoint', principal, requestId: null, validUntil: null, meta: null };
    case 'TICK':
      return {
        type: 'advanceClock',
        principal,
        requestId: null,
        validUntil: null,
        meta: null,
        ticks: event.ticks,
        wallMs: event.wallMs,
      };
    case 'SIGNING_KEY_CHANGED': {
      const { origin, publicKey } = event;
      return { type: 'changeSigningKey', principal, requestId: null, validUntil: null, meta: null, origin, publicKey };
    }
    case 'SETTINGS_CHANGED':
      return {
        type: 'changeSettings',
        principal,
        requestId: null,
        validUntil: null,
        meta: event.meta,
        patch: event.patch,
      };
    case 'SWS_CREATED':
      return {
        type: 'createWorkspace',
        principal,
        requestId: null,
        validUntil: null,
        meta: event.meta,
        from: event.parent,
      };
    case 'REWRITE_APPLIED':
      return {
        type: 'applyRewrite',
        principal,
        requestId: null,
        validUntil: null,
        meta: event.meta,
        view: event.view,
        ops: event.ops,
      };
    case 'COLLAPSE': {
      const { meta, view: workspace, pins, footprint } = event;
      return {
        type: 'collapseWorkspace',
        principal,
        requestId: null,
        validUntil: null,
        meta,
        workspace,
        policyId: pins.policyId,
        footprint,
      };
    }
    case 'COLLAPSE_BATCH': {
      const { meta, pins } = event;
      const workspaces = workspacesOf(event);
      const { policyId } = pins;
      return {
        type: 'collapseBatch',
        principal,
        requestId: null,
        validUntil: null,
        meta,
        workspaces,
        order: event.order,
        policyId,
      };
    }
    case 'REBASE': {
      const { meta, view: workspace, pins, choices, ops, footprint } = event;
      const { policyId } = pins;
      return {
        type: 'rebaseWorkspace',
        principal,
        requestId: null,
        validUntil: null,
        meta,
        workspace,
        policyId,
        choices,
        ops,
        footprint,
      };
    }
    case 'GRANT_ADDED': {
      const { terms, signature, meta } = event;
      return { type: 'addGrant', principal, requestId: null, validUntil: null, meta, terms, signature };
    }
    case 'GRANT_REVOKED': {
      const { meta } = event;
      return { type: 'revokeGrant', principal, requestId: null, validUntil: null, meta, grantId: event.grantId };
    }
    case 'ACCESS_DENIED':
      return undefined;
    case 'DISCARD': {
      const { meta, view: workspace, reason } = event;
      return { type: 'discardWorkspace', principal, requestId: null, validUntil: null, meta, workspace, reason };
    }
  }
}

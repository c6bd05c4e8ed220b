/**
 * Speculative workspaces: a copy of what they were forked from, written freely, seen by nobody else, carried into it as a whole
 * or not at all.
 *
 *     await using ws = await world.fork();
 *     await ws.put('person', 'ada', { born: 1815 });
 *     const outcome = await ws.collapse();
 *
 * With `await using` a workspace that was not collapsed is discarded where the block ends, however it ends.
 */
import {
  addEdge,
  addNode,
  changeToJson,
  deleteEdge,
  deleteNode,
  idOf,
  putNode,
  type Change,
  type EdgeOptions,
  type NodeRef,
} from '../wire/change.ts';
import type { Key } from '../wire/bytes.ts';
import type { Edge, Element } from '../wire/element.ts';
import {
  applyRewrite,
  collapseSws,
  createSws,
  discardSws,
  getSides,
  getWorkspace,
  previewCollapse,
  previewRebase,
  rebaseSws,
  type FootprintInput,
  type WorkspaceParts,
} from '../wire/generated.ts';
import type { Fields } from '../wire/value.ts';
import type { Json } from '../wire/operation.ts';
import { JitosError } from '../transport/errors.ts';
import type { CommandOptions, RequestOptions, Session } from '../transport/session.ts';
import { collapseFromWire, rebaseFromWire, type CollapseOutcome, type RebaseOutcome } from './outcome.ts';
import { readRewrites, type Rewrite, type RewritesFilter } from './rewrites.ts';
import { sidesFromWire, type Sides } from './sides.ts';
import { nameOfView, viewRef, type ViewName } from './view-name.ts';
import { makeView, type View } from './view.ts';

/** A policy by its name, in its newest version. */
export type PolicyName =
  'fail-fast' | 'lattice' | 'ours' | 'serializable' | 'theirs' | 'three-way' | (string & Record<never, never>);

export interface DecideOptions extends CommandOptions {
  /** What becomes of conflicts; the world's default if it is not given. */
  readonly policy?: PolicyName;
  /** What was read, for a policy that asks; absent: what the daemon has answered to reads of this workspace. */
  readonly footprint?: FootprintInput;
}

export interface RebaseOptions extends DecideOptions {
  /** Whose value an element has, where both sides changed it. */
  readonly choices?: readonly { readonly element: NodeRef; readonly side: 'ours' | 'theirs' }[];
  /** Run on what the merge gave. */
  readonly changes?: readonly Change[];
}

/** That a rewrite was done. */
export interface Receipt {
  /** Its place among all rewrites of the world. */
  readonly rewriteIdx: number;
  /** Of the workspace afterwards. */
  readonly digest: string;
}

/** Of an element that was written by itself. */
export interface Written extends Receipt {
  readonly id: string;
}

/** What is told of a workspace; the counts are null once it has ended. */
export interface WorkspaceInfo {
  readonly number: number;
  readonly state: 'ACTIVE' | 'COLLAPSED' | 'DISCARDED';
  readonly meta: Json;
  /** What it collapses into, and the snapshot of it that is its base. */
  readonly parent: ViewName;
  readonly base: { readonly view: ViewName; readonly snapshotId: string | null };
  readonly children: readonly number[];
  /** Since its base. */
  readonly opCount: number | null;
  readonly abortCount: number | null;
  readonly needsAttention: boolean;
}

export interface Workspace extends View, AsyncDisposable {
  readonly name: number;
  /** All of the changes in their order, or none. */
  rewrite(changes: readonly Change[], options?: CommandOptions): Promise<Receipt>;
  /** Sets fields of the node with this key, which is made if it is not there. */
  put(kind: string, key: Key, fields?: Fields, options?: CommandOptions): Promise<Written>;
  /** Adds a node that is what it holds. */
  add(kind: string, payload?: string | Uint8Array, options?: CommandOptions): Promise<Written>;
  /** Adds an edge. */
  link(from: NodeRef, kind: string, to: NodeRef, options?: EdgeOptions & CommandOptions): Promise<Written>;
  delete(element: Element | Change, options?: CommandOptions): Promise<Written>;
  /** A workspace of this one, which collapses into it. */
  fork(options?: CommandOptions): Promise<Workspace>;
  /** Carries it into what it was forked from. Once it is committed it has ended; aborted it lives on. */
  collapse(options?: DecideOptions): Promise<CollapseOutcome>;
  /** What `collapse` would answer at once. */
  previewCollapse(options?: DecideOptions): Promise<CollapseOutcome>;
  /** Brings it onto what it was forked from, as that is now. Where conflicts are left nothing is done. */
  rebase(options?: RebaseOptions): Promise<RebaseOutcome>;
  previewRebase(options?: RebaseOptions): Promise<RebaseOutcome>;
  /** Elements, at most 100, as a collapse that came now would compare them. */
  sides(elements: readonly NodeRef[], options?: RequestOptions): Promise<readonly Sides[]>;
  /** Its rewrites, oldest first. */
  rewrites(filter?: RewritesFilter): AsyncGenerator<Rewrite, void>;
  info(options?: RequestOptions): Promise<WorkspaceInfo>;
  /** Nothing of it stays. */
  discard(options?: CommandOptions & { readonly reason?: string }): Promise<void>;
}

/** Forks System, or the workspace `from`; `at` leads System back to how it was after that event. */
export async function forkWorkspace(
  session: Session,
  { from, at, ...options }: CommandOptions & { readonly from?: number; readonly at?: number },
): Promise<Workspace> {
  const origin = { from: from === undefined ? undefined : `${from}`, at: at === undefined ? undefined : `${at}` };
  const { createSws: made } = await session.command(createSws, (meta) => ({ input: { ...origin, meta } }), options);
  return makeWorkspace(session, Number(made.sws.id));
}

export function makeWorkspace(session: Session, number: number): Workspace {
  const swsId = `${number}`;
  /** As far as is known here: then there is nothing left to discard. */
  let hasEnded = false;

  const rewrite = async (changes: readonly Change[], options?: CommandOptions): Promise<Receipt> => {
    const ops = changes.map(changeToJson);
    const withMeta = (meta: Json) => ({ view: viewRef(number), rewrite: { ops, meta } });
    const { receipt } = (await session.command(applyRewrite, withMeta, options)).applyRewrite;
    return { rewriteIdx: Number(receipt.rewriteIdx), digest: receipt.viewDigest };
  };
  const write = async (change: Change, options?: CommandOptions): Promise<Written> => {
    return { id: change.id, ...(await rewrite([change], options)) };
  };
  const discard: Workspace['discard'] = async ({ reason, ...options } = {}) => {
    await session.command(discardSws, (meta) => ({ input: { swsId, reason, meta } }), options);
    hasEnded = true;
  };

  return {
    ...makeView(session, number),
    name: number,
    rewrite,
    put: async (kind, key, fields, options) => write(putNode(kind, key, fields), options),
    add: async (kind, payload, options) => write(addNode(kind, payload), options),
    link: async (from, kind, to, options) => write(addEdge(from, kind, to, options), options),
    delete: async (element, options) => write(isEdge(element) ? deleteEdge(element) : deleteNode(element), options),
    fork: (options) => forkWorkspace(session, { from: number, ...options }),
    collapse: async ({ policy, footprint, ...options } = {}) => {
      const withMeta = (meta: Json) => ({ input: { swsId, policy, footprint, meta } });
      const outcome = collapseFromWire((await session.command(collapseSws, withMeta, options)).collapseSws);
      hasEnded ||= outcome.committed;
      return outcome;
    },
    previewCollapse: async ({ policy, footprint, ...options } = {}) => {
      const variables = { swsId, policy, footprint };
      return collapseFromWire((await session.query(previewCollapse, variables, options)).previewCollapse);
    },
    rebase: async (options = {}) => {
      const decided = decisionOf(options);
      const withMeta = (meta: Json) => ({ input: { swsId, ...decided, meta } });
      return rebaseFromWire((await session.command(rebaseSws, withMeta, options)).rebaseSws);
    },
    previewRebase: async (options = {}) => {
      const variables = { swsId, ...decisionOf(options) };
      return rebaseFromWire((await session.query(previewRebase, variables, options)).previewRebase);
    },
    sides: async (elements, options) => {
      const { sides } = await session.query(getSides, { swsId, elements: elements.map(idOf) }, options);
      return sides.map(sidesFromWire);
    },
    rewrites: (filter) => readRewrites(session, number, filter),
    info: async (options) => {
      const { sws } = await session.query(getWorkspace, { id: swsId }, options);
      return infoFromWire(sws!); // a workspace that was made is told of for ever
    },
    discard,
    [Symbol.asyncDispose]: async () => {
      if (hasEnded) return;
      // Whatever left the block goes on; a workspace that can't be reached now stays open, and can be discarded by its number.
      await discard({ reason: 'not collapsed' }).catch((error: unknown) => {
        if (!(error instanceof JitosError)) throw error;
      });
    },
  };
}

export function infoFromWire(parts: WorkspaceParts): WorkspaceInfo {
  const { id, state, meta, parent, base, parentSnapshotId, children, opCount, abortCount, needsAttention } = parts;
  return {
    number: Number(id),
    state: state as WorkspaceInfo['state'], // docs/spec/graphql.md names the three
    meta,
    parent: parent === null ? 'system' : Number(parent),
    base: { view: nameOfView(base), snapshotId: base.snapshotId ?? parentSnapshotId },
    children: children.map(Number),
    opCount,
    abortCount,
    needsAttention,
  };
}

function decisionOf({ policy, footprint, choices, changes }: RebaseOptions) {
  return {
    policy,
    footprint,
    choices: choices?.map(({ element, side }) => ({
      element: idOf(element),
      side: side === 'ours' ? ('OURS' as const) : ('THEIRS' as const),
    })),
    ops: changes?.map(changeToJson),
  };
}

function isEdge(element: Element | Change): element is Edge {
  return 'op' in element ? element.element === 'edge' : element.type === 'edge';
}

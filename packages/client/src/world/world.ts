/** A world: one history, System, and the workspaces that were forked from it. */
import { idOf, type NodeRef } from '../wire/change.ts';
import {
  changeSettings,
  collapseBatch,
  followRewrites,
  followTicks,
  getCollapse,
  getConflictSides,
  getInfo,
  getRules,
  getSettings,
  listWorkspaces,
  proposeRulePack,
  undoCollapse,
  type BatchParts,
  type ChangeSettingsInput,
  type FollowTicksData,
  type RulesParts,
  type SettingsParts,
} from '../wire/generated.ts';
import type { Json, JsonObject, Operation } from '../wire/operation.ts';
import type { CommandOptions, RequestOptions, Session } from '../transport/session.ts';
import { readDiff, readDiffOps, type Difference, type DiffOptions, type Moment } from './diff.ts';
import { collapseFromWire, conflictsFromWire, type CollapseOutcome, type Conflict } from './outcome.ts';
import { makeProofs, type Proofs } from './proofs.ts';
import { readItems } from './read-pages.ts';
import { readRewrites, rewriteFromWire, type Rewrite, type RewritesFilter } from './rewrites.ts';
import { sidesFromWire, type Sides } from './sides.ts';
import { Subscription, type FollowOptions } from './subscription.ts';
import { viewRef, type ViewName } from './view-name.ts';
import { makeView, pageOf, type PageOptions, type View } from './view.ts';
import {
  forkWorkspace,
  infoFromWire,
  makeWorkspace,
  type PolicyName,
  type Workspace,
  type WorkspaceInfo,
} from './workspace.ts';

export interface WorldInfo {
  /** Of the daemon. */
  readonly version: string;
  /** idx of the newest event. */
  readonly newestEvent: number;
  /** The world's time. */
  readonly tick: number;
  readonly rulePackId: string | null;
  /** How the last collapse went. */
  readonly lastCollapse: 'COMMITTED' | 'ABORTED';
}

/** An event for each time that ticks have passed. */
export interface Tick {
  readonly eventIdx: number;
  /** The one of now. */
  readonly tick: number;
  /** How many have passed since the one before. */
  readonly passed: number;
}

export interface BatchOutcome {
  readonly eventIdx: number;
  readonly committedCount: number;
  readonly abortedCount: number;
  readonly entries: readonly {
    readonly workspace: number;
    readonly committed: boolean;
    readonly conflicts: readonly Conflict[];
    readonly conflictCount: number;
  }[];
  /** That the event is in the history, for `verifyProof`. */
  readonly proof: Json;
}

/** A workspace without what a collapse has changed; or the elements that others have changed since, which are in its way. */
export type UndoOutcome =
  | { readonly undone: true; readonly workspace: Workspace }
  | { readonly undone: false; readonly offenders: readonly Json[]; readonly offenderCount: number };

export interface World {
  /** `main` or another. */
  readonly name: string;
  /** The view that is true. */
  readonly system: View;
  readonly proofs: Proofs;
  info(options?: RequestOptions): Promise<WorldInfo>;
  /** A workspace of System as it is; `at` leads back to how System was after that event. */
  fork(options?: CommandOptions & { readonly at?: number }): Promise<Workspace>;
  /** One that is there, by its number. Nothing is asked. */
  workspace(number: number): Workspace;
  /** The open ones, by number. */
  workspaces(options?: PageOptions): AsyncGenerator<WorkspaceInfo, void>;
  /** Collapses workspaces of one parent as one event, each by itself: disjoint ones, or one after the other as they are named. */
  collapseBatch(
    workspaces: readonly Workspace[],
    options?: CommandOptions & { readonly policy?: PolicyName; readonly order?: 'any' | 'given' },
  ): Promise<BatchOutcome>;
  /** What was told of a collapse, by its event. */
  collapseAt(eventIdx: number, options?: RequestOptions): Promise<CollapseOutcome>;
  /** Elements as the collapse at an event compared them; of a batch, for one of its workspaces. */
  sidesAt(
    eventIdx: number,
    elements: readonly NodeRef[],
    options?: RequestOptions & { readonly workspace?: number },
  ): Promise<readonly Sides[]>;
  /** A workspace of System without what the collapse at an event has changed. */
  undo(eventIdx: number, options?: CommandOptions): Promise<UndoOutcome>;
  /** What was done in a view, oldest first. */
  rewrites(view?: ViewName, filter?: RewritesFilter): AsyncGenerator<Rewrite, void>;
  diff(from: Moment, to: Moment, options?: DiffOptions): AsyncGenerator<Difference, void>;
  /** The ops that turn one into the other. */
  diffOps(from: Moment, to: Moment, options?: DiffOptions): AsyncGenerator<Json, void>;
  /** What is done in a view, System if none is named, each once it is durable; `after` is a `rewriteIdx`. */
  followRewrites(options?: FollowOptions & { readonly view?: ViewName }): Subscription<Rewrite>;
  /** Time as it passes; `after` is an event's idx. */
  followTicks(options?: FollowOptions): Subscription<Tick>;
  settings(options?: RequestOptions): Promise<SettingsParts>;
  changeSettings(settings: Omit<ChangeSettingsInput, 'meta'>, options?: CommandOptions): Promise<SettingsParts>;
  /** How far the rule pack is that was proposed last; null before any. */
  rules(options?: RequestOptions): Promise<RulesParts | null>;
  /** Has System checked against a pack (`docs/spec/rule-packs.md`), which is then put in force or refused. */
  proposeRules(sdl: string, options?: CommandOptions): Promise<RulesParts>;
  /** A document of one's own. */
  query<Data, Variables>(
    operation: Operation<Data, Variables>,
    variables: Variables,
    options?: RequestOptions,
  ): Promise<Data>;
  /** Likewise a mutation; `withMeta` puts `meta` where the document takes it, which makes a retry safe. */
  command<Data, Variables>(
    operation: Operation<Data, Variables>,
    withMeta: (meta: JsonObject) => Variables,
    options?: CommandOptions,
  ): Promise<Data>;
}

export function makeWorld(session: Session): World {
  return {
    name: session.world,
    system: makeView(session, 'system'),
    proofs: makeProofs(session),
    info: async (options) => {
      const { version, newestEvent, tick, rulePackId, commitStatus } = (await session.query(getInfo, {}, options))
        .kernelInfo;
      const numbers = { newestEvent: Number(newestEvent), tick: Number(tick) };
      return { version, ...numbers, rulePackId, lastCollapse: commitStatus };
    },
    fork: (options = {}) => forkWorkspace(session, options),
    workspace: (number) => makeWorkspace(session, number),
    workspaces: (options = {}) =>
      readItems(async (after) => {
        const { listSws } = await session.query(listWorkspaces, { page: pageOf(options, after) }, options);
        return { items: listSws.map(infoFromWire), next: listSws.at(-1)?.id };
      }),
    collapseBatch: async (workspaces, { policy, order = 'any', ...options } = {}) => {
      const swsIds = workspaces.map(({ name }) => `${name}`);
      const rest = { policy, order: order === 'any' ? ('ANY' as const) : ('GIVEN' as const) };
      const withMeta = (meta: Json) => ({ input: { swsIds, ...rest, meta } });
      return batchFromWire((await session.command(collapseBatch, withMeta, options)).collapseBatch);
    },
    collapseAt: async (eventIdx, options) => {
      return collapseFromWire((await session.query(getCollapse, { id: `${eventIdx}` }, options)).collapseReceipt);
    },
    sidesAt: async (eventIdx, elements, { workspace, ...options } = {}) => {
      const swsId = workspace === undefined ? undefined : `${workspace}`;
      const variables = { id: `${eventIdx}`, swsId, elements: elements.map(idOf) };
      return (await session.query(getConflictSides, variables, options)).conflictSides.map(sidesFromWire);
    },
    undo: async (eventIdx, options) => {
      const withMeta = (meta: Json) => ({ input: { id: `${eventIdx}`, meta } });
      const { sws, offenders, offenderCount } = (await session.command(undoCollapse, withMeta, options)).undoCollapse;
      if (sws === null) return { undone: false, offenders, offenderCount };
      return { undone: true, workspace: makeWorkspace(session, Number(sws.id)) };
    },
    rewrites: (view = 'system', filter) => readRewrites(session, view, filter),
    diff: (from, to, options) => readDiff(session, { ...options, from, to }),
    diffOps: (from, to, options) => readDiffOps(session, { ...options, from, to }),
    followRewrites: ({ view = 'system', ...options } = {}) => {
      const listen = (signal: AbortSignal) =>
        session.follow({
          operation: followRewrites,
          variables: { view: viewRef(view), after: options.after?.toString() },
          positionOf: ({ rewrites }) => rewrites.idx,
          toItem: ({ rewrites }) => rewriteFromWire(rewrites),
          signal,
        });
      return new Subscription(listen, options);
    },
    followTicks: (options = {}) => {
      const listen = (signal: AbortSignal) =>
        session.follow({
          operation: followTicks,
          variables: { after: options.after?.toString() },
          positionOf: ({ ticks }) => ticks.id,
          toItem: ({ ticks }) => tickFromWire(ticks),
          signal,
        });
      return new Subscription(listen, options);
    },
    settings: async (options) => (await session.query(getSettings, {}, options)).worldSettings,
    changeSettings: async (settings, options) => {
      const withMeta = (meta: Json) => ({ input: { ...settings, meta } });
      return (await session.command(changeSettings, withMeta, options)).changeSettings.settings;
    },
    rules: async (options) => (await session.query(getRules, {}, options)).rulesStatus,
    proposeRules: async (sdl, options) => {
      const withMeta = (meta: Json) => ({ input: { sdl, meta } });
      return (await session.command(proposeRulePack, withMeta, options)).proposeRulePack.status;
    },
    query: (operation, variables, options) => session.query(operation, variables, options),
    command: (operation, withMeta, options) => session.command(operation, withMeta, options),
  };
}

function tickFromWire({ id, tick, ticks }: FollowTicksData['ticks']): Tick {
  return { eventIdx: Number(id), tick: Number(tick), passed: Number(ticks) };
}

function batchFromWire({ id, committedCount, abortedCount, entries, proof }: BatchParts): BatchOutcome {
  return {
    eventIdx: Number(id),
    committedCount,
    abortedCount,
    entries: entries.map(({ swsId, committed, conflicts, conflictCount }) => ({
      workspace: Number(swsId),
      committed,
      conflicts: conflictsFromWire(conflicts),
      conflictCount: Number(conflictCount),
    })),
    proof,
  };
}

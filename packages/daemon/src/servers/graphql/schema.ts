/** The executable schema: `schema.graphql` with its scalars and resolvers. One serves every world. */
import { BATCH_COUNT_MAX } from '@jitos/kernel';
import type { GraphQLSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { keyAnswer } from './answers.ts';
import { collapseBatch, collapseBatchPayload, resolveCollapseBatchReceipt } from './collapse-batch.ts';
import {
  collapseReport,
  collapseSws,
  resolveCollapsePolicies,
  resolveCollapseReceipt,
  resolvePreviewCollapse,
} from './collapses.ts';
import { graphDiff, resolveDiff } from './diff-queries.ts';
import { graphSnapshot, resolveEdge, resolveGraph, resolveNode } from './graph-queries.ts';
import { resolveKernelInfo, resolveListSws, resolveRewrites, resolveSws } from './history-queries.ts';
import { conflictProvenance, resolveConflictProvenance, resolveProvenance } from './provenance-queries.ts';
import { rebaseSws, resolvePreviewRebase } from './rebase.ts';
import {
  proposeRulePack,
  resolveRulePack,
  resolveRulesStatus,
  rulePackTexts,
  rulesStatusLists,
  withdrawRulePack,
} from './rules.ts';
import { applyRewrite, createSws, discardSws, submitIntent, undoCollapse } from './mutations.ts';
import { LEVELS_MAX } from './query-cost.ts';
import { SCALARS } from './scalars.ts';
import { resolveConflictSides, resolveSides } from './sides-query.ts';
import { makeExecutable } from './make-executable.ts';
import {
  followRewrites,
  followTasks,
  followTicks,
  resolveFollowedRewrite,
  resolveFollowedTick,
} from './subscriptions.ts';
import { changeSettings, resolveWorldSettings } from './settings.ts';
import type { CostRules, PageRule, Surface } from './surface.ts';
import { FIRST_DEFAULT } from './view-input.ts';

/** The text of the schema, for people and tools. */
export const SCHEMA_TEXT: string = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8');

/** Fields that need work; every other is a property of its parent's answer. */
const RESOLVERS = {
  Query: {
    kernelInfo: resolveKernelInfo,
    rulePack: resolveRulePack,
    rulesStatus: resolveRulesStatus,
    sws: resolveSws,
    listSws: resolveListSws,
    graph: resolveGraph,
    node: resolveNode,
    edge: resolveEdge,
    diff: resolveDiff,
    provenance: resolveProvenance,
    conflictProvenance: resolveConflictProvenance,
    rewrites: resolveRewrites,
    collapsePolicies: resolveCollapsePolicies,
    worldSettings: resolveWorldSettings,
    previewCollapse: resolvePreviewCollapse,
    previewRebase: resolvePreviewRebase,
    collapseReceipt: resolveCollapseReceipt,
    collapseBatchReceipt: resolveCollapseBatchReceipt,
    sides: resolveSides,
    conflictSides: resolveConflictSides,
  },
  Mutation: {
    proposeRulePack,
    withdrawRulePack,
    changeSettings,
    rebaseSws,
    createSws,
    collapseSws,
    collapseBatch,
    undoCollapse,
    discardSws,
    applyRewrite,
    submitIntent,
  },
  CollapseReport: collapseReport,
  CollapseBatchPayload: collapseBatchPayload,
  GraphSnapshot: graphSnapshot,
  GraphDiff: graphDiff,
  RulePack: rulePackTexts,
  RulesStatus: rulesStatusLists,
  ConflictProvenance: conflictProvenance,
  GraphNode: { key_b64: keyAnswer },
} as const;

/** What each field of `Subscription` follows, and how it shows an event of that. */
const FOLLOWED = {
  rewrites: { subscribe: followRewrites, resolve: resolveFollowedRewrite },
  ticks: { subscribe: followTicks, resolve: resolveFollowedTick },
  taskEvents: { subscribe: followTasks },
} as const;

const COSTS: CostRules = {
  levelsMax: LEVELS_MAX,
  pages: {
    'Query.listSws': pageOf('field', 'page'),
    'Query.rewrites': pageOf('field', 'page'),
    'GraphSnapshot.nodes': pageOf('parent', 'nodesPage'),
    'GraphSnapshot.edges': pageOf('parent', 'edgesPage'),
    'GraphDiff.changes': pageOf('parent', 'page'),
    'GraphDiff.ops': pageOf('parent', 'page'),
  },
  firstDefault: FIRST_DEFAULT,
  lists: { 'CollapseBatchPayload.entries': BATCH_COUNT_MAX },
  // Some tenths of a millisecond's work each hundred.
  prices: {
    'Query.__schema': 2000,
    'Query.__type': 200,
    'Query.previewCollapse': 1000,
    'Query.previewRebase': 1000,
    'Query.sides': 100,
    'Query.conflictSides': 100,
  },
  unboundedFields: ['key_b64', 'children', 'sdl', 'document_b64'],
};

function pageOf(of: PageRule['of'], argument: string): PageRule {
  return { of, paths: [[argument, 'first']] };
}

export function createSurfaceV0(): Surface {
  return { schema: createGraphqlSchema(), costs: COSTS, budgetTold: 'never' };
}

export function createGraphqlSchema(): GraphQLSchema {
  return makeExecutable(SCHEMA_TEXT, { scalars: SCALARS, resolvers: RESOLVERS, followed: FOLLOWED });
}

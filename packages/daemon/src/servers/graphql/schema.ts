/** The executable schema: `schema.graphql` with its scalars and resolvers. One serves every world. */
import {
  buildSchema,
  GraphQLObjectType,
  GraphQLScalarType,
  type GraphQLFieldResolver,
  type GraphQLSchema,
} from 'graphql';
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
import { SCALARS } from './scalars.ts';
import { resolveConflictSides, resolveSides } from './sides-query.ts';
import {
  followRewrites,
  followTasks,
  followTicks,
  resolveFollowedRewrite,
  resolveFollowedTick,
} from './subscriptions.ts';
import { changeSettings, resolveWorldSettings } from './settings.ts';

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

export function createGraphqlSchema(): GraphQLSchema {
  const schema = buildSchema(SCHEMA_TEXT);
  for (const [name, scalar] of Object.entries(SCALARS)) {
    const type = schema.getType(name);
    if (!(type instanceof GraphQLScalarType)) throw new Error(`schema.graphql has no scalar ${name}`);
    Object.assign(type, scalar);
  }
  for (const [name, resolvers] of Object.entries(RESOLVERS)) {
    const type = schema.getType(name);
    if (!(type instanceof GraphQLObjectType)) throw new Error(`schema.graphql has no type ${name}`);
    const fields = type.getFields();
    for (const [fieldName, resolve] of Object.entries(resolvers)) {
      const field = fields[fieldName];
      if (field === undefined) throw new Error(`schema.graphql has no field ${name}.${fieldName}`);
      // GraphQL.js can't know the types that its own coercion and our parents guarantee.
      field.resolve = resolve as GraphQLFieldResolver<unknown, unknown>;
    }
  }
  const subscribed = schema.getSubscriptionType()?.getFields();
  for (const [fieldName, resolvers] of Object.entries(FOLLOWED)) {
    const field = subscribed?.[fieldName];
    if (field === undefined) throw new Error(`schema.graphql has no field Subscription.${fieldName}`);
    Object.assign(field, resolvers);
  }
  return schema;
}

/** The surface v1: `schema.graphql` with its scalars, resolvers and costs. */
import { BATCH_COUNT_MAX, CONFLICTS_TOLD_MAX, OFFENDERS_TOLD_MAX, POLICIES } from '@jitos/kernel';
import { isObjectType, type GraphQLSchema } from 'graphql';
import { readFileSync } from 'node:fs';
import { makeExecutable, type SchemaParts } from '../graphql/make-executable.ts';
import type { CostRules, PageRule, Surface } from '../graphql/surface.ts';
import { PAGE_DEFAULT } from './connection.ts';
import { elementConnectionFields, graphNodeFields, reachEdgeFields, viewElementFields } from './element-lists.ts';
import { graphEdgeFields } from './elements.ts';
import { diffFields, namedElementFields, resolveDiffV1 } from './diffs.ts';
import { conflictFields, resolveEvent, resolveEvents, resolveRewrites } from './events.ts';
import {
  mutationFields,
  offenderFields,
  payloadFields,
  problemType,
  receiptFields,
  resolvePreviewCollapse,
  resolvePreviewRebase,
} from './mutations.ts';
import { resolveNode, resolveNodes } from './node-query.ts';
import { elementProofOf, resolveConsistencyProof, resolveInclusionProof, resolveTreeHead } from './proofs.ts';
import {
  carrierFields,
  conflictProvenanceFields,
  provenanceFields,
  provenanceOf,
  resolveConflictProvenanceV1,
  resolveConflictSidesV1,
  sidesOf,
  writerFields,
} from './provenance.ts';
import { SCALARS_V1 } from './scalars.ts';
import { FOLLOWED_V1 } from './subscriptions.ts';
import { resolveView, viewFields } from './views.ts';
import { resolveGrant, resolveRequestedEvent } from './why-queries.ts';
import { resolveWorkspace, resolveWorkspaces, workspaceFields } from './workspaces.ts';
import {
  policyFields,
  proposalFields,
  resolveWorld,
  ruleOffenderFields,
  rulePackFields,
  settingsFields,
  worldFields,
} from './world.ts';

/** The text of the schema, for people and tools. */
export const SCHEMA_V1_TEXT: string = readFileSync(new URL('./schema.graphql', import.meta.url), 'utf8');

/** Fields that need work; every other is a property of its parent's answer. */
const RESOLVERS = {
  Query: {
    node: resolveNode,
    nodes: resolveNodes,
    view: resolveView,
    workspace: resolveWorkspace,
    workspaces: resolveWorkspaces,
    world: resolveWorld,
    previewCollapse: resolvePreviewCollapse,
    previewRebase: resolvePreviewRebase,
    event: resolveEvent,
    requestedEvent: resolveRequestedEvent,
    grant: resolveGrant,
    events: resolveEvents,
    rewrites: resolveRewrites,
    diff: resolveDiffV1,
    conflictSides: resolveConflictSidesV1,
    conflictProvenance: resolveConflictProvenanceV1,
    treeHead: resolveTreeHead,
    inclusionProof: resolveInclusionProof,
    consistencyProof: resolveConsistencyProof,
  },
  View: { ...viewFields, ...viewElementFields, provenance: provenanceOf, proof: elementProofOf },
  Mutation: mutationFields,
  CommandPayload: payloadFields,
  Receipt: receiptFields,
  Offender: offenderFields,
  Conflict: conflictFields,
  Diff: diffFields,
  ElementChange: namedElementFields,
  ElementSides: namedElementFields,
  Provenance: provenanceFields,
  ConflictProvenance: conflictProvenanceFields,
  ElementWriter: writerFields,
  Carrier: carrierFields,
  GraphNode: graphNodeFields,
  GraphEdge: graphEdgeFields,
  GraphNodeConnection: elementConnectionFields,
  GraphEdgeConnection: elementConnectionFields,
  ReachEdge: reachEdgeFields,
  World: worldFields,
  WorldSettings: settingsFields,
  CollapsePolicy: policyFields,
  RulePack: rulePackFields,
  RulesProposal: proposalFields,
  RuleOffender: ruleOffenderFields,
  Workspace: { ...workspaceFields, sides: sidesOf },
} as const;

const LEVELS_MAX = 25;

/** Every connection's edges are as many as the arguments of the field that it answers. */
const EDGES: PageRule = { of: 'parent', paths: [['first'], ['last']] };

function costsOf(schema: GraphQLSchema): CostRules {
  const connections = Object.values(schema.getTypeMap()).filter(
    (type) => isObjectType(type) && type.name.endsWith('Connection'),
  );
  return {
    levelsMax: LEVELS_MAX,
    pages: {
      ...Object.fromEntries(connections.map(({ name }) => [`${name}.edges`, EDGES])),
      'Query.nodes': { of: 'field', paths: [['ids']] },
    },
    firstDefault: PAGE_DEFAULT,
    lists: {
      'World.policies': POLICIES.length,
      'RulesProposal.offenders': OFFENDERS_TOLD_MAX,
      'CommandPayload.problems': CONFLICTS_TOLD_MAX,
      // All those of an event together are at most as many.
      'Event.collapses': BATCH_COUNT_MAX,
      'CollapseReport.conflicts': 1,
    },
    // Some tenths of a millisecond's work each hundred.
    prices: {
      'Query.__schema': 2000,
      'Query.__type': 200,
      'Workspace.sides': 100,
      'Query.conflictSides': 100,
      'Query.previewCollapse': 1000,
      'Query.previewRebase': 1000,
      'View.provenance': 10,
      'View.proof': 10,
      'Query.treeHead': 10,
      'Receipt.proof': 10,
      'Query.inclusionProof': 10,
      'Query.consistencyProof': 10,
      'Workspace.parent': 1,
      'View.node': 1,
      'View.edge': 1,
      'GraphEdge.from': 1,
      'GraphEdge.to': 1,
    },
    unboundedFields: ['key', 'sdl', 'document'],
  };
}

/** What makes the text executable. */
export const PARTS_V1: SchemaParts = {
  scalars: SCALARS_V1,
  resolvers: RESOLVERS,
  followed: FOLLOWED_V1,
  typeOf: { Node: ({ type = 'View' }: { readonly type?: string }) => type, Problem: problemType },
};

export function createSurfaceV1(): Surface {
  const schema = makeExecutable(SCHEMA_V1_TEXT, PARTS_V1);
  return { schema, costs: costsOf(schema), budgetTold: 'in-extensions' };
}

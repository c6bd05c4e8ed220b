/** Made by `npm run generate` of the daemon's schema and `operations.graphql`: not to be edited. */
import type { Json, Operation } from './operation.ts';

export interface ChangeSettingsInput {
  readonly defaultPolicyId?: number | null | undefined;
  readonly defaultPolicy?: string | null | undefined;
  readonly openWorkspacesMax?: number | null | undefined;
  readonly workspaceOpsMax?: number | null | undefined;
  readonly baseAgeSystemChangesMax?: number | null | undefined;
  readonly abortsMax?: number | null | undefined;
  readonly keyWorkspacesMax?: number | null | undefined;
  readonly keyWorkspaceOpsMax?: number | null | undefined;
  readonly workspaceIdleTicksMax?: number | null | undefined;
  readonly baseAgeTicksMax?: number | null | undefined;
  readonly meta?: Json | null | undefined;
}
export interface ChoiceInput {
  readonly element: string;
  readonly side: SideChosen;
}
export interface CollapseBatchInput {
  readonly swsIds: readonly string[];
  readonly order?: BatchOrder | null | undefined;
  readonly policyId?: number | null | undefined;
  readonly policy?: string | null | undefined;
  readonly meta?: Json | null | undefined;
}
export interface CollapseSwsInput {
  readonly swsId: string;
  readonly policyId?: number | null | undefined;
  readonly policy?: string | null | undefined;
  readonly footprint?: FootprintInput | null | undefined;
  readonly meta?: Json | null | undefined;
}
export interface CreateSwsInput {
  readonly from?: string | null | undefined;
  readonly at?: string | null | undefined;
  readonly meta?: Json | null | undefined;
}
export interface DiscardSwsInput {
  readonly swsId: string;
  readonly reason?: string | null | undefined;
  readonly meta?: Json | null | undefined;
}
export interface EdgeFilterInput {
  readonly kinds?: readonly string[] | null | undefined;
  readonly from?: string | null | undefined;
  readonly to?: string | null | undefined;
}
export interface FootprintInput {
  readonly baseSnapshotId: string;
  readonly ranges: readonly RangeInput[];
}
export interface MomentInput {
  readonly view: ViewRefInput;
  readonly at?: string | null | undefined;
}
export interface NodeFilterInput {
  readonly kinds?: readonly string[] | null | undefined;
  readonly hasKeys?: readonly string[] | null | undefined;
}
export interface PageInput {
  readonly first?: number | null | undefined;
  readonly after?: string | null | undefined;
}
export interface ProposeRulePackInput {
  readonly sdl: string;
  readonly meta?: Json | null | undefined;
}
export interface RangeInput {
  readonly range: RangeType;
  readonly id?: string | null | undefined;
  readonly kind?: string | null | undefined;
}
export interface RebaseSwsInput {
  readonly swsId: string;
  readonly policyId?: number | null | undefined;
  readonly policy?: string | null | undefined;
  readonly footprint?: FootprintInput | null | undefined;
  readonly choices?: readonly ChoiceInput[] | null | undefined;
  readonly ops?: readonly Json[] | null | undefined;
  readonly meta?: Json | null | undefined;
}
export interface RewriteInput {
  readonly ops: readonly Json[];
  readonly meta?: Json | null | undefined;
}
export interface UndoCollapseInput {
  readonly id: string;
  readonly meta?: Json | null | undefined;
}
export interface ViewRefInput {
  readonly kind: ViewKind;
  readonly swsId?: string | null | undefined;
  readonly snapshotId?: string | null | undefined;
}
export type BatchOrder = 'ANY' | 'GIVEN';
export type CommitStatus = 'COMMITTED' | 'ABORTED';
export type ElementType = 'NODE' | 'EDGE';
export type RangeType = 'NODE' | 'EDGE' | 'NODES' | 'EDGES' | 'OUT' | 'IN' | 'SLOT' | 'VIEW';
export type RulesState = 'CHECKING' | 'ACTIVE' | 'REFUSED' | 'WITHDRAWN';
export type SideChosen = 'OURS' | 'THEIRS';
export type ViewKind = 'SYSTEM' | 'SWS';
export type NodeParts = {
  readonly id: string;
  readonly kind: string;
  readonly data: Json;
  readonly key_b64: string | null;
};
export type EdgeParts = {
  readonly id: string;
  readonly kind: string;
  readonly from: string;
  readonly to: string;
  readonly data: Json | null;
  readonly key_b64: string | null;
};
export type WorkspaceParts = {
  readonly id: string;
  readonly parentSnapshotId: string | null;
  readonly base: { readonly kind: ViewKind; readonly swsId: string | null; readonly snapshotId: string | null };
  readonly state: string;
  readonly meta: Json | null;
  readonly parent: string | null;
  readonly children: readonly string[];
  readonly opCount: number | null;
  readonly abortCount: number | null;
  readonly needsAttention: boolean;
};
export type ReceiptParts = { readonly rewriteIdx: string; readonly viewDigest: string };
export type CollapseParts = {
  readonly committed: boolean;
  readonly systemSnapshotId: string | null;
  readonly receipt: { readonly rewriteIdx: string | null } | null;
  readonly conflicts: readonly Json[];
  readonly report: {
    readonly id: string;
    readonly mode: string | null;
    readonly policy: { readonly id: number; readonly name: string; readonly version: number };
    readonly target: { readonly kind: ViewKind; readonly swsId: string | null };
    readonly targetDigest: string;
    readonly changed: { readonly nodes: number; readonly edges: number } | null;
    readonly conflictCount: string;
    readonly conflictsDigest: string | null;
    readonly proof: Json | null;
  };
};
export type RebaseParts = {
  readonly rebased: boolean;
  readonly receipt: ReceiptParts | null;
  readonly conflictCount: string;
  readonly conflicts: readonly Json[];
};
export type BatchParts = {
  readonly id: string;
  readonly committedCount: number;
  readonly abortedCount: number;
  readonly receipt: { readonly rewriteIdx: string | null };
  readonly policy: { readonly id: number; readonly name: string; readonly version: number };
  readonly changed: { readonly nodes: number; readonly edges: number };
  readonly entries: readonly {
    readonly swsId: string;
    readonly committed: boolean;
    readonly changed: { readonly nodes: number; readonly edges: number };
    readonly conflictCount: string;
    readonly conflicts: readonly Json[];
  }[];
  readonly proof: Json;
};
export type RewriteParts = {
  readonly id: string;
  readonly idx: string;
  readonly view: { readonly kind: ViewKind; readonly swsId: string | null };
  readonly ops: readonly Json[];
  readonly meta: Json | null;
};
export type WriterParts = {
  readonly writer: {
    readonly id: string;
    readonly rewriteIdx: string;
    readonly view: { readonly kind: ViewKind; readonly swsId: string | null };
    readonly principal: string;
    readonly meta: Json | null;
    readonly op: Json | null;
    readonly carriedBy: readonly {
      readonly id: string;
      readonly rewriteIdx: string;
      readonly into: { readonly kind: ViewKind; readonly swsId: string | null };
      readonly principal: string;
      readonly meta: Json | null;
    }[];
  } | null;
  readonly searched: number;
  readonly next: string | null;
};
export type SidesParts = {
  readonly element: ElementType;
  readonly id: string;
  readonly kind: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly key_b64: string | null;
  readonly base: { readonly digest: string; readonly data: Json } | null;
  readonly ours: { readonly digest: string; readonly data: Json } | null;
  readonly theirs: { readonly digest: string; readonly data: Json } | null;
};
export type SettingsParts = {
  readonly defaultPolicy: { readonly id: number; readonly name: string; readonly version: number };
  readonly openWorkspacesMax: number;
  readonly workspaceOpsMax: number;
  readonly baseAgeSystemChangesMax: number;
  readonly abortsMax: number;
};
export type RulesParts = {
  readonly state: RulesState;
  readonly rulePackId: string;
  readonly proposedAt: string;
  readonly endedAt: string | null;
  readonly checkedCount: string;
  readonly offenderCount: string;
  readonly offenders: readonly Json[];
};
export type GetInfoData = {
  readonly kernelInfo: {
    readonly version: string;
    readonly newestEvent: string;
    readonly tick: string;
    readonly rulePackId: string | null;
    readonly commitStatus: CommitStatus;
  };
};
export interface GetInfoVariables {}
export const getInfo: Operation<GetInfoData, GetInfoVariables> = {
  text: 'query getInfo{kernelInfo{version newestEvent tick rulePackId commitStatus}}',
};
export type GetHeadData = { readonly graph: { readonly digest: string; readonly snapshotId: string | null } };
export interface GetHeadVariables {
  readonly view: ViewRefInput;
  readonly at?: string | null | undefined;
}
export const getHead: Operation<GetHeadData, GetHeadVariables> = {
  text: 'query getHead($view:ViewRefInput!$at:ID){graph(view:$view at:$at){digest snapshotId}}',
};
export type GetNodeData = { readonly node: NodeParts | null };
export interface GetNodeVariables {
  readonly view: ViewRefInput;
  readonly at?: string | null | undefined;
  readonly id: string;
}
export const getNode: Operation<GetNodeData, GetNodeVariables> = {
  text: 'query getNode($view:ViewRefInput!$at:ID$id:ID!){node(view:$view at:$at id:$id){...NodeParts}}fragment NodeParts on GraphNode{id kind data key_b64}',
};
export type GetEdgeData = { readonly edge: EdgeParts | null };
export interface GetEdgeVariables {
  readonly view: ViewRefInput;
  readonly at?: string | null | undefined;
  readonly id: string;
}
export const getEdge: Operation<GetEdgeData, GetEdgeVariables> = {
  text: 'query getEdge($view:ViewRefInput!$at:ID$id:ID!){edge(view:$view at:$at id:$id){...EdgeParts}}fragment EdgeParts on GraphEdge{id kind from to data key_b64}',
};
export type PageNodesData = {
  readonly graph: {
    readonly snapshotId: string | null;
    readonly nodes: {
      readonly nodes: readonly NodeParts[];
      readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
    };
  };
};
export interface PageNodesVariables {
  readonly view: ViewRefInput;
  readonly at?: string | null | undefined;
  readonly page?: PageInput | null | undefined;
  readonly filter?: NodeFilterInput | null | undefined;
}
export const pageNodes: Operation<PageNodesData, PageNodesVariables> = {
  text: 'query pageNodes($view:ViewRefInput!$at:ID$page:PageInput$filter:NodeFilterInput){graph(view:$view at:$at nodesPage:$page nodeFilter:$filter){snapshotId nodes{nodes{...NodeParts}pageInfo{endCursor hasNextPage}}}}fragment NodeParts on GraphNode{id kind data key_b64}',
};
export type PageEdgesData = {
  readonly graph: {
    readonly snapshotId: string | null;
    readonly edges: {
      readonly edges: readonly EdgeParts[];
      readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
    };
  };
};
export interface PageEdgesVariables {
  readonly view: ViewRefInput;
  readonly at?: string | null | undefined;
  readonly page?: PageInput | null | undefined;
  readonly filter?: EdgeFilterInput | null | undefined;
}
export const pageEdges: Operation<PageEdgesData, PageEdgesVariables> = {
  text: 'query pageEdges($view:ViewRefInput!$at:ID$page:PageInput$filter:EdgeFilterInput){graph(view:$view at:$at edgesPage:$page edgeFilter:$filter){snapshotId edges{edges{...EdgeParts}pageInfo{endCursor hasNextPage}}}}fragment EdgeParts on GraphEdge{id kind from to data key_b64}',
};
export type PageRewritesData = { readonly rewrites: readonly RewriteParts[] };
export interface PageRewritesVariables {
  readonly view: ViewRefInput;
  readonly page?: PageInput | null | undefined;
}
export const pageRewrites: Operation<PageRewritesData, PageRewritesVariables> = {
  text: 'query pageRewrites($view:ViewRefInput!$page:PageInput){rewrites(view:$view page:$page){...RewriteParts}}fragment RewriteParts on RewriteEvent{id idx view{kind swsId}ops meta}',
};
export type PageChangesData = {
  readonly diff: {
    readonly changes: {
      readonly changes: readonly {
        readonly element: ElementType;
        readonly id: string;
        readonly kind: string;
        readonly from: string | null;
        readonly to: string | null;
        readonly key_b64: string | null;
        readonly before: { readonly digest: string; readonly data: Json } | null;
        readonly after: { readonly digest: string; readonly data: Json } | null;
      }[];
      readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
    };
  };
};
export interface PageChangesVariables {
  readonly from: MomentInput;
  readonly to: MomentInput;
  readonly page?: PageInput | null | undefined;
  readonly kinds?: readonly string[] | null | undefined;
}
export const pageChanges: Operation<PageChangesData, PageChangesVariables> = {
  text: 'query pageChanges($from:MomentInput!$to:MomentInput!$page:PageInput$kinds:[String!]){diff(from:$from to:$to page:$page kinds:$kinds){changes{changes{element id kind from to key_b64 before{digest data}after{digest data}}pageInfo{endCursor hasNextPage}}}}',
};
export type PageOpsData = {
  readonly diff: {
    readonly ops: {
      readonly ops: readonly Json[];
      readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
    };
  };
};
export interface PageOpsVariables {
  readonly from: MomentInput;
  readonly to: MomentInput;
  readonly page?: PageInput | null | undefined;
  readonly kinds?: readonly string[] | null | undefined;
}
export const pageOps: Operation<PageOpsData, PageOpsVariables> = {
  text: 'query pageOps($from:MomentInput!$to:MomentInput!$page:PageInput$kinds:[String!]){diff(from:$from to:$to page:$page kinds:$kinds){ops{ops pageInfo{endCursor hasNextPage}}}}',
};
export type SearchWriterData = { readonly provenance: WriterParts };
export interface SearchWriterVariables {
  readonly view: ViewRefInput;
  readonly at?: string | null | undefined;
  readonly element: string;
  readonly after?: string | null | undefined;
}
export const searchWriter: Operation<SearchWriterData, SearchWriterVariables> = {
  text: 'query searchWriter($view:ViewRefInput!$at:ID$element:ID!$after:String){provenance(view:$view at:$at element:$element after:$after){...WriterParts}}fragment WriterParts on Provenance{writer{id rewriteIdx view{kind swsId}principal meta op carriedBy{id rewriteIdx into{kind swsId}principal meta}}searched next}',
};
export type GetWorkspaceData = { readonly sws: WorkspaceParts | null };
export interface GetWorkspaceVariables {
  readonly id: string;
}
export const getWorkspace: Operation<GetWorkspaceData, GetWorkspaceVariables> = {
  text: 'query getWorkspace($id:ID!){sws(id:$id){...WorkspaceParts}}fragment WorkspaceParts on Sws{id parentSnapshotId base{kind swsId snapshotId}state meta parent children opCount abortCount needsAttention}',
};
export type ListWorkspacesData = { readonly listSws: readonly WorkspaceParts[] };
export interface ListWorkspacesVariables {
  readonly page?: PageInput | null | undefined;
}
export const listWorkspaces: Operation<ListWorkspacesData, ListWorkspacesVariables> = {
  text: 'query listWorkspaces($page:PageInput){listSws(page:$page){...WorkspaceParts}}fragment WorkspaceParts on Sws{id parentSnapshotId base{kind swsId snapshotId}state meta parent children opCount abortCount needsAttention}',
};
export type GetSidesData = { readonly sides: readonly SidesParts[] };
export interface GetSidesVariables {
  readonly swsId: string;
  readonly elements: readonly string[];
}
export const getSides: Operation<GetSidesData, GetSidesVariables> = {
  text: 'query getSides($swsId:ID!$elements:[ID!]!){sides(swsId:$swsId elements:$elements){...SidesParts}}fragment SidesParts on ElementSides{element id kind from to key_b64 base{digest data}ours{digest data}theirs{digest data}}',
};
export type GetConflictSidesData = { readonly conflictSides: readonly SidesParts[] };
export interface GetConflictSidesVariables {
  readonly id: string;
  readonly swsId?: string | null | undefined;
  readonly elements: readonly string[];
}
export const getConflictSides: Operation<GetConflictSidesData, GetConflictSidesVariables> = {
  text: 'query getConflictSides($id:ID!$swsId:ID$elements:[ID!]!){conflictSides(id:$id swsId:$swsId elements:$elements){...SidesParts}}fragment SidesParts on ElementSides{element id kind from to key_b64 base{digest data}ours{digest data}theirs{digest data}}',
};
export type GetCollapseData = { readonly collapseReceipt: CollapseParts };
export interface GetCollapseVariables {
  readonly id: string;
}
export const getCollapse: Operation<GetCollapseData, GetCollapseVariables> = {
  text: 'query getCollapse($id:ID!){collapseReceipt(id:$id){...CollapseParts}}fragment CollapseParts on CollapseSwsPayload{committed systemSnapshotId receipt{rewriteIdx}conflicts report{id mode policy{id name version}target{kind swsId}targetDigest changed{nodes edges}conflictCount conflictsDigest proof}}',
};
export type PreviewCollapseData = { readonly previewCollapse: CollapseParts };
export interface PreviewCollapseVariables {
  readonly swsId: string;
  readonly policy?: string | null | undefined;
  readonly footprint?: FootprintInput | null | undefined;
}
export const previewCollapse: Operation<PreviewCollapseData, PreviewCollapseVariables> = {
  text: 'query previewCollapse($swsId:ID!$policy:String$footprint:FootprintInput){previewCollapse(swsId:$swsId policy:$policy footprint:$footprint){...CollapseParts}}fragment CollapseParts on CollapseSwsPayload{committed systemSnapshotId receipt{rewriteIdx}conflicts report{id mode policy{id name version}target{kind swsId}targetDigest changed{nodes edges}conflictCount conflictsDigest proof}}',
};
export type PreviewRebaseData = { readonly previewRebase: RebaseParts };
export interface PreviewRebaseVariables {
  readonly swsId: string;
  readonly policy?: string | null | undefined;
  readonly footprint?: FootprintInput | null | undefined;
  readonly choices?: readonly ChoiceInput[] | null | undefined;
  readonly ops?: readonly Json[] | null | undefined;
}
export const previewRebase: Operation<PreviewRebaseData, PreviewRebaseVariables> = {
  text: 'query previewRebase($swsId:ID!$policy:String$footprint:FootprintInput$choices:[ChoiceInput!]$ops:[JSON!]){previewRebase(swsId:$swsId policy:$policy footprint:$footprint choices:$choices ops:$ops){...RebaseParts}}fragment RebaseParts on RebaseSwsPayload{rebased receipt{...ReceiptParts}conflictCount conflicts}fragment ReceiptParts on ReceiptV0{rewriteIdx viewDigest}',
};
export type GetSettingsData = { readonly worldSettings: SettingsParts };
export interface GetSettingsVariables {}
export const getSettings: Operation<GetSettingsData, GetSettingsVariables> = {
  text: 'query getSettings{worldSettings{...SettingsParts}}fragment SettingsParts on WorldSettings{defaultPolicy{id name version}openWorkspacesMax workspaceOpsMax baseAgeSystemChangesMax abortsMax}',
};
export type GetRulesData = { readonly rulesStatus: RulesParts | null };
export interface GetRulesVariables {}
export const getRules: Operation<GetRulesData, GetRulesVariables> = {
  text: 'query getRules{rulesStatus{...RulesParts}}fragment RulesParts on RulesStatus{state rulePackId proposedAt endedAt checkedCount offenderCount offenders}',
};
export type CreateSwsData = { readonly createSws: { readonly sws: { readonly id: string } } };
export interface CreateSwsVariables {
  readonly input?: CreateSwsInput | null | undefined;
}
export const createSws: Operation<CreateSwsData, CreateSwsVariables> = {
  text: 'mutation createSws($input:CreateSwsInput){createSws(input:$input){sws{id}}}',
};
export type ApplyRewriteData = { readonly applyRewrite: { readonly receipt: ReceiptParts } };
export interface ApplyRewriteVariables {
  readonly view: ViewRefInput;
  readonly rewrite: RewriteInput;
}
export const applyRewrite: Operation<ApplyRewriteData, ApplyRewriteVariables> = {
  text: 'mutation applyRewrite($view:ViewRefInput!$rewrite:RewriteInput!){applyRewrite(view:$view rewrite:$rewrite){receipt{...ReceiptParts}}}fragment ReceiptParts on ReceiptV0{rewriteIdx viewDigest}',
};
export type CollapseSwsData = { readonly collapseSws: CollapseParts };
export interface CollapseSwsVariables {
  readonly input: CollapseSwsInput;
}
export const collapseSws: Operation<CollapseSwsData, CollapseSwsVariables> = {
  text: 'mutation collapseSws($input:CollapseSwsInput!){collapseSws(input:$input){...CollapseParts}}fragment CollapseParts on CollapseSwsPayload{committed systemSnapshotId receipt{rewriteIdx}conflicts report{id mode policy{id name version}target{kind swsId}targetDigest changed{nodes edges}conflictCount conflictsDigest proof}}',
};
export type CollapseBatchData = { readonly collapseBatch: BatchParts };
export interface CollapseBatchVariables {
  readonly input: CollapseBatchInput;
}
export const collapseBatch: Operation<CollapseBatchData, CollapseBatchVariables> = {
  text: 'mutation collapseBatch($input:CollapseBatchInput!){collapseBatch(input:$input){...BatchParts}}fragment BatchParts on CollapseBatchPayload{id committedCount abortedCount receipt{rewriteIdx}policy{id name version}changed{nodes edges}entries{swsId committed changed{nodes edges}conflictCount conflicts}proof}',
};
export type RebaseSwsData = { readonly rebaseSws: RebaseParts };
export interface RebaseSwsVariables {
  readonly input: RebaseSwsInput;
}
export const rebaseSws: Operation<RebaseSwsData, RebaseSwsVariables> = {
  text: 'mutation rebaseSws($input:RebaseSwsInput!){rebaseSws(input:$input){...RebaseParts}}fragment RebaseParts on RebaseSwsPayload{rebased receipt{...ReceiptParts}conflictCount conflicts}fragment ReceiptParts on ReceiptV0{rewriteIdx viewDigest}',
};
export type DiscardSwsData = { readonly discardSws: { readonly discarded: boolean } };
export interface DiscardSwsVariables {
  readonly input: DiscardSwsInput;
}
export const discardSws: Operation<DiscardSwsData, DiscardSwsVariables> = {
  text: 'mutation discardSws($input:DiscardSwsInput!){discardSws(input:$input){discarded}}',
};
export type UndoCollapseData = {
  readonly undoCollapse: {
    readonly sws: { readonly id: string } | null;
    readonly offenderCount: number;
    readonly offenders: readonly Json[];
  };
};
export interface UndoCollapseVariables {
  readonly input: UndoCollapseInput;
}
export const undoCollapse: Operation<UndoCollapseData, UndoCollapseVariables> = {
  text: 'mutation undoCollapse($input:UndoCollapseInput!){undoCollapse(input:$input){sws{id}offenderCount offenders}}',
};
export type ChangeSettingsData = { readonly changeSettings: { readonly settings: SettingsParts } };
export interface ChangeSettingsVariables {
  readonly input: ChangeSettingsInput;
}
export const changeSettings: Operation<ChangeSettingsData, ChangeSettingsVariables> = {
  text: 'mutation changeSettings($input:ChangeSettingsInput!){changeSettings(input:$input){settings{...SettingsParts}}}fragment SettingsParts on WorldSettings{defaultPolicy{id name version}openWorkspacesMax workspaceOpsMax baseAgeSystemChangesMax abortsMax}',
};
export type ProposeRulePackData = {
  readonly proposeRulePack: { readonly rulePackId: string; readonly status: RulesParts };
};
export interface ProposeRulePackVariables {
  readonly input: ProposeRulePackInput;
}
export const proposeRulePack: Operation<ProposeRulePackData, ProposeRulePackVariables> = {
  text: 'mutation proposeRulePack($input:ProposeRulePackInput!){proposeRulePack(input:$input){rulePackId status{...RulesParts}}}fragment RulesParts on RulesStatus{state rulePackId proposedAt endedAt checkedCount offenderCount offenders}',
};
export type FollowRewritesData = { readonly rewrites: RewriteParts };
export interface FollowRewritesVariables {
  readonly view: ViewRefInput;
  readonly after?: string | null | undefined;
}
export const followRewrites: Operation<FollowRewritesData, FollowRewritesVariables> = {
  text: 'subscription followRewrites($view:ViewRefInput!$after:ID){rewrites(view:$view after:$after){...RewriteParts}}fragment RewriteParts on RewriteEvent{id idx view{kind swsId}ops meta}',
};
export type FollowTicksData = {
  readonly ticks: { readonly id: string; readonly tick: string; readonly ticks: string };
};
export interface FollowTicksVariables {
  readonly after?: string | null | undefined;
}
export const followTicks: Operation<FollowTicksData, FollowTicksVariables> = {
  text: 'subscription followTicks($after:ID){ticks(after:$after){id tick ticks}}',
};

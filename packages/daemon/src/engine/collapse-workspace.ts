/** Collapsing and rebasing workspaces, and previews, with what was read of them where the policy asks for that. */
import {
  decide,
  getWorkspace,
  mergeFork,
  policyById,
  requestKey,
  targetOf,
  trieGet,
  type Collapse,
  type CollapseWorkspace,
  type Conflict,
  type Decided,
  type Footprint,
  type Rebase,
  type RebaseWorkspace,
  type Refusal,
  type Workspace,
  type World,
} from '@jitos/kernel';
import { readEvent } from './history-reader.ts';
import type { OpenWorld } from './open-world.ts';
import { sha256 } from './sha256.ts';
import type { Reply } from './world-loop.ts';

type Request = CollapseWorkspace | RebaseWorkspace;

/** What is needed of a world for that. */
export interface Gathering extends Pick<OpenWorld, 'log' | 'loop'> {
  readonly reads: Pick<OpenWorld['reads'], 'footprintOf'>;
}

/** A rebase that leaves conflicts: it was refused, and wrote nothing. */
export interface Unsettled {
  /** Sorted; all of them. */
  readonly unsettled: readonly Conflict[];
  readonly footprint: Footprint | null;
}

/**
 * Submits a collapse or a rebase. A footprint that it needs and has not is the one that was gathered until it is decided; of a
 * retry it is what the first time told, so that it is the same command.
 */
export async function submitWithReads(open: Gathering, request: Request): Promise<Reply | Unsettled> {
  type Outcome = Reply | Unsettled | { readonly firstIdx: number };
  const outcome = await open.loop.run<Outcome>(request.principal, function* (newest) {
    const world = newest();
    const firstIdx = request.footprint === null ? rememberedIdx(world, request) : undefined;
    if (firstIdx !== undefined) return { firstIdx };
    const command = { ...request, footprint: footprintOf(open, world, request) };
    const reply = yield command;
    const isUnsettled = 'ok' in reply && reply.reason === 'REBASE_CONFLICTS' && command.type === 'rebaseWorkspace';
    return isUnsettled ? unsettledOf(newest(), command) : reply;
  });
  if (!('firstIdx' in outcome)) return outcome;
  const { event } = await readEvent(open.log, outcome.firstIdx);
  const footprint = event.kind === 'COLLAPSE' || event.kind === 'REBASE' ? event.footprint : null;
  return await open.loop.submit({ ...request, footprint });
}

/** Why a rebase of this world is refused, which a refusal has no room for. */
function unsettledOf(world: World, { workspace: number, policyId, choices, footprint }: RebaseWorkspace): Unsettled {
  const workspace = getWorkspace(world, number);
  const policy = policyById(policyId ?? world.settings.defaultPolicyId);
  if (workspace === undefined || policy === undefined) throw new Error('a rebase has conflicts, so both are there');
  const { base, head, expected } = workspace;
  const { graph: theirs, rules } = targetOf(world, workspace);
  const terms = { policy, expected, footprint, choices: new Map(choices.map(({ id, side }) => [id, side])) };
  const { conflicts } = mergeFork({ rules, base: base.graph, ours: head.graph, theirs }, terms, sha256);
  return { unsettled: conflicts, footprint };
}

/** What the collapse would come to now, in a world that is durable. Writes nothing. */
export function previewCollapse(open: OpenWorld, world: World, request: CollapseWorkspace): Collapse | Refusal {
  const decision = decideAfresh(world, { ...request, footprint: footprintOf(open, world, request) });
  if (!decision.ok) return decision;
  const { event } = decision.encoded;
  if (event.kind !== 'COLLAPSE') throw new Error(`a collapse would write ${event.kind}`);
  return event;
}

/** A rebase that would be done, and the workspace after it. */
export interface RebaseForetold {
  readonly event: Rebase;
  readonly workspace: Workspace;
}

/** What the rebase would come to now, in a world that is durable. Writes nothing. */
export function previewRebase(
  open: OpenWorld,
  world: World,
  request: RebaseWorkspace,
): RebaseForetold | Unsettled | Refusal {
  const command = { ...request, footprint: footprintOf(open, world, request) };
  const decision = decideAfresh(world, command);
  if (!decision.ok) return decision.reason === 'REBASE_CONFLICTS' ? unsettledOf(world, command) : decision;
  const { event } = decision.encoded;
  const workspace = getWorkspace(decision.world, command.workspace);
  if (event.kind !== 'REBASE' || workspace === undefined) throw new Error('a rebase ends its workspace');
  return { event, workspace };
}

function decideAfresh(world: World, command: Request): Decided | Refusal {
  const decision = decide(world, command, sha256);
  if (decision.ok && decision.repeated) throw new Error('a preview has no request id, and is decided');
  // What would be denied is refused here, and nothing tells of it.
  return (decision.ok && decision.denial) || decision;
}

function rememberedIdx({ requests }: World, { principal, requestId }: Request): number | undefined {
  if (requestId === null) return undefined;
  return trieGet(requests.requests, requestKey(principal, requestId, sha256))?.firstIdx;
}

function footprintOf({ reads }: Pick<Gathering, 'reads'>, world: World, request: Request): Footprint | null {
  const policy = policyById(request.policyId ?? world.settings.defaultPolicyId);
  if (request.footprint !== null || policy?.checksReads !== true) return request.footprint;
  const workspace = getWorkspace(world, request.workspace);
  return workspace === undefined ? null : reads.footprintOf(workspace);
}

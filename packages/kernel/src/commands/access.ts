/**
 * Authority: whether a principal may do what its command asks for.
 *
 * - P1 A principal that the edge vouches for may do everything; a key, what one of its grants allows.
 * - P2 A workspace is its owner's and the operator's. Whoever else touches it needs `control`: also one who collapses a fork of it
 *      into it, or rebases one onto it.
 * - P3 `control` allows what every verb but `work` does.
 * - P4 What is written is held to a grant's kinds and prefix by what has changed, however the ops put it.
 * - P5 Of several grants that allow it, the one that was added first pays.
 * - P6 A denial is an event, a few times a tick (`denials.ts`); the caller is told by a refusal either way.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { numberToKey } from '../bytes/number-key.ts';
import type { Digest } from '../bytes/digest.ts';
import type { AccessDenied, Event } from '../history/event.ts';
import { refuse, type Refusal } from '../refusal.ts';
import { trieGet } from '../trie/trie.ts';
import { countDenial, isDenialTold } from '../grant/denials.ts';
import type { Verb } from '../grant/grant.ts';
import { allowancesFor, chainOf, getGrant, heldCount, holdsGrant, spend, type Allowance } from '../grant/grants.ts';
import { keyOfPrincipal } from '../grant/principal.ts';
import type { Graph } from '../graph/graph.ts';
import { firstOutOfReach, reachesAll, type OutOfReach } from '../grant/reach.ts';
import type { ViewId } from '../history/event.ts';
import { getEndedWorkspace, getWorkspace, type World } from '../world.ts';
import type { Command } from './command.ts';
import { pins, type EventDraft } from './outcome.ts';

/** What the command was allowed by, or why it was denied. */
export type Access = Allowed | Denied;

export interface Allowed {
  readonly ok: true;
  /** Of a key: each grant that allows it, as far as that can be told beforehand. */
  readonly allowances: readonly Allowance[];
}

/** What is missing, as its event tells. */
export interface Denied {
  readonly ok: false;
  readonly verb: Verb;
  readonly view: number | null;
  readonly written: OutOfReach | null;
}

/** No grant allows to give what hangs on nothing. */
const GIVING = 'addGrant';

/** Of a principal that the edge vouches for. */
const VOUCHED: Allowed = { ok: true, allowances: [] };

/** Looks at everything but what the command would write. */
export function accessOf(world: World, command: Command): Access {
  const key = keyOfPrincipal(command.principal);
  if (key === null) return VOUCHED;
  if (command.type === GIVING) return linkAccess(command.terms.parent);
  if (command.type === 'revokeGrant' && isInChain(world, command.grantId, key)) return VOUCHED;
  const { verb, workspaces } = needOf(command);
  const foreign = touchedBy(world, command).find((number) => isForeign(world, number, key));
  const needed = foreign === undefined ? verb : 'control';
  const allowances = allowancesFor(world.grants, key, {
    verb: needed,
    tick: world.clock.tick,
    ops: commandCost(command),
  });
  if (allowances.length > 0) return { ok: true, allowances };
  return { ok: false, verb: needed, view: foreign ?? workspaces[0] ?? null, written: null };
}

/** A link needs no grant: the signature of its parent's holder speaks for it. What is without a parent is the owner's to give. */
function linkAccess(parent: Digest | null): Access {
  return parent === null ? { ok: false, verb: 'control', view: null, written: null } : VOUCHED;
}

function isInChain({ grants }: World, id: Digest, key: Bytes): boolean {
  const grant = getGrant(grants, id);
  return grant !== undefined && chainOf(grants, grant).some(({ holder }) => holder === key);
}

/** One that was never opened, or that nobody remembers, is nobody's. */
function isForeign(world: World, number: number, key: Bytes): boolean {
  if (!Number.isSafeInteger(number) || number < 0) return false;
  const workspace = getWorkspace(world, number) ?? getEndedWorkspace(world, number);
  return workspace !== undefined && workspace.owner !== key;
}

/** The workspaces that the command names, and those that what it names is merged with. */
function touchedBy(world: World, command: Command): readonly number[] {
  const { workspaces } = needOf(command);
  if (!MERGES.includes(command.type)) return workspaces;
  return [...workspaces, ...workspaces.flatMap((number) => getWorkspace(world, number)?.parent ?? [])];
}

const MERGES: readonly Command['type'][] = ['collapseWorkspace', 'collapseBatch', 'rebaseWorkspace'];

interface Need {
  readonly verb: Verb;
  readonly workspaces: readonly number[];
}

function needOf(command: Command): Need {
  switch (command.type) {
    case 'createWorkspace':
      return { verb: 'write', workspaces: command.from === null ? [] : [command.from] };
    case 'applyRewrite':
      return { verb: 'write', workspaces: command.view === 'system' ? [] : [command.view] };
    case 'rebaseWorkspace':
    case 'discardWorkspace':
      return { verb: 'write', workspaces: [command.workspace] };
    case 'collapseWorkspace':
      return { verb: 'collapse', workspaces: [command.workspace] };
    case 'collapseBatch':
      return { verb: 'collapse', workspaces: command.workspaces };
    case 'expireWorkspace':
      return { verb: 'control', workspaces: [command.workspace] };
    case 'addGrant':
    case 'advanceClock':
    case 'changeSettings':
    case 'changeSigningKey':
    case 'checkRules':
    case 'proposeRules':
    case 'recordCheckpoint':
    case 'revokeGrant':
    case 'withdrawRules':
      return { verb: 'control', workspaces: [] };
  }
}

/** Whether one of the grants reaches what the command has changed, and which pays. `after` is the world that it led to. */
export function payerOf(
  { allowances }: Allowed,
  command: Command,
  before: World,
  after: World,
): { readonly ok: true; readonly grant: Digest | null } | Denied {
  let missed: OutOfReach | undefined;
  for (const { grant, chain } of allowances) {
    const outside = reachesAll(chain) ? undefined : writtenOutside(chain, command, before, after);
    if (outside === undefined) return { ok: true, grant: grant.id };
    missed ??= outside;
  }
  if (missed === undefined) return { ok: true, grant: null };
  return { ok: false, verb: 'write', view: needOf(command).workspaces[0] ?? null, written: missed };
}

/**
 * A rewrite is held to what it has changed, a collapse to what has changed in its target, settled conflicts included. A rebase that
 * writes is held to all that the workspace has changed: the merge hides what of that is new.
 */
function writtenOutside(
  chain: Allowance['chain'],
  command: Command,
  before: World,
  after: World,
): OutOfReach | undefined {
  if (command.type === 'applyRewrite') {
    return firstChanged(chain, graphOf(before, command.view), graphOf(after, command.view));
  }
  if (command.type === 'rebaseWorkspace' && command.ops.length > 0) {
    const rebased = getWorkspace(after, command.workspace);
    return firstChanged(chain, rebased?.base.graph, rebased?.head.graph);
  }
  if (command.type !== 'collapseWorkspace' && command.type !== 'collapseBatch') return undefined;
  const [number] = command.type === 'collapseBatch' ? command.workspaces : [command.workspace];
  const target = getWorkspace(before, number!)?.parent ?? 'system'; // one at least
  return firstChanged(chain, graphOf(before, target), graphOf(after, target));
}

function graphOf(world: World, view: ViewId): Graph | undefined {
  return view === 'system' ? world.system.graph : getWorkspace(world, view)?.head.graph;
}

function firstChanged(
  chain: Allowance['chain'],
  before: Graph | undefined,
  after: Graph | undefined,
): OutOfReach | undefined {
  return before && after && firstOutOfReach(chain, before, after);
}

/** Ops that a command takes of what a grant pays for. */
function commandCost(command: Command): number {
  const ops = command.type === 'applyRewrite' || command.type === 'rebaseWorkspace' ? command.ops.length : 0;
  return Math.max(1, ops);
}

function eventCost(event: Event): number {
  return event.kind === 'REWRITE_APPLIED' || event.kind === 'REBASE' ? Math.max(1, event.ops.length) : 1;
}

/** The world after the grant that the event names has paid for it. */
export function withPayment(world: World, event: Event): World {
  const { grant } = event.cause;
  return grant === null ? world : { ...world, grants: spend(world.grants, grant, eventCost(event)) };
}

/** What the caller is told. */
export function denialRefusal({ verb, view, written }: Denied): Refusal {
  const where = view === null ? '' : ` on workspace ${view}`;
  if (written !== null) {
    return refuse(
      'ACCESS_DENIED',
      'ops',
      `no grant lets it write a ${written.element} of kind ${written.kind}${where}`,
    );
  }
  return refuse('ACCESS_DENIED', '', `no grant allows '${verb}'${where}`);
}

/** The event that tells of a denial; undefined where that would be too many. */
export function denialDraft(world: World, command: Command, denied: Denied): EventDraft<AccessDenied> | undefined {
  const key = keyOfPrincipal(command.principal);
  if (key === null || !mayBeTold(world, key)) return undefined;
  const { verb, view, written } = denied;
  const ops = commandCost(command);
  return { kind: 'ACCESS_DENIED', view, pins: pins(world, null), command: command.type, verb, ops, written };
}

/** Whoever holds nothing any more leaves no trace, however often they ask. */
function mayBeTold({ grants, denials, clock }: World, key: Bytes): boolean {
  return isDenialTold(denials, key) && holdsGrant(grants, key, clock.tick);
}

/** Whether a denial might have been decided in its place; of what was written, its event holds too little to tell. */
export function isDeniable(world: World, event: AccessDenied): boolean {
  const { cause, command, verb, view, ops, written } = event;
  // Nobody pays for it.
  if (cause.grant !== null || event.pins.policyId !== null || event.pins.rulePackId !== world.system.rules.id)
    return false;
  const key = keyOfPrincipal(cause.principal);
  if (key === null || !mayBeTold(world, key)) return false;
  if (command === GIVING) return verb === 'control' && view === null && written === null;
  if (written !== null) return verb === 'write';
  return allowancesFor(world.grants, key, { verb, tick: world.clock.tick, ops }).length === 0;
}

export function applyAccessDenied(world: World, principal: string): World {
  const key = keyOfPrincipal(principal);
  return key === null ? world : { ...world, denials: countDenial(world.denials, key) };
}

/**
 * Why the principal may not look at the view at this tick, or undefined. O(its grants). A workspace that the world no longer
 * remembers is looked at by those who may see every one.
 */
export function readProblem(world: World, principal: string, view: ViewId, tick: number): Refusal | undefined {
  const key = keyOfPrincipal(principal);
  if (key === null) return undefined;
  const isOwn = view === 'system' || ownerOf(world, view) === key;
  return verbProblem(world, principal, isOwn ? 'read' : 'control', tick);
}

/** Why the principal may not do at this tick what the verb allows, or undefined. O(its grants). */
export function verbProblem(world: World, principal: string, verb: Verb, tick: number): Refusal | undefined {
  const key = keyOfPrincipal(principal);
  if (key === null || allowancesFor(world.grants, key, { verb, tick, ops: 0 }).length > 0) return undefined;
  return denialRefusal({ ok: false, verb, view: null, written: null });
}

/** Whether the principal was ever given anything in this world, or needs nothing. */
export function holdsGrants({ grants }: World, principal: string): boolean {
  const key = keyOfPrincipal(principal);
  return key === null || heldCount(grants, key) > 0;
}

function ownerOf(world: World, number: number): Bytes | null {
  const open = trieGet(world.workspaces, numberToKey(number));
  return open?.owner ?? getEndedWorkspace(world, number)?.owner ?? null;
}

/**
 * What a principal may look at: the one place where reads are authorised. What it may do is decided by the kernel.
 *
 * - R1 Who holds no grant in a world learns nothing of it, not even whether there is one of this name.
 * - R2 A read is authorised against the newest durable world, at the tick of now: a grant that was revoked, or has run out, is of
 *      no use from then on, whatever a request has begun with.
 * - R3 Whoever the edge vouches for may read everything, and costs nothing here.
 */
import {
  holdsGrants,
  keyOfPrincipal,
  readProblem,
  verbProblem,
  type Event,
  type Refusal,
  type Verb,
  type ViewId,
} from '@jitos/kernel';
import { isCollapse, isRewrite, targetView, workspacesOf } from '../../engine/event-workspaces.ts';
import { MAIN_WORLD, type Host } from '../../engine/host.ts';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { Principal } from '../../engine/principal.ts';
import { Failure } from '../../errors/failure.ts';

/** Who asks, and of which world. */
export interface Asking {
  readonly open: OpenWorld;
  readonly principal: Principal;
}

/** The world that the principal names. Throws `WORLD_NOT_FOUND`, or `ACCESS_DENIED` where it holds nothing there (R1). */
export function mustEnter(host: Host, name: string, principal: Principal): OpenWorld {
  if (isVouchedFor(principal)) return host.mustGetWorld(name);
  const open = host.findWorld(name);
  if (open !== undefined && holdsGrants(open.loop.world, principal)) return open;
  throw denied('world', `it holds no grant in a world '${name.slice(0, 64)}'`);
}

/** What is the daemon's, not a world's: whoever may do everything in `main` may do that. Throws `ACCESS_DENIED`. */
export function mustControlDaemon(host: Host, principal: Principal): void {
  if (!isVouchedFor(principal)) mustHave({ open: mustEnter(host, MAIN_WORLD, principal), principal }, 'control');
}

/** Whether the principal may look at System of the world with this name. */
export function mayRead(host: Host, name: string, principal: Principal): boolean {
  if (isVouchedFor(principal)) return true;
  const open = host.findWorld(name);
  return open !== undefined && maySee({ open, principal }, 'system');
}

/** Throws `ACCESS_DENIED`. */
export function mustHave({ open, principal }: Asking, verb: Verb, place = ''): void {
  if (isVouchedFor(principal)) return;
  throwIf(verbProblem(open.loop.world, principal, verb, open.now()), place);
}

/** Throws `ACCESS_DENIED` unless the view is System, or the principal's own, or it controls the world. */
export function mustSee({ open, principal }: Asking, view: ViewId, place: string): void {
  if (isVouchedFor(principal)) return;
  throwIf(readProblem(open.loop.world, principal, view, open.now()), place);
}

/** Whether nothing of the world is kept from the principal. */
export function seesAll({ open, principal }: Asking): boolean {
  return isVouchedFor(principal) || verbProblem(open.loop.world, principal, 'control', open.now()) === undefined;
}

export function maySee({ open, principal }: Asking, view: ViewId): boolean {
  return isVouchedFor(principal) || readProblem(open.loop.world, principal, view, open.now()) === undefined;
}

/** What history tells of System and of the principal's own doings. Throws `ACCESS_DENIED` for any other event. */
export function mustSeeEvent(asking: Asking, event: Event, place: string): void {
  if (isVouchedFor(asking.principal)) return;
  mustHave(asking, isOpen(asking, event) ? 'read' : 'control', place);
}

export function maySeeEvent(asking: Asking, event: Event): boolean {
  return seesAll(asking) || (maySee(asking, 'system') && isOpen(asking, event));
}

/** Whether nothing in it is kept from those who may read. */
function isOpen(asking: Asking, event: Event): boolean {
  return tellsOwn(asking, event) || tellsSystem(event);
}

function tellsOwn(asking: Asking, event: Event): boolean {
  if (event.cause.principal === asking.principal) return true;
  const views = isRewrite(event) ? workspacesOf(event) : event.kind === 'SWS_CREATED' ? [event.view] : [];
  return views.length > 0 && views.every((view) => maySee(asking, view));
}

/** All of what it tells is System's. */
function tellsSystem(event: Event): boolean {
  if (event.kind === 'COLLAPSE') return event.mode !== null && targetView(event) === 'system';
  if (event.kind === 'COLLAPSE_BATCH') return event.abortedCount === 0 && targetView(event) === 'system';
  return !isCollapse(event) && SYSTEM_KINDS.includes(event.kind);
}

const SYSTEM_KINDS: readonly Event['kind'][] = [
  'WORLD_CREATED',
  'TICK',
  'CHECKPOINT',
  'SETTINGS_CHANGED',
  'SIGNING_KEY_CHANGED',
  'RULES_PROPOSED',
  'RULES_CHECKED',
  'RULES_ACTIVATED',
  'RULES_REFUSED',
  'RULES_WITHDRAWN',
];

export function isVouchedFor(principal: Principal): boolean {
  return keyOfPrincipal(principal) === null;
}

function throwIf(problem: Refusal | undefined, place: string): void {
  if (problem !== undefined) throw denied(place, problem.detail);
}

function denied(place: string, detail: string): Failure {
  return new Failure('ACCESS_DENIED', place, detail);
}

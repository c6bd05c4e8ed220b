/** Which workspaces an event is of, whatever its kind. */
import { isCommitted, type Collapse, type CollapseBatch, type Discard, type Event, type ViewId } from '@jitos/kernel';

/** The kinds of event that `rewriteIdx` counts. */
export type RewriteKind = Extract<Event, { readonly rewriteIdx: number }>;

export function isRewrite(event: Event): event is RewriteKind {
  return 'rewriteIdx' in event;
}

export function isCollapse(event: Event): event is Collapse | CollapseBatch {
  return event.kind === 'COLLAPSE' || event.kind === 'COLLAPSE_BATCH';
}

/** The workspaces among whose rewrites the event stands, in the order in which it looked at them. */
export function workspacesOf(event: RewriteKind): readonly number[] {
  return event.kind === 'COLLAPSE_BATCH' ? event.entries.map(({ workspace }) => workspace) : [event.view];
}

/** The workspaces that the event carried into their target, in that order: all of what was aborted is none. */
export function carriedWorkspaces(event: Event): readonly number[] {
  if (event.kind === 'COLLAPSE_BATCH') return event.entries.filter(isCommitted).map(({ workspace }) => workspace);
  return event.kind === 'COLLAPSE' && event.mode !== null ? [event.view] : [];
}

/** The view that a collapse goes into. */
export function targetView({ target }: Pick<Collapse, 'target'>): ViewId {
  return target ?? 'system';
}

/** The views among whose rewrites the event stands: a collapse that was aborted not among those of its target. */
export function viewsOf(event: RewriteKind): readonly ViewId[] {
  const views = workspacesOf(event);
  return isCollapse(event) && carriedWorkspaces(event).length > 0 ? [...views, targetView(event)] : views;
}

/** The workspaces that the event ended, in that order. */
export function endedWorkspaces(event: Event): readonly number[] {
  return event.kind === 'DISCARD' ? [event.view] : carriedWorkspaces(event);
}

/** idx of the `SWS_CREATED` of a workspace that the event ended. */
export function createdIdxOf(end: Collapse | CollapseBatch | Discard, workspace: number): number {
  if (end.kind !== 'COLLAPSE_BATCH') return end.createdIdx;
  return end.entries.find((entry) => entry.workspace === workspace)!.createdIdx; // the event is of the workspace
}

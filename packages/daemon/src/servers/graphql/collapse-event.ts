/** The collapse at an event, and which of its workspaces is asked about. */
import type { Collapse, CollapseBatch } from '@jitos/kernel';
import { isCollapse, workspacesOf } from '../../engine/event-workspaces.ts';
import { mustSee } from '../auth/access.ts';
import { Failure } from '../../errors/failure.ts';
import { readNamedEvent } from './read-named-event.ts';
import type { RequestContext } from './request-context.ts';
import { readNumber } from './view-input.ts';

export interface CollapseArgs {
  /** The event's. */
  readonly id: string;
  /** Need not be said where the collapse is of one workspace. */
  readonly swsId?: string | null;
}

export interface CollapseOf {
  readonly event: Collapse | CollapseBatch;
  readonly workspace: number;
}

/** As `readNamedEvent`. Throws `EVENT_NOT_FOUND`, `EVENT_ARCHIVED`, and `COLLAPSE_NOT_FOUND` at the argument that names none. */
export async function readCollapseEvent(
  context: RequestContext,
  { id, swsId = null }: CollapseArgs,
): Promise<CollapseOf> {
  const idx = readNumber(id, 'id');
  const named = swsId === null ? null : readNumber(swsId, 'swsId');
  const event = await readNamedEvent(context, idx, 'id');
  if (!isCollapse(event)) throw new Failure('COLLAPSE_NOT_FOUND', 'id', `event ${idx} is a ${event.kind}`);
  const workspaces = workspacesOf(event);
  const workspace = named ?? workspaces[0];
  const isOne = named !== null || workspaces.length === 1;
  if (workspace !== undefined && isOne && workspaces.includes(workspace)) {
    // What it has written, all of it: more than a collapse into System tells.
    if (event.cause.principal !== context.principal) mustSee(context, workspace, named === null ? 'id' : 'swsId');
    return { event, workspace };
  }
  const detail = isOne ? `is not of workspace ${workspace}` : `is of ${workspaces.length} workspaces: name one`;
  throw new Failure('COLLAPSE_NOT_FOUND', 'swsId', `event ${idx} ${detail}`);
}

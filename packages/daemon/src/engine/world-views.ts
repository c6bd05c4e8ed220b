/** Finding the views of a world. */
import { getWorkspace, type Snapshot, type ViewId, type Workspace, type World } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';

/** The view as it is. Throws `WORKSPACE_NOT_FOUND` or `WORKSPACE_ENDED`; `place` is what names the workspace. */
export function mustGetHead(world: World, view: ViewId, place: string): Snapshot {
  return view === 'system' ? world.system : mustGetWorkspace(world, view, place).head;
}

/** Throws `WORKSPACE_NOT_FOUND` or `WORKSPACE_ENDED`. */
export function mustGetWorkspace(world: World, number: number, place: string): Workspace {
  mustBeCreated(world, number, place);
  const workspace = getWorkspace(world, number);
  if (workspace === undefined) throw new Failure('WORKSPACE_ENDED', place, `workspace ${number} has ended`);
  return workspace;
}

/** Throws `WORKSPACE_NOT_FOUND` unless there is, or was, such a workspace. */
export function mustBeCreated(world: World, number: number, place: string): void {
  if (number < world.workspaceCount) return;
  throw new Failure('WORKSPACE_NOT_FOUND', place, `there is no workspace ${number}`);
}

/** The queries `node` and `nodes`: whatever an id of this API names. */
import { digestToHex } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';
import { invalid } from '../graphql/json-value.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { findEvent } from './events.ts';
import { findEdge, findNode } from './elements.ts';
import { parseGlobalId, type GlobalId, type ViewName } from './global-id.ts';
import { openView, type OpenView } from './views.ts';
import { findWorkspace } from './workspaces.ts';
import { findRulePackAnswer, WORLD } from './world.ts';

const IDS_MAX = 100;

export async function resolveNode(
  _: unknown,
  { id }: { readonly id: string },
  context: RequestContext,
): Promise<unknown> {
  return await findNamed(context, parseGlobalId(id, 'id'), 'id');
}

export async function resolveNodes(
  _: unknown,
  { ids }: { readonly ids: readonly string[] },
  context: RequestContext,
): Promise<readonly unknown[]> {
  if (ids.length > IDS_MAX) throw invalid('ids', `more than ${IDS_MAX} ids`);
  const names = ids.map((id, i) => parseGlobalId(id, `ids[${i}]`));
  const found: unknown[] = [];
  for (const [i, name] of names.entries()) found.push(await findNamed(context, name, `ids[${i}]`));
  return found;
}

/** What is not there, or not any more. */
const ABSENT: readonly Reason[] = [
  'EVENT_NOT_FOUND',
  'RULE_PACK_NOT_FOUND',
  'SNAPSHOT_NOT_FOUND',
  'WORKSPACE_ENDED',
  'WORKSPACE_NOT_FOUND',
];

async function findNamed(context: RequestContext, id: GlobalId, place: string): Promise<unknown> {
  try {
    return await find(context, id, place);
  } catch (error) {
    if (error instanceof Failure && ABSENT.includes(error.reason)) return null;
    throw error;
  }
}

async function find(context: RequestContext, id: GlobalId, place: string): Promise<unknown> {
  switch (id.type) {
    case 'view':
      return await openNamed(context, id.name, place);
    case 'node':
      return await findNode(context, await openNamed(context, id.name, place), id.element);
    case 'edge':
      return await findEdge(context, await openNamed(context, id.name, place), id.element);
    case 'world':
      return WORLD;
    case 'workspace':
      return await findWorkspace(context, id.number, place);
    case 'rules':
      return await findRulePackAnswer(context, digestToHex(id.pack));
    case 'event':
      return await findEvent(context, id.number, place);
  }
}

async function openNamed(context: RequestContext, name: ViewName, place: string): Promise<OpenView> {
  const places = { 'view.swsId': place, 'view.snapshotId': place, at: place };
  return await openView(context, name, { snapshotId: name.snapshotId, places });
}

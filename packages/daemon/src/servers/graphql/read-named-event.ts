/** Reading one event that a query names. */
import type { Event } from '@jitos/kernel';
import { mustGetEvent } from '../../engine/history-reader.ts';
import { mustSeeEvent } from '../auth/access.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Within what the request may read; whoever calls it awaits his turn (`ReadBudget.inTurn`). Throws `QUERY_TOO_LARGE`, and
 * `EVENT_NOT_FOUND`, `EVENT_ARCHIVED` or `ACCESS_DENIED` at `place`.
 */
export async function readNamedEvent(context: RequestContext, idx: number, place: string): Promise<Event> {
  const { open, budget } = context;
  budget.beginPage();
  const { event, body } = await mustGetEvent(open.log, idx, place);
  budget.endEvents(1, body.length);
  mustSeeEvent(context, event, place);
  return event;
}

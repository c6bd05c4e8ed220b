/** Reading one event that a query names. */
import type { Event } from '@jitos/kernel';
import { mustGetEvent } from '../../engine/history-reader.ts';
import type { RequestContext } from './request-context.ts';

/**
 * Within what the request may read; whoever calls it awaits his turn (`ReadBudget.inTurn`). Throws `QUERY_TOO_LARGE`, and
 * `EVENT_NOT_FOUND` or `EVENT_ARCHIVED` at `place`.
 */
export async function readNamedEvent({ open, budget }: RequestContext, idx: number, place: string): Promise<Event> {
  budget.beginPage();
  const { event, body } = await mustGetEvent(open.log, idx, place);
  budget.endEvents(1, body.length);
  return event;
}

/** Why an event happened: who brought it about, by which right, and what it met. */
import { askUntilReady } from '../ask-until-ready.ts';
import { worldOf, type Answer, type Context } from '../command.ts';
import { conflictsText, settlingText } from '../conflict-text.ts';
import { Failure } from '../../errors/failure.ts';
import { bold, pairsText, type Paper } from '../terminal/paper.ts';
import { EVENT_FIELDS, readAborted, type Aborted, type ToldEvent } from './told-event.ts';

/** Throws `EVENT_NOT_FOUND`. */
export async function whyEvent(context: Context, idx: string): Promise<Answer> {
  const document = `query ($idx: U64!) { event(idx: $idx) { ${EVENT_FIELDS} } }`;
  const operation = { document, variables: { idx }, places: { idx: '<id>' }, surface: 'v1' as const };
  const session = await context.session();
  type Data = { readonly event: ToldEvent };
  const { event } = await session.execute<Data>(worldOf(context.flags), operation);
  return await eventAnswer(context, event);
}

/** The first event of a request. Throws `EVENT_NOT_FOUND` where the world does not remember it. */
export async function whyRequest(context: Context, requestId: string): Promise<Answer> {
  const document = `query ($requestId: String!) { requestedEvent(requestId: $requestId) { ${EVENT_FIELDS} } }`;
  const operation = { document, variables: { requestId }, places: { requestId: '<id>' }, surface: 'v1' as const };
  const session = await context.session();
  type Data = { readonly requestedEvent: ToldEvent | null };
  const { requestedEvent } = await session.execute<Data>(worldOf(context.flags), operation);
  if (requestedEvent !== null) return await eventAnswer(context, requestedEvent);
  const detail = `no request '${requestId}' is remembered: it never came, was refused, or is too long ago`;
  throw new Failure('EVENT_NOT_FOUND', '<id>', detail);
}

async function eventAnswer(context: Context, event: ToldEvent): Promise<Answer> {
  const world = worldOf(context.flags);
  const session = await context.session();
  const aborted = await askUntilReady(() => readAborted(session, world, event));
  return {
    json: { world, event, aborted },
    text: (paper) => `${eventText(paper, event)}${abortedText(paper, event, aborted)}`,
    status: 0,
  };
}

function eventText(paper: Paper, event: ToldEvent): string {
  const { idx, kind, view, rewriteIdx, principal, requestId, grantId, validUntil, meta, details, collapses } = event;
  const [one] = collapses.length === 1 ? collapses : [];
  const pairs: readonly (readonly [string, string | null])[] = [
    ['event', `${idx} ${kind}`],
    ['view', view === null ? null : viewName(view.workspace)],
    ['workspace', one === undefined ? null : `sws:${one.workspace}`],
    ['by', principal],
    ['request', requestId],
    ['allowed by', grantId === null ? null : `grant ${grantId}`],
    ['valid until', validUntil === null ? null : `tick ${validUntil}`],
    ['rewriteIdx', rewriteIdx],
    ['policy', collapses[0]?.policy.name ?? null],
    ...Object.entries(details).map(([name, value]): readonly [string, string | null] => [
      spaced(name),
      valueText(value),
    ]),
    ['meta', meta === null ? null : JSON.stringify(meta)],
  ];
  return pairsText(
    paper,
    pairs.flatMap(([name, value]) => (value === null ? [] : [[name, value] as const])),
  );
}

function viewName(workspace: number | null): string {
  return workspace === null ? 'system' : `sws:${workspace}`;
}

/** `conflictCount` as words. */
function spaced(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

function valueText(value: unknown): string | null {
  if (value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function abortedText(paper: Paper, event: ToldEvent, aborted: readonly Aborted[]): string {
  return aborted
    .map(({ swsId, conflicts, conflictCount, elements }) => {
      const title = event.collapses.length > 1 ? `${bold(paper, `sws:${swsId}`)}\n` : '';
      const met = conflictsText(paper, conflicts, elements, conflictCount);
      return `\n${title}${met}${settlingText(Number(swsId), conflicts)}`;
    })
    .join('');
}

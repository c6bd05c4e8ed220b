/**
 * The fields of `Subscription`: what each follows, and from where on.
 *
 * GraphQL.js asks a subscription for an iterable of events. Ours are read by position, many readers from one feed, so what it
 * gets only says which topic is meant (`Followed`); `live-subscription.ts` reads it.
 */
import type { Tick } from '@jitos/kernel';
import type { OpenWorld } from '../../engine/open-world.ts';
import type { FeedTopic } from '../../engine/feed-entry.ts';
import { isRewrite, type RewriteKind } from '../../engine/event-workspaces.ts';
import { readEvents } from '../../engine/history-reader.ts';
import { mustBeCreated } from '../../engine/world-views.ts';
import { mustSee } from '../auth/access.ts';
import { Failure } from '../../errors/failure.ts';
import { rewriteEventAnswer } from './answers.ts';
import { afterArchived } from './history-queries.ts';
import type { JsonObject } from './json-value.ts';
import type { RequestContext } from './request-context.ts';
import { readViewId, refuseSnapshotId, type ViewRefInput } from './view-input.ts';

/** Where a reader stands that has nothing yet and wants all. */
const BEFORE_FIRST = -1;
const POSITION = /^(?:-1|0|[1-9]\d{0,14})$/;

export class Followed implements AsyncIterable<never> {
  readonly topic: FeedTopic;
  /** As it was asked for; null: what is new. */
  readonly after: string | null;
  /** Whether events are told with all that they hold: then only those that the reader may see. */
  readonly tells: 'outline' | 'whole';

  constructor(topic: FeedTopic, after: string | null, tells: Followed['tells'] = 'outline') {
    this.topic = topic;
    this.after = after;
    this.tells = tells;
  }

  [Symbol.asyncIterator](): never {
    throw new Error('what is followed is read by position');
  }
}

interface RewritesArgs {
  readonly view: ViewRefInput;
  readonly after?: string | null;
}

export function followRewrites(_: unknown, { view, after = null }: RewritesArgs, context: RequestContext): Followed {
  const { world } = context;
  const topic = readViewId(view, 'view');
  mustSee(context, topic, 'view');
  refuseSnapshotId(view, 'view');
  if (topic !== 'system') mustBeCreated(world, topic, 'view.swsId');
  return new Followed(topic, after);
}

export function followTicks(_: unknown, { after = null }: { readonly after?: string | null }): Followed {
  return new Followed('ticks', after);
}

/** Throws `NOT_IMPLEMENTED`. */
export function followTasks(): never {
  throw new Failure('NOT_IMPLEMENTED', 'taskEvents', 'tasks come with a later version');
}

export function resolveFollowedRewrite(event: RewriteKind): JsonObject {
  return rewriteEventAnswer(event);
}

export function resolveFollowedTick({ idx, tick, ticks }: Tick): JsonObject {
  return { id: String(idx), tick: String(tick), ticks: String(ticks), at: null, meta: null };
}

/**
 * The position that a reader begins behind. Throws `ID_INVALID`, `EVENT_NOT_FOUND` for one that history has not reached (it is
 * another history's), or `EVENT_ARCHIVED` where something behind it may be archived.
 */
export async function startPosition(
  open: OpenWorld,
  topic: FeedTopic,
  { text, place }: { readonly text: string | null; readonly place: string },
): Promise<number> {
  const newest = open.feed.newest(topic);
  if (text === null) return newest;
  if (!POSITION.test(text)) throw new Failure('ID_INVALID', place, 'not the decimal digits of a number, nor -1');
  const after = Number(text);
  if (after > newest) throw new Failure('EVENT_NOT_FOUND', place, `the newest that there may be is ${newest}`);
  const { firstIdx } = open.log;
  if (firstIdx === 0) return after;
  if (topic === 'ticks') return mustBeHeld(after, firstIdx, { firstIdx, place });
  if (after === BEFORE_FIRST) return afterArchived(open, topic, after);
  return mustBeHeld(after, (await firstRewriteIdx(open)) ?? newest + 1, { firstIdx, place });
}

/** `first` is the position of the first that can be read. */
function mustBeHeld(
  after: number,
  first: number,
  { firstIdx, place }: { readonly firstIdx: number; readonly place: string },
): number {
  if (after >= first - 1) return after;
  if (after === BEFORE_FIRST) return first - 1;
  throw new Failure('EVENT_ARCHIVED', place, `the events before ${firstIdx} are archived`);
}

/** Of the events that are not archived. */
async function firstRewriteIdx({ log }: OpenWorld): Promise<number | undefined> {
  for await (const { event } of readEvents(log, log.firstIdx)) if (isRewrite(event)) return event.rewriteIdx;
  return undefined;
}

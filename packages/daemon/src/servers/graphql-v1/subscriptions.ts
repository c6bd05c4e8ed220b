/** Subscriptions: those of v0, whose events are told as v1 tells events. */
import type { Event } from '@jitos/kernel';
import { viewRefAnswer } from '../graphql/answers.ts';
import type { RequestContext } from '../graphql/request-context.ts';
import { Followed, followRewrites, followTicks } from '../graphql/subscriptions.ts';
import { EventAnswer } from './events.ts';
import { inPlaces } from './places.ts';

interface RewritesArgs {
  readonly workspace?: number | null;
  readonly after?: string | null;
}

function followRewritesV1(_: unknown, args: RewritesArgs, context: RequestContext): unknown {
  const view = viewRefAnswer(args.workspace ?? 'system', null);
  const asked = { view, after: args.after ?? null };
  return inPlaces<Followed>({ 'view.swsId': 'workspace' }, () => {
    const { topic, after } = followRewrites(undefined, asked, context);
    return new Followed(topic, after, 'whole');
  });
}

function resolveFollowed(event: Event): EventAnswer {
  return new EventAnswer(event);
}

/** What each field of `Subscription` follows, and how it shows an event of that. */
export const FOLLOWED_V1: Readonly<Record<string, object>> = {
  rewrites: { subscribe: followRewritesV1, resolve: resolveFollowed },
  ticks: { subscribe: followTicks, resolve: resolveFollowed },
};

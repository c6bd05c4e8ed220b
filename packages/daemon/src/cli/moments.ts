/** The two moments that a command compares, as flags name them and as the API takes them. */
import type { Command } from 'commander';
import type { ViewId } from '@jitos/kernel';
import { parseView, viewText } from '../engine/view-text.ts';
import { Failure } from '../errors/failure.ts';
import { parseCount, type GlobalFlags } from './flags.ts';
import { viewRef } from './snapshot.ts';
import type { TypedPlaces } from './typed-places.ts';

/** As commander leaves them. */
export interface MomentFlags {
  readonly from?: string;
  readonly to?: string;
  readonly against?: string;
}

/** A moment as the API takes it. */
export interface Moment {
  readonly view: ReturnType<typeof viewRef>;
  readonly at: string | null;
}

export interface Moments {
  readonly from: Moment;
  readonly to: Moment;
}

export function addMomentFlags(command: Command): Command {
  return command
    .option('--from <idx>', 'begin with the state after this event; else the newest')
    .option('--to <idx>', 'end with the state after this event; else the newest')
    .option('--against <view>', 'begin with this view; else the same one with --from, and system without');
}

/** Throws `USAGE` or `VIEW_INVALID`. */
export function readMoments({ from, to, against }: MomentFlags, flags: GlobalFlags): Moments {
  const view = flags.view ?? 'system';
  const first = against === undefined ? firstView(view, from) : parseView(against, '--against');
  if (first === view && from === undefined && to === undefined) {
    const detail = `${viewText(view)} as it is does not differ from itself: give --from, or another view with --view`;
    throw new Failure('USAGE', '--from', detail);
  }
  return { from: moment(first, '--from', from), to: moment(view, '--to', to) };
}

function firstView(view: ViewId, from: string | undefined): ViewId {
  return from === undefined ? 'system' : view;
}

function moment(view: ViewId, flag: string, at: string | undefined): Moment {
  return { view: viewRef(view), at: at === undefined ? null : String(parseCount(flag, at)) };
}

/** Places of the moments in an operation that takes them as `from` and `to`. */
export function momentPlaces({ against }: MomentFlags): TypedPlaces {
  const first = against === undefined ? '--view' : '--against';
  return {
    'from.at': '--from',
    'to.at': '--to',
    'from.view': first,
    'from.view.swsId': first,
    'to.view': '--view',
    'to.view.swsId': '--view',
  };
}

/** What an operation is told of each moment. */
export const MOMENT_FIELDS = 'view { kind swsId snapshotId } at digest';

export interface ToldMoment {
  readonly view: { readonly kind: 'SYSTEM' | 'SWS'; readonly swsId: string | null; readonly snapshotId: string };
  readonly at: string;
  readonly digest: string;
}

/** `system` or `sws:N`. */
export function toldView({ view: { kind, swsId } }: ToldMoment): string {
  return kind === 'SYSTEM' ? 'system' : `sws:${swsId}`;
}

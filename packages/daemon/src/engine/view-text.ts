/** Views in words: `system`, or `sws:N`. */
import type { ViewId } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';

/** Throws `VIEW_INVALID`; `place` is what holds the text. */
export function parseView(text: string, place: string): ViewId {
  if (text === 'system') return 'system';
  const number = /^sws:(\d{1,15})$/.exec(text)?.[1];
  if (number !== undefined) return Number(number);
  throw new Failure('VIEW_INVALID', place, `'${text}' is no view`);
}

export function viewText(view: ViewId): string {
  return view === 'system' ? 'system' : `sws:${view}`;
}

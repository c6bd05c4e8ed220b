/**
 * Where a search for a writer goes on: opaque to callers.
 *
 *     version u8 = 1 ‖ 4 u8 ‖ (view u64be ‖ before u64be ‖ collapse u64be ‖ part u64be ‖ until u64be)* ‖ check 8   in base64url
 *     view      0 System, N + 1 for workspace N
 *     before    the rewriteIdx from which on everything was looked at
 *     collapse  the event of the collapse that led there, or 0
 *     part      what is looked for there: 0 all that the view shows, 1 its own writes, 2 what it has from its base, 3 the
 *               writes of those with lower numbers in the batch that carried it
 *     until     the event at which it had them, or 0
 */
import { numberToKey } from '@jitos/kernel';
import type { SearchFrame, SearchPosition } from '../../engine/provenance.ts';
import { CHECK_SIZE, checkOf, NUMBER_SIZE, numberAt, viewAt, viewKey } from './cursor.ts';

const VERSION = 1;
const KIND = 4;
const HEAD_SIZE = 2;
const FRAME_SIZE = 5 * NUMBER_SIZE;
const PARTS: readonly SearchFrame['part'][] = ['all', 'own', 'base', 'batch'];
/** Workspaces that lie in each other: a longer text is no cursor. */
const FRAMES_MAX = 1024;

export function encodeSearch(position: SearchPosition): string {
  const frames = position.map(({ view, before, collapseIdx, part, untilIdx }) => {
    const numbers = [before, collapseIdx ?? 0, PARTS.indexOf(part), untilIdx ?? 0];
    return viewKey(view) + numbers.map(numberToKey).join('');
  });
  const body = String.fromCharCode(VERSION, KIND) + frames.join('');
  return Buffer.from(body + checkOf(body), 'latin1').toString('base64url');
}

/** Undefined for anything that `encodeSearch` does not write. */
export function decodeSearch(text: string): SearchPosition | undefined {
  const bytes = Buffer.from(text, 'base64url').toString('latin1');
  if (Buffer.from(bytes, 'latin1').toString('base64url') !== text) return undefined;
  const count = (bytes.length - HEAD_SIZE - CHECK_SIZE) / FRAME_SIZE;
  if (!Number.isInteger(count) || count < 1 || count > FRAMES_MAX) return undefined;
  const body = bytes.slice(0, -CHECK_SIZE);
  if (!body.startsWith(String.fromCharCode(VERSION, KIND)) || bytes.slice(-CHECK_SIZE) !== checkOf(body))
    return undefined;
  return Array.from({ length: count }, (_, i): SearchFrame => {
    const offset = HEAD_SIZE + i * FRAME_SIZE;
    const at = (nth: number): number => numberAt(bytes, offset + nth * NUMBER_SIZE);
    return {
      view: viewAt(bytes, offset),
      before: at(1),
      collapseIdx: at(2) || null,
      part: PARTS[at(3)] ?? 'all',
      untilIdx: at(4) || null,
    };
  });
}

/** How far the check of a rule pack has come: element by element, in one order. */
import type { ElementId } from '../element.ts';

/** The last element whose turn has come: all edges come before all nodes. */
export interface Turn {
  readonly element: 'edge' | 'node' | 'done';
  /** Null before the first of them. */
  readonly after: ElementId | null;
}

export const FIRST_TURN: Turn = { element: 'edge', after: null };

export const LAST_TURN: Turn = { element: 'done', after: null };

/** Whether the element's turn has come. */
export function hasCome(turn: Turn, element: 'edge' | 'node', id: ElementId): boolean {
  if (turn.element === element) return turn.after !== null && id <= turn.after;
  return turn.element === 'done' || element === 'edge';
}

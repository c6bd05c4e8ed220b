/** An element as the three sides of a collapse have it. */
import type { SidesParts } from '../wire/generated.ts';
import type { Json } from '../wire/operation.ts';

/** The value of an element: its digest, and what it holds as the wire has it. */
export interface ElementValue {
  readonly digest: string;
  readonly data: Json;
}

export interface Sides {
  readonly element: 'node' | 'edge';
  readonly id: string;
  readonly kind: string;
  /** What the workspace was forked from, as that was; the workspace; what it was forked from, as that is. */
  readonly base: ElementValue | null;
  readonly ours: ElementValue | null;
  readonly theirs: ElementValue | null;
}

export function sidesFromWire({ element, id, kind, base, ours, theirs }: SidesParts): Sides {
  return { element: element === 'NODE' ? 'node' : 'edge', id, kind, base, ours, theirs };
}

/**
 * Expressions over a graph, as data: values, elements with paths into them, comparisons and boolean operators. Without
 * loops, names or effects, so that what one costs is known from how long it is.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import type { BoxedBytes } from '../bytes/value.ts';
import type { ElementId, Kind } from '../graph/element.ts';

/** Characters of a source text. */
export const EXPR_LENGTH_MAX = 4096;
/** Brackets and `not`s inside one another. */
export const EXPR_DEPTH_MAX = 64;
/** An operand or an operator is a step, and so are 64 bytes of a field that is read. */
export const EXPR_STEPS_MAX = 65_536;

export type Literal = null | boolean | number | bigint | string | BoxedBytes;

export const COMPARISONS = ['==', '!=', '<=', '>=', '<', '>'] as const;
export type Comparison = (typeof COMPARISONS)[number];

/** A node by its kind and key, or an element by its id. */
export type ElementRef =
  | { readonly element: 'node'; readonly kind: Kind; readonly key: Bytes }
  | { readonly element: 'node' | 'edge'; readonly id: ElementId };

/** A field of a node or an entry of a map, an item of a list, or what every element has. */
export type PathStep =
  | { readonly step: 'name'; readonly name: string }
  | { readonly step: 'item'; readonly index: number }
  | { readonly step: 'property'; readonly property: Property };

export const PROPERTIES = ['kind', 'key', 'payload'] as const;
export type Property = (typeof PROPERTIES)[number];

interface Placed {
  /** Characters of the source before it. */
  readonly at: number;
}

export type Expr = Placed &
  (
    | { readonly type: 'literal'; readonly value: Literal }
    | { readonly type: 'element'; readonly ref: ElementRef; readonly path: readonly PathStep[] }
    | { readonly type: 'count'; readonly table: 'nodes' | 'edges'; readonly kind: Kind | null }
    | { readonly type: 'exists' | 'not'; readonly operand: Expr }
    /** At least two operands. */
    | { readonly type: 'and' | 'or'; readonly operands: readonly Expr[] }
    | { readonly type: 'compare'; readonly comparison: Comparison; readonly left: Expr; readonly right: Expr }
  );

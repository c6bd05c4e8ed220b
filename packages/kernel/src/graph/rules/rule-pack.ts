/**
 * Rule packs: what the elements of a graph must keep to, declared in one document.
 *
 *     rulePackId = H("rulepack") of the document's canonical bytes (`rule-pack-codec.ts`)
 *
 * A snapshot is of a graph under one pack, and its digest binds the pack's id. Here are the declarations as the kernel looks
 * things up in them; two packs with equal declarations have equal bytes.
 */
import { CanonicalWriter } from '../../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../../bytes/digest.ts';
import type { EncodedValue } from '../../bytes/value.ts';
import type { Kind } from '../element.ts';

export const FIELD_TYPES = ['any', 'boolean', 'bytes', 'float', 'integer', 'list', 'map', 'text'] as const;

/** What a field's value may be. A float field takes integers too, for a whole number is written as one. */
export type FieldType = (typeof FIELD_TYPES)[number];

export const ITEM_TYPES = ['boolean', 'bytes', 'float', 'integer', 'text'] as const;

/** What each item of a list must be. */
export type ItemType = (typeof ITEM_TYPES)[number];

export const MERGE_RULES = ['counter', 'grow-set', 'last-collapse', 'max', 'min', 'set'] as const;

/** How three values of a field become one. */
export type MergeRule = (typeof MERGE_RULES)[number];

export const DELETION_RULES = ['change-wins', 'delete-wins'] as const;

/** What becomes of an element that one side deleted and the other changed. */
export type DeletionRule = (typeof DELETION_RULES)[number];

export const PRESENCES = ['refused', 'required'] as const;

/** Whether an edge has a key or a payload; null where it may. */
export type Presence = (typeof PRESENCES)[number] | null;

export interface FieldRule {
  readonly type: FieldType;
  /** Of a list whose items are all of one type. */
  readonly items: ItemType | null;
  readonly required: boolean;
  readonly merge: MergeRule | null;
}

export interface NodeRule {
  /** What the kind is called in the typed API; null where it is called what it is. */
  readonly name: string | null;
  /** What the typed API calls a node's key; null for a kind of content nodes. */
  readonly key: string | null;
  /** By name, in canonical key order. */
  readonly fields: ReadonlyMap<string, FieldRule>;
  /** Whether fields that are not declared may be there too. */
  readonly isOpen: boolean;
  /** Fields whose values no two nodes of the kind share, where a node has them all; each list ascending, as the lists are. */
  readonly unique: readonly (readonly string[])[];
  readonly deletion: DeletionRule | null;
}

export interface EdgeRule {
  /** What the kind is called in the typed API; null where it is called what it is. */
  readonly name: string | null;
  /** Kinds of nodes that these edges may leave and reach, ascending; null where any. */
  readonly from: readonly Kind[] | null;
  readonly to: readonly Kind[] | null;
  /** Whether each node of the kinds in `from` has one of these edges at least. */
  readonly isNeeded: boolean;
  /** How many of these edges may leave a node, and reach one; null where any number. */
  readonly outMax: number | null;
  readonly inMax: number | null;
  readonly key: Presence;
  readonly payload: Presence;
  readonly deletion: DeletionRule | null;
}

export interface RuleDeclarations {
  readonly unknownKinds: 'allowed' | 'refused';
  /** By kind, in canonical key order. */
  readonly nodes: ReadonlyMap<Kind, NodeRule>;
  readonly edges: ReadonlyMap<Kind, EdgeRule>;
}

export interface RulePack extends RuleDeclarations {
  readonly id: Digest;
  /** The document, in canonical bytes. */
  readonly bytes: EncodedValue;
  /** The kinds of edges that each node of a kind must have one of, by its kind. */
  readonly neededEdges: ReadonlyMap<Kind, readonly Kind[]>;
}

/** The pack of these declarations, whose document is `bytes`. */
export function rulePackOf(declarations: RuleDeclarations, bytes: EncodedValue, sha256: Sha256): RulePack {
  const neededEdges = new Map<Kind, Kind[]>();
  for (const [kind, { isNeeded, from }] of declarations.edges) {
    if (!isNeeded) continue;
    for (const nodeKind of from ?? []) neededEdges.set(nodeKind, [...(neededEdges.get(nodeKind) ?? []), kind]);
  }
  return { ...declarations, id: taggedHash('rulepack', bytes, sha256), bytes, neededEdges };
}

/** The pack of every new world: the canonical empty one, which allows everything. */
export function defaultRulePack(sha256: Sha256): RulePack {
  const writer = new CanonicalWriter();
  writer.map(0);
  return rulePackOf({ unknownKinds: 'allowed', nodes: new Map(), edges: new Map() }, writer.toBytes(), sha256);
}

/** Whether every graph keeps to the pack. */
export function allowsEverything(rules: RuleDeclarations): boolean {
  return rules.unknownKinds === 'allowed' && rules.nodes.size === 0 && rules.edges.size === 0;
}

/** How the field of a kind of nodes merges; null where nothing is declared. */
export function mergeRuleOf(rules: RuleDeclarations, kind: Kind, field: string): MergeRule | null {
  return rules.nodes.get(kind)?.fields.get(field)?.merge ?? null;
}

/** What the kind declares about deletion against change; null where it declares nothing. */
export function deletionRuleOf(rules: RuleDeclarations, element: 'node' | 'edge', kind: Kind): DeletionRule | null {
  return (element === 'node' ? rules.nodes.get(kind) : rules.edges.get(kind))?.deletion ?? null;
}

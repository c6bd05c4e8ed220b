/**
 * Merging the fields of a keyed node: each by its three values.
 *
 * A field that one side left as it was is the other side's, so that a merge onto what has not moved gives ours. Of a field
 * that both changed its rule decides; without one equal results are no conflict, and others are settled by whoever may.
 */
import { compareKeys } from '../bytes/value.ts';
import { FIELD_COUNT_MAX, type Field } from '../graph/element.ts';
import type { FieldPatch } from '../graph/op.ts';
import type { MergeRule } from '../graph/rules/rule-pack.ts';
import { mergeByRule, mergedTo, type FieldSides, type MergedField } from './merge-rules.ts';
import type { Side } from './policy.ts';

export interface FieldMerge {
  /** In canonical order; where there is a conflict as in ours. */
  readonly fields: readonly Field[];
  /** Where they differ from ours, in canonical order; null takes theirs, absence included. */
  readonly patches: readonly FieldPatch[];
  readonly isTheirs: boolean;
  /** Names of fields in conflict: in canonical order. */
  readonly conflicts: readonly string[];
  /** Whether the fields of both sides together are more than a node may have: then nothing else is to be used. */
  readonly isTooMany: boolean;
}

export interface FieldsOfSides {
  readonly base: readonly Field[];
  readonly ours: readonly Field[];
  readonly theirs: readonly Field[];
}

/** How a field that both sides changed is merged. */
export interface FieldTerms {
  readonly ruleOf: (name: string) => MergeRule | null;
  readonly settles: Side | null;
}

export function mergeFields({ base, ours, theirs }: FieldsOfSides, terms: FieldTerms): FieldMerge {
  const fields: Field[] = [];
  const patches: FieldPatch[] = [];
  const conflicts: string[] = [];
  let isTheirs = true;
  eachField({ base, ours, theirs }, (name, sides) => {
    const merged = mergeField(name, sides, terms);
    if (!merged.ok) conflicts.push(name);
    const value = merged.ok ? merged.value : sides.ours;
    if (value !== undefined) fields.push({ name, value });
    if (value !== sides.theirs) isTheirs = false;
    // What is absent and in ours is absent in theirs.
    if (value !== sides.ours) patches.push({ name, value: value === sides.theirs ? null : (value ?? null) });
  });
  return { fields, patches, isTheirs, conflicts, isTooMany: fields.length > FIELD_COUNT_MAX };
}

function mergeField(name: string, sides: FieldSides, { ruleOf, settles }: FieldTerms): MergedField {
  const { base, ours, theirs } = sides;
  if (ours === base) return mergedTo(theirs);
  if (theirs === base) return mergedTo(ours);
  const rule = ruleOf(name);
  const merged = rule === null ? mergeByEquality(sides) : mergeByRule(rule, sides);
  return merged.ok || settles === null ? merged : mergedTo(sides[settles]);
}

function mergeByEquality({ ours, theirs }: FieldSides): MergedField {
  return ours === theirs ? mergedTo(ours) : { ok: false };
}

/** Fields that both sides changed to different values. */
export function fieldsInConflict(sides: FieldsOfSides): readonly string[] {
  return mergeFields(sides, { ruleOf: () => null, settles: null }).conflicts;
}

/** Ours with the patches of a merge. */
export function patchMergedFields(
  { ours, theirs }: Omit<FieldsOfSides, 'base'>,
  patches: readonly FieldPatch[],
): Field[] {
  const patchByName = new Map(patches.map((patch) => [patch.name, patch]));
  const fields: Field[] = [];
  eachField({ base: [], ours, theirs }, (name, sides) => {
    const patch = patchByName.get(name);
    const value = patch === undefined ? sides.ours : (patch.value ?? sides.theirs);
    if (value !== undefined) fields.push({ name, value });
  });
  return fields;
}

/** Visits every name that a side has, in canonical order. */
function eachField({ base, ours, theirs }: FieldsOfSides, visit: (name: string, sides: FieldSides) => void): void {
  let [atBase, atOurs, atTheirs] = [0, 0, 0];
  for (;;) {
    const name = least(least(base[atBase]?.name, ours[atOurs]?.name), theirs[atTheirs]?.name);
    if (name === undefined) return;
    visit(name, {
      base: base[atBase]?.name === name ? base[atBase++]!.value : undefined,
      ours: ours[atOurs]?.name === name ? ours[atOurs++]!.value : undefined,
      theirs: theirs[atTheirs]?.name === name ? theirs[atTheirs++]!.value : undefined,
    });
  }
}

function least(a: string | undefined, b: string | undefined): string | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareKeys(a, b) <= 0 ? a : b;
}

/**
 * Migrations: what is done to the fields of a kind when a rule pack is installed, node by node, in the order declared.
 *
 * A migration can't look at another node and asks nothing of the graph: whatever it makes is then checked as the rest is.
 */
import { CanonicalError } from '../../bytes/canonical-reader.ts';
import type { Sha256 } from '../../bytes/digest.ts';
import { utf8Size } from '../../bytes/utf8.ts';
import { compareKeys, decodeValue, type EncodedValue } from '../../bytes/value.ts';
import { refuse, type Refusal } from '../../refusal.ts';
import {
  FIELD_COUNT_MAX,
  FIELD_NAME_SIZE_MAX,
  FIELD_SIZE_MAX,
  isKind,
  keyedNode,
  type Field,
  type GraphNode,
  type Kind,
} from '../element.ts';
import type { RuleDeclarations } from './rule-pack.ts';

export type MigrationStep =
  /** Gives the field this value where a node lacks it. */
  | { readonly step: 'fill'; readonly kind: Kind; readonly field: string; readonly value: EncodedValue }
  /** Calls the field `newName`, where a node has no field of that name. */
  | { readonly step: 'rename'; readonly kind: Kind; readonly field: string; readonly newName: string }
  | { readonly step: 'drop'; readonly kind: Kind; readonly field: string };

export type Migration = readonly MigrationStep[];

export const MIGRATION_STEPS_MAX = 1000;
/** Bytes of all values that a migration fills in. */
export const MIGRATION_SIZE_MAX = 262_144;

/** The first bound that a migration breaks, whatever pack it comes with, or undefined. */
export function migrationProblem(migration: Migration): Refusal | undefined {
  if (migration.length > MIGRATION_STEPS_MAX) {
    return refuse('RULES_INVALID', 'migration', `a migration has at most ${MIGRATION_STEPS_MAX} steps`);
  }
  let size = 0;
  for (const [i, step] of migration.entries()) {
    const place = `migration[${i}]`;
    const problem =
      kindProblem(step.kind, `${place}.kind`) ??
      nameProblem(step.field, `${place}.field`) ??
      (step.step === 'rename' ? nameProblem(step.newName, `${place}.newName`) : undefined) ??
      (step.step === 'fill' ? valueProblem(step.value, `${place}.value`) : undefined);
    if (problem !== undefined) return problem;
    if (step.step === 'fill') size += step.value.length;
  }
  if (size <= MIGRATION_SIZE_MAX) return undefined;
  return refuse('RULES_INVALID', 'migration', `its values have ${size} bytes, and ${MIGRATION_SIZE_MAX} at most`);
}

function kindProblem(kind: Kind, place: string): Refusal | undefined {
  return isKind(kind) ? undefined : refuse('RULES_INVALID', place, 'it is not a kind');
}

function nameProblem(name: string, place: string): Refusal | undefined {
  const size = utf8Size(name);
  if (size >= 1 && size <= FIELD_NAME_SIZE_MAX) return undefined;
  return refuse('RULES_INVALID', place, `a field name has 1–${FIELD_NAME_SIZE_MAX} bytes of UTF-8`);
}

function valueProblem(value: EncodedValue, place: string): Refusal | undefined {
  if (value.length > FIELD_SIZE_MAX) {
    return refuse('RULES_INVALID', place, `a field's value has at most ${FIELD_SIZE_MAX} bytes`);
  }
  try {
    decodeValue(value, { nullAllowed: false });
    return undefined;
  } catch (error) {
    if (error instanceof CanonicalError) return refuse('RULES_INVALID', place, error.message);
    throw error;
  }
}

/** The first step that is of no kind of keyed nodes that the pack declares, or undefined. */
export function migrationContradiction(migration: Migration, rules: RuleDeclarations): Refusal | undefined {
  for (const [i, { kind }] of migration.entries()) {
    if ((rules.nodes.get(kind)?.key ?? null) !== null) continue;
    return refuse('RULES_CONTRADICTORY', `migration[${i}].kind`, `the pack declares no keyed nodes of kind ${kind}`);
  }
  return undefined;
}

/** The node after the steps of its kind: itself if they change nothing. O(steps + its fields · log of them). */
export function migrateNode(node: GraphNode, migration: Migration, sha256: Sha256): GraphNode {
  if (node.type === 'content') return node;
  const values = new Map(node.fields.map(({ name, value }) => [name, value]));
  let isChanged = false;
  for (const step of migration) if (step.kind === node.kind && takeStep(values, step)) isChanged = true;
  return isChanged ? keyedNode(node.id, node.kind, node.key, inOrder(values), sha256) : node;
}

/** Whether the step changed anything. */
function takeStep(values: Map<string, EncodedValue>, step: MigrationStep): boolean {
  const value = values.get(step.field);
  switch (step.step) {
    case 'fill':
      if (value !== undefined || values.size === FIELD_COUNT_MAX) return false;
      values.set(step.field, step.value);
      return true;
    case 'rename':
      if (value === undefined || values.has(step.newName)) return false;
      values.delete(step.field);
      values.set(step.newName, value);
      return true;
    case 'drop':
      return values.delete(step.field);
  }
}

function inOrder(values: ReadonlyMap<string, EncodedValue>): readonly Field[] {
  return [...values].map(([name, value]) => ({ name, value })).sort((a, b) => compareKeys(a.name, b.name));
}

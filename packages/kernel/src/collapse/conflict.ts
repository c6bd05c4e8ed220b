/**
 * Conflicts: why a collapse is not carried out, as values.
 *
 *     conflict  ["node"|"edge"|"range", id, class, base|null, ours|null, theirs|null, [field …], other|null, rule|null]
 *     rule      [name, subject|null]
 */
import { compareBytes } from '../bytes/byte-string.ts';
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256 } from '../bytes/digest.ts';
import { compareKeys } from '../bytes/value.ts';
import type { ElementId, ElementType } from '../graph/element.ts';
import { elementValue } from '../graph/graph.ts';
import { readDigest, readDigestOrNull } from '../graph/op-codec.ts';
import { RULE_NAMES, type RuleBreak } from '../graph/rules/check.ts';
import type { Fork } from './fork.ts';

export type ConflictClass =
  'both-changed' | 'changed-and-deleted' | 'dangling' | 'expectation' | 'rule' | 'stale-read' | 'unique';

export interface Conflict {
  /** A range is what was read of a view (`footprint.ts`). */
  readonly element: ElementType | 'range';
  /** Of a range: `rangeId`. */
  readonly id: Digest;
  readonly class: ConflictClass;
  /** Value digests; null where the side has no such element, and for a range. */
  readonly base: Digest | null;
  readonly ours: Digest | null;
  readonly theirs: Digest | null;
  /** The first `CONFLICT_FIELDS_MAX` of the fields concerned, in canonical order. */
  readonly fields: readonly string[];
  /** The other element concerned: the end that is missing, or whoever holds the unique slot. */
  readonly other: ElementId | null;
  /** What of the rule pack the merged graph breaks, in the classes `rule` and `unique`. */
  readonly rule: Pick<RuleBreak, 'rule' | 'subject'> | null;
}

export const CONFLICT_FIELDS_MAX = 32;

const CLASSES: readonly string[] = [
  'both-changed',
  'changed-and-deleted',
  'dangling',
  'expectation',
  'rule',
  'stale-read',
  'unique',
] satisfies ConflictClass[];

/** What a conflict has besides its element's three values; nothing where that is not said. */
export type ConflictDetail = Partial<Pick<Conflict, 'fields' | 'other' | 'rule'>>;

/** The conflict of an element, with the value that each side of the fork has. */
export function elementConflict(
  { base, ours, theirs }: Fork,
  element: ElementType,
  id: ElementId,
  conflictClass: ConflictClass,
  { fields = [], other = null, rule = null }: ConflictDetail,
): Conflict {
  return {
    element,
    id,
    class: conflictClass,
    base: elementValue(base, element, id),
    ours: elementValue(ours, element, id),
    theirs: elementValue(theirs, element, id),
    fields: fields.slice(0, CONFLICT_FIELDS_MAX),
    other,
    rule,
  };
}

/** The conflict of what breaks a rule of the pack. */
export function ruleConflict(
  fork: Fork,
  { element, id, class: breakClass, rule, subject, other }: RuleBreak,
): Conflict {
  return elementConflict(fork, element, id, breakClass, { other, rule: { rule, subject } });
}

const RANKS = { node: 0, edge: 1, range: 2 } as const;

/** Nodes, edges, ranges; each by id, then by class, then by rule and its subject. */
export function compareConflicts(a: Conflict, b: Conflict): number {
  return (
    RANKS[a.element] - RANKS[b.element] ||
    compareBytes(a.id, b.id) ||
    compareBytes(a.class, b.class) ||
    compareBytes(a.rule?.rule ?? '', b.rule?.rule ?? '') ||
    compareKeys(a.rule?.subject ?? '', b.rule?.subject ?? '')
  );
}

export function writeConflicts(writer: CanonicalWriter, conflicts: readonly Conflict[]): void {
  writer.array(conflicts.length);
  for (const conflict of conflicts) {
    writer.array(9);
    writer.text(conflict.element);
    writer.bytes(conflict.id);
    writer.text(conflict.class);
    writer.bytesOrNull(conflict.base);
    writer.bytesOrNull(conflict.ours);
    writer.bytesOrNull(conflict.theirs);
    writer.array(conflict.fields.length);
    for (const name of conflict.fields) writer.text(name);
    writer.bytesOrNull(conflict.other);
    writeRule(writer, conflict.rule);
  }
}

function writeRule(writer: CanonicalWriter, rule: Conflict['rule']): void {
  if (rule === null) return writer.null();
  writer.array(2);
  writer.text(rule.rule);
  writer.textOrNull(rule.subject);
}

export function readConflicts(reader: CanonicalReader): Conflict[] {
  const conflicts: Conflict[] = [];
  for (let left = reader.array(); left > 0; left--) {
    reader.arrayOf(9);
    conflicts.push({
      element: readElement(reader),
      id: readDigest(reader),
      class: readClass(reader),
      base: readDigestOrNull(reader),
      ours: readDigestOrNull(reader),
      theirs: readDigestOrNull(reader),
      fields: Array.from({ length: reader.array() }, () => reader.text()),
      other: readDigestOrNull(reader),
      rule: readRule(reader),
    });
  }
  return conflicts;
}

function readElement(reader: CanonicalReader): Conflict['element'] {
  const start = reader.offset;
  const element = reader.text();
  if (element === 'node' || element === 'edge' || element === 'range') return element;
  throw new CanonicalError('wrong-type', start);
}

function readClass(reader: CanonicalReader): ConflictClass {
  const start = reader.offset;
  const text = reader.text();
  if (!CLASSES.includes(text)) throw new CanonicalError('wrong-type', start);
  return text as ConflictClass; // it is in the list of them
}

function readRule(reader: CanonicalReader): Conflict['rule'] {
  if (reader.isNull()) {
    reader.null();
    return null;
  }
  reader.arrayOf(2);
  const start = reader.offset;
  const name = reader.text();
  const rule = RULE_NAMES.find((each) => each === name);
  if (rule === undefined) throw new CanonicalError('wrong-type', start);
  return { rule, subject: reader.textOrNull() };
}

const digestWriter = new CanonicalWriter();

/** `H("conflicts")` of a whole conflict set; null if there are none. */
export function conflictsDigest(conflicts: readonly Conflict[], sha256: Sha256): Digest | null {
  if (conflicts.length === 0) return null;
  digestWriter.reset();
  writeConflicts(digestWriter, conflicts);
  return taggedHash('conflicts', digestWriter.toBytes(), sha256);
}

/**
 * The parts of an installation in canonical bytes, as events and checkpoints hold them.
 *
 *     migration  [step …]      step  ["fill", kind, field, value] ["rename", kind, field, new name] ["drop", kind, field]
 *     turn       ["edge"|"node"|"done", id|null]
 *     offender   ["node"|"edge", id, rule, subject|null, id of another|null]
 */
import { CanonicalError, type CanonicalReader } from '../../bytes/canonical-reader.ts';
import type { CanonicalWriter } from '../../bytes/canonical-writer.ts';
import { readValue } from '../../bytes/value.ts';
import { readDigest, readDigestOrNull } from '../op-codec.ts';
import { breakClass, RULE_NAMES, type RuleBreak } from './check.ts';
import type { Turn } from './turn.ts';
import type { Migration, MigrationStep } from './migration.ts';

export function writeMigration(writer: CanonicalWriter, migration: Migration): void {
  writer.array(migration.length);
  for (const step of migration) {
    writer.array(step.step === 'drop' ? 3 : 4);
    writer.text(step.step);
    writer.text(step.kind);
    writer.text(step.field);
    if (step.step === 'fill') writer.raw(step.value);
    if (step.step === 'rename') writer.text(step.newName);
  }
}

export function readMigration(reader: CanonicalReader): Migration {
  const migration: MigrationStep[] = [];
  for (let left = reader.array(); left > 0; left--) migration.push(readStep(reader));
  return migration;
}

function readStep(reader: CanonicalReader): MigrationStep {
  const start = reader.offset;
  const length = reader.array();
  const step = reader.text();
  const kind = reader.text();
  const field = reader.text();
  if (step === 'drop' && length === 3) return { step, kind, field };
  if (step === 'rename' && length === 4) return { step, kind, field, newName: reader.text() };
  if (step !== 'fill' || length !== 4) throw new CanonicalError('wrong-type', start);
  const valueStart = reader.offset;
  readValue(reader, { nullAllowed: false });
  return { step, kind, field, value: reader.rawSince(valueStart) };
}

export function writeTurn(writer: CanonicalWriter, { element, after }: Turn): void {
  writer.array(2);
  writer.text(element);
  writer.bytesOrNull(after);
}

export function readTurn(reader: CanonicalReader): Turn {
  reader.arrayOf(2);
  const element = readWord(reader, ['edge', 'node', 'done'] as const);
  return { element, after: readDigestOrNull(reader) };
}

export function writeOffenders(writer: CanonicalWriter, offenders: readonly RuleBreak[]): void {
  writer.array(offenders.length);
  for (const offender of offenders) writeOffender(writer, offender);
}

export function writeOffender(writer: CanonicalWriter, { element, id, rule, subject, other }: RuleBreak): void {
  writer.array(5);
  writer.text(element);
  writer.bytes(id);
  writer.text(rule);
  writer.textOrNull(subject);
  writer.bytesOrNull(other);
}

export function readOffenders(reader: CanonicalReader): readonly RuleBreak[] {
  const offenders: RuleBreak[] = [];
  for (let left = reader.array(); left > 0; left--) {
    reader.arrayOf(5);
    const element = readWord(reader, ['node', 'edge'] as const);
    const id = readDigest(reader);
    const rule = readWord(reader, RULE_NAMES);
    const subject = reader.textOrNull();
    offenders.push({ element, id, class: breakClass(rule), rule, subject, other: readDigestOrNull(reader) });
  }
  return offenders;
}

function readWord<Word extends string>(reader: CanonicalReader, words: readonly Word[]): Word {
  const start = reader.offset;
  const text = reader.text();
  const word = words.find((each) => each === text);
  if (word === undefined) throw new CanonicalError('wrong-type', start);
  return word;
}

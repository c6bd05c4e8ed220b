/**
 * Choices: sides of elements that somebody chose by hand, whatever the policy says of them.
 *
 *     choice  [id, "ours"|"theirs"]                                sorted by id, no duplicates
 */
import { CanonicalError, type CanonicalReader } from '../bytes/canonical-reader.ts';
import type { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { DIGEST_SIZE } from '../bytes/digest.ts';
import type { ElementId } from '../graph/element.ts';
import { readDigest } from '../graph/op-codec.ts';
import { refuse, type Refusal } from '../refusal.ts';
import type { Side } from './policy.ts';

export const CHOICE_COUNT_MAX = 10_000;

export interface Choice {
  readonly id: ElementId;
  readonly side: Side;
}

/** Choices in the order that they have in events; ids must be distinct. */
export function sortChoices(choices: readonly Choice[]): Choice[] {
  return choices.toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

/** The first bound that choices break, or undefined. */
export function choicesProblem(choices: readonly Choice[]): Refusal | undefined {
  if (choices.length > CHOICE_COUNT_MAX) {
    const detail = `${choices.length} choices, where a rebase takes ${CHOICE_COUNT_MAX}`;
    return refuse('CHOICES_INVALID', 'choices', detail);
  }
  for (let i = 0; i < choices.length; i++) {
    const { id } = choices[i]!;
    if (id.length !== DIGEST_SIZE) return refuse('ID_INVALID', `choices[${i}].id`, 'an id has 32 bytes');
    if (i === 0 || choices[i - 1]!.id < id) continue;
    return refuse('CHOICES_INVALID', `choices[${i}].id`, 'an element is named twice or out of order');
  }
  return undefined;
}

export function writeChoices(writer: CanonicalWriter, choices: readonly Choice[]): void {
  writer.array(choices.length);
  for (const { id, side } of choices) {
    writer.array(2);
    writer.bytes(id);
    writer.text(side);
  }
}

export function readChoices(reader: CanonicalReader): Choice[] {
  const choices: Choice[] = [];
  for (let left = reader.array(); left > 0; left--) {
    reader.arrayOf(2);
    choices.push({ id: readDigest(reader), side: readSide(reader) });
  }
  return choices;
}

export function readSide(reader: CanonicalReader): Side {
  const start = reader.offset;
  const side = reader.text();
  if (side === 'ours' || side === 'theirs') return side;
  throw new CanonicalError('wrong-type', start);
}

/**
 * Resolutions: where a merged graph is not simply ours on theirs. With them a collapse is replayed without a decision.
 *
 *     resolution  [id, "ours"|"theirs"|{field: value|null …}]
 *
 * `theirs` keeps the element as theirs has it, absence included; `ours` stands for one that the workspace did not change;
 * a map names the fields that differ from ours, null where theirs is taken. Sorted: nodes before edges, each by id; those that
 * say `ours` stand last, by id.
 */
import type { CanonicalReader } from '../bytes/canonical-reader.ts';
import { MAJOR, type CanonicalWriter } from '../bytes/canonical-writer.ts';
import { DIGEST_SIZE } from '../bytes/digest.ts';
import type { ElementId } from '../graph/element.ts';
import { readDigest, readPatches, writePatches } from '../graph/op-codec.ts';
import type { FieldPatch } from '../graph/op.ts';
import { readSide } from './choice.ts';
import type { Side } from './policy.ts';

export interface Resolution {
  readonly id: ElementId;
  /** A patch without a value takes theirs. */
  readonly takes: Side | readonly FieldPatch[];
}

/** Bytes that resolutions take in an event at least: of a head more or less nothing is said. O(them). */
export function resolutionsSizeBytesMin(resolutions: readonly Resolution[]): number {
  let sizeBytes = 0;
  for (const { takes } of resolutions) {
    sizeBytes += DIGEST_SIZE;
    if (typeof takes === 'string') sizeBytes += takes.length;
    else for (const { name, value } of takes) sizeBytes += name.length + (value?.length ?? 0);
  }
  return sizeBytes;
}

export function writeResolutions(writer: CanonicalWriter, resolutions: readonly Resolution[]): void {
  writer.array(resolutions.length);
  for (const { id, takes } of resolutions) {
    writer.array(2);
    writer.bytes(id);
    if (typeof takes === 'string') writer.text(takes);
    else writePatches(writer, takes);
  }
}

export function readResolutions(reader: CanonicalReader): Resolution[] {
  const resolutions: Resolution[] = [];
  for (let left = reader.array(); left > 0; left--) {
    reader.arrayOf(2);
    const id = readDigest(reader);
    resolutions.push({ id, takes: reader.peekMajor() === MAJOR.map ? readPatches(reader) : readSide(reader) });
  }
  return resolutions;
}

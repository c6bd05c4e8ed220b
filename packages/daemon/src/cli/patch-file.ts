/**
 * Patch files: what turns one state of a view into another, as ops that run in any world (`docs/spec/patch.md`).
 *
 * One JSON object in the one spelling of RFC 8785, with the digest of its own text in `check`. It is read strictly: a file
 * that says anything else than what was written is refused as a whole, with the place of the fault.
 */
import type { Op } from '@jitos/kernel';
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { parseView } from '../engine/view-text.ts';
import { Failure } from '../errors/failure.ts';
import { manifestText, parseManifest } from '../logs/file/canonical-json.ts';
import { invalid, readObject, readText, type JsonObject, type JsonValue } from '../servers/graphql/json-value.ts';
import { opFromJson, readHash } from '../servers/graphql/op-json.ts';

/** A view at a moment of its world. */
export interface PatchSide {
  /** `system` or `sws:N`. */
  readonly view: string;
  /** The last event before it. */
  readonly at: number;
  readonly digest: string;
  readonly snapshotId: string;
}

export interface Patch {
  /** Where it was made. */
  readonly world: string;
  readonly from: PatchSide;
  readonly to: PatchSide;
  /** As `applyRewrite` takes them, in their order. */
  readonly ops: readonly JsonValue[];
}

export interface ReadPatch extends Patch {
  /** The digest of its text. */
  readonly check: string;
  /** The same ops, read. */
  readonly parsed: readonly Op[];
}

const FORMAT = 'jitos-patch';
const VERSION = 1;
export const PATCH_OPS_MAX = 500_000;
export const PATCH_SIZE_BYTES_MAX = 134_217_728;

/** The file's text. Throws `PATCH_INVALID` where there is more than a patch may hold. */
export function patchText({ world, from, to, ops }: Patch): string {
  if (ops.length > PATCH_OPS_MAX) throw tooLarge('', `more than ${PATCH_OPS_MAX} ops`);
  const text = manifestText({ format: FORMAT, version: VERSION, world, from, to, ops });
  if (Buffer.byteLength(text, 'utf8') > PATCH_SIZE_BYTES_MAX) {
    throw tooLarge('', `it would have more than ${PATCH_SIZE_BYTES_MAX} bytes`);
  }
  return text;
}

function tooLarge(place: string, detail: string): Failure {
  return new Failure('PATCH_INVALID', place, detail);
}

/** Reads a patch file. Throws `USAGE` where there is none, and for its contents what `parsePatch` throws. */
export function readPatchFile(path: string, typed: string): ReadPatch {
  return parsePatch(readBounded(path, typed), typed);
}

function readBounded(path: string, typed: string): string {
  try {
    const file = openSync(path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size > PATCH_SIZE_BYTES_MAX) throw tooLarge(typed, `the file has more than ${PATCH_SIZE_BYTES_MAX} bytes`);
      return readFileSync(file, 'utf8');
    } finally {
      closeSync(file);
    }
  } catch (error) {
    if (error instanceof Failure) throw error;
    throw new Failure('USAGE', typed, `the file can't be read: ${error instanceof Error ? error.message : ''}`);
  }
}

/**
 * What a patch's text says; `typed` is what names it in errors. Throws `PATCH_INVALID` where it is not what was written, and
 * what its fields and ops are refused with.
 */
export function parsePatch(text: string, typed: string): ReadPatch {
  const fields = parseManifest(text);
  if (fields === undefined) {
    throw new Failure('PATCH_INVALID', typed, 'not the canonical JSON of a patch, or its `check` is of another text');
  }
  try {
    return { ...readFields(fields), check: checkOf(text) };
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw new Failure(error.reason, `${typed}: ${error.place}`, error.message, { cause: error });
  }
}

function readFields(fields: Readonly<Record<string, unknown>>): Omit<ReadPatch, 'check'> {
  if (fields['format'] !== FORMAT) throw new Failure('PATCH_INVALID', 'format', `not '${FORMAT}'`);
  if (fields['version'] !== VERSION) {
    throw new Failure('PATCH_INVALID', 'version', `this reads version ${VERSION} alone`);
  }
  const { world, from, to, ops } = readObject(fields, '', {
    required: ['format', 'version', 'world', 'from', 'to', 'ops'],
    optional: [],
  });
  if (!Array.isArray(ops)) throw invalid('ops', 'expected a list');
  if (ops.length > PATCH_OPS_MAX) throw tooLarge('ops', `more than ${PATCH_OPS_MAX} ops`);
  return {
    world: readText(world, 'world'),
    from: readSide(from, 'from'),
    to: readSide(to, 'to'),
    ops,
    parsed: ops.map((op: unknown, i) => opFromJson(op, `ops[${i}]`)),
  };
}

function readSide(json: unknown, place: string): PatchSide {
  const side = readObject(json, place, { required: ['view', 'at', 'digest', 'snapshotId'], optional: [] });
  const view = readText(side.view, `${place}.view`);
  parseView(view, `${place}.view`);
  const { at } = side;
  if (typeof at !== 'number' || !Number.isSafeInteger(at) || at < 0) throw invalid(`${place}.at`, 'not an event');
  readHash(side.digest, `${place}.digest`);
  readHash(side.snapshotId, `${place}.snapshotId`);
  return { view, at, digest: String(side.digest), snapshotId: String(side.snapshotId) };
}

function checkOf(text: string): string {
  const { check } = JSON.parse(text) as { readonly check: string }; // it was just read as a manifest
  return check;
}

/** The op without what it expects of its element. */
export function withoutExpectation(op: JsonValue): JsonValue {
  const { op: name, data } = op as { readonly op: string; readonly data: JsonObject }; // `opFromJson` has read it
  const { expect: _, ...rest } = data;
  return { op: name, data: rest };
}

/**
 * The ops of a rewrite, as data, and the bounds each must keep before it runs.
 */
import { type Bytes } from '../bytes/byte-string.ts';
import { DIGEST_SIZE, type Digest } from '../bytes/digest.ts';
import { utf8Size } from '../bytes/utf8.ts';
import { compareKeys, decodeValue, type EncodedValue } from '../bytes/value.ts';
import { refuse, type Refusal } from '../refusal.ts';
import {
  FIELD_COUNT_MAX,
  FIELD_NAME_SIZE_MAX,
  FIELD_SIZE_MAX,
  KEY_SIZE_MAX,
  PAYLOAD_SIZE_MAX,
  isKind,
  type ElementId,
  type Kind,
} from './element.ts';

export const OP_COUNT_MAX = 10_000;
/** Of the ops of one rewrite in canonical bytes: an event holds so many with any `meta` and whatever else it says. */
export const OPS_SIZE_MAX = 8_257_536;

/** What an op expects of its element at its turn: that there is none, or its value digest. Null expects nothing. */
export type Expectation = 'absent' | Digest | null;

export interface FieldPatch {
  readonly name: string;
  /** Null removes the field. */
  readonly value: EncodedValue | null;
}

export type Op =
  | { readonly op: 'AddNode'; readonly kind: Kind; readonly payload: Bytes | null; readonly expect: Expectation }
  | {
      readonly op: 'PutNode';
      readonly kind: Kind;
      readonly key: Bytes;
      /** In canonical key order, no duplicates (`sortPatches`). */
      readonly patches: readonly FieldPatch[];
      readonly expect: Expectation;
    }
  | { readonly op: 'DeleteNode'; readonly id: ElementId; readonly expect: Expectation }
  | {
      readonly op: 'AddEdge';
      readonly from: ElementId;
      readonly to: ElementId;
      readonly kind: Kind;
      readonly key: Bytes | null;
      readonly payload: Bytes | null;
      readonly expect: Expectation;
    }
  | { readonly op: 'SetEdge'; readonly id: ElementId; readonly payload: Bytes | null; readonly expect: Expectation }
  | { readonly op: 'DeleteEdge'; readonly id: ElementId; readonly expect: Expectation };

export type OpName = Op['op'];

export const OP_NAMES: readonly OpName[] = ['AddNode', 'PutNode', 'DeleteNode', 'AddEdge', 'SetEdge', 'DeleteEdge'];

/** Patches in canonical order; names must be distinct. */
export function sortPatches(patches: readonly FieldPatch[]): FieldPatch[] {
  return patches.toSorted((a, b) => compareKeys(a.name, b.name));
}

/** The first bound that a rewrite's ops break, whatever graph they meet, or undefined. */
export function opsProblem(ops: readonly Op[]): Refusal | undefined {
  if (ops.length === 0) return refuse('OPS_EMPTY', 'ops', 'a rewrite has at least one op');
  if (ops.length > OP_COUNT_MAX) {
    return refuse('OPS_TOO_MANY', 'ops', `a rewrite has at most ${OP_COUNT_MAX} ops, not ${ops.length}`);
  }
  for (let i = 0; i < ops.length; i++) {
    const problem = opProblem(ops[i]!);
    if (problem !== undefined) return inOp(i, problem);
  }
  return undefined;
}

/** The refusal of an op, whose place is one inside it, as that of the rewrite: `.expect` becomes `ops[3].expect`. */
export function inOp(index: number, refusal: Refusal): Refusal {
  return { ...refusal, place: `ops[${index}]${refusal.place}` };
}

/** The first bound that the op breaks, or undefined. */
function opProblem(op: Op): Refusal | undefined {
  if (op.expect !== null && op.expect !== 'absent' && op.expect.length !== DIGEST_SIZE) {
    return refuse('ID_INVALID', '.expect', 'an expected digest has 32 bytes');
  }
  switch (op.op) {
    case 'AddNode':
      return kindProblem(op.kind) ?? payloadProblem(op.payload);
    case 'PutNode':
      return kindProblem(op.kind) ?? keyProblem(op.key) ?? patchesProblem(op.patches);
    case 'AddEdge':
      return (
        idProblem(op.from, '.from') ??
        idProblem(op.to, '.to') ??
        kindProblem(op.kind) ??
        (op.key === null ? undefined : keyProblem(op.key)) ??
        payloadProblem(op.payload)
      );
    case 'SetEdge':
      return idProblem(op.id, '.id') ?? payloadProblem(op.payload);
    case 'DeleteNode':
    case 'DeleteEdge':
      return idProblem(op.id, '.id');
  }
}

function idProblem(id: ElementId, place: string): Refusal | undefined {
  return id.length === DIGEST_SIZE ? undefined : refuse('ID_INVALID', place, 'an id has 32 bytes');
}

function kindProblem(kind: Kind): Refusal | undefined {
  if (isKind(kind)) return undefined;
  return refuse('KIND_INVALID', '.kind', 'a kind is 1–128 characters of A–Z a–z 0–9 _ . : -');
}

function keyProblem(key: Bytes): Refusal | undefined {
  if (key.length >= 1 && key.length <= KEY_SIZE_MAX) return undefined;
  return refuse('KEY_INVALID', '.key', `a key has 1–${KEY_SIZE_MAX} bytes, not ${key.length}`);
}

function payloadProblem(payload: Bytes | null): Refusal | undefined {
  if (payload === null || payload.length <= PAYLOAD_SIZE_MAX) return undefined;
  const detail = `a payload has at most ${PAYLOAD_SIZE_MAX} bytes, not ${payload.length}`;
  return refuse('PAYLOAD_TOO_LARGE', '.payload', detail);
}

function patchesProblem(patches: readonly FieldPatch[]): Refusal | undefined {
  if (patches.length > FIELD_COUNT_MAX) {
    return refuse('FIELD_INVALID', '', `a node has at most ${FIELD_COUNT_MAX} fields`);
  }
  for (let i = 0; i < patches.length; i++) {
    const { name, value } = patches[i]!;
    const size = utf8Size(name);
    if (size < 1 || size > FIELD_NAME_SIZE_MAX) {
      return refuse('FIELD_INVALID', `.fields.${name}`, `a field name has 1–${FIELD_NAME_SIZE_MAX} bytes of UTF-8`);
    }
    if (i > 0 && compareKeys(patches[i - 1]!.name, name) >= 0) {
      return refuse('FIELD_INVALID', `.fields.${name}`, 'a field is named twice or out of order');
    }
    if (value !== null && value.length > FIELD_SIZE_MAX) {
      return refuse('FIELD_INVALID', `.fields.${name}`, `a field's value has at most ${FIELD_SIZE_MAX} bytes`);
    }
    if (value !== null && holdsNull(value))
      return refuse('FIELD_INVALID', `.fields.${name}`, "a field's value holds no null");
  }
  return undefined;
}

const NULL_BYTE = '\u00f6';

/** A null inside a field would read back as a removal, or not at all. Most values are cleared by one search. */
function holdsNull(value: EncodedValue): boolean {
  if (!value.includes(NULL_BYTE)) return false;
  try {
    decodeValue(value, { nullAllowed: false });
    return false;
  } catch {
    return true;
  }
}

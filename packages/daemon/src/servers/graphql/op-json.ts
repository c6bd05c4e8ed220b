/**
 * The ops of a rewrite, between JSON and the kernel.
 *
 *     {"op": "AddNode",    "data": {kind, payload_b64?, expect?}}
 *     {"op": "PutNode",    "data": {kind, key | key_b64, set?, unset?, expect?}}
 *     {"op": "DeleteNode", "data": {id, expect?}}
 *     {"op": "AddEdge",    "data": {from, to, kind, key? | key_b64?, payload_b64?, expect?}}
 *     {"op": "SetEdge",    "data": {id, payload_b64, expect?}}
 *     {"op": "DeleteEdge", "data": {id, expect?}}
 *     expect               {"absent": true} | {"digest": hex}
 *
 * No other field is taken at any level. The kernel checks bounds; here only form is read, and every fault has the place
 * that the caller knows, such as `rewrite.ops[3].data.payload_b64`.
 */
import {
  bytesToHex,
  hexToDigest,
  sortPatches,
  FIELD_COUNT_MAX,
  FIELD_SIZE_MAX,
  OP_COUNT_MAX,
  OP_NAMES,
  type Bytes,
  type Digest,
  type Expectation,
  type FieldPatch,
  type Op,
  type OpName,
} from '@jitos/kernel';
import { isUtf8 } from 'node:buffer';
import { Failure } from '../../errors/failure.ts';
import {
  bytesFromBase64,
  bytesToBase64,
  checkSize,
  encodedFromJson,
  encodedToJson,
  invalid,
  readObject,
  readText,
  wrongType,
  type JsonObject,
  type JsonValue,
} from './json-value.ts';

/** Reads the ops of a rewrite. Throws a `Failure` for the first that is not one. */
export function opsFromJson(json: readonly unknown[], place: string): readonly Op[] {
  // A list that the kernel would refuse for its length is not worth reading.
  if (json.length > OP_COUNT_MAX) {
    throw new Failure('OPS_TOO_MANY', place, `a rewrite has at most ${OP_COUNT_MAX} ops, not ${json.length}`);
  }
  return json.map((op, i) => opFromJson(op, `${place}[${i}]`));
}

/** Reads one op. Throws as `opsFromJson` does. */
export function opFromJson(json: unknown, place: string): Op {
  const { op, data } = readObject(json, place, { required: ['op', 'data'], optional: [] });
  const name = readText(op, `${place}.op`);
  if (!isOpName(name)) throw new Failure('OP_UNKNOWN', `${place}.op`, `there is no op '${name.slice(0, 128)}'`);
  return OP_READERS[name](data, `${place}.data`);
}

function isOpName(name: string): name is OpName {
  return (OP_NAMES as readonly string[]).includes(name); // a list of names is a list of texts
}

const OP_READERS: { readonly [Name in OpName]: (json: unknown, place: string) => Op } = {
  AddNode: (json, place) => {
    const data = readObject(json, place, { required: ['kind'], optional: ['payload_b64', 'expect'] });
    const kind = readText(data.kind, `${place}.kind`);
    return {
      op: 'AddNode',
      kind,
      payload: readPayload(data.payload_b64, place),
      expect: readExpect(data.expect, place),
    };
  },
  PutNode: (json, place) => {
    const data = readObject(json, place, {
      required: ['kind'],
      optional: ['key', 'key_b64', 'set', 'unset', 'expect'],
    });
    const kind = readText(data.kind, `${place}.kind`);
    const key = readKey(data, place);
    if (key === null) throw invalid(`${place}.key`, 'a keyed node needs `key` or `key_b64`');
    const patches = readPatches(data.set, data.unset, place);
    return { op: 'PutNode', kind, key, patches, expect: readExpect(data.expect, place) };
  },
  DeleteNode: (json, place) => {
    const data = readObject(json, place, { required: ['id'], optional: ['expect'] });
    return { op: 'DeleteNode', id: readHash(data.id, `${place}.id`), expect: readExpect(data.expect, place) };
  },
  AddEdge: (json, place) => {
    const data = readObject(json, place, {
      required: ['from', 'to', 'kind'],
      optional: ['key', 'key_b64', 'payload_b64', 'expect'],
    });
    const from = readHash(data.from, `${place}.from`);
    const to = readHash(data.to, `${place}.to`);
    const kind = readText(data.kind, `${place}.kind`);
    const key = readKey(data, place);
    const payload = readPayload(data.payload_b64, place);
    return { op: 'AddEdge', from, to, kind, key, payload, expect: readExpect(data.expect, place) };
  },
  SetEdge: (json, place) => {
    const data = readObject(json, place, { required: ['id', 'payload_b64'], optional: ['expect'] });
    const id = readHash(data.id, `${place}.id`);
    return { op: 'SetEdge', id, payload: readPayload(data.payload_b64, place), expect: readExpect(data.expect, place) };
  },
  DeleteEdge: (json, place) => {
    const data = readObject(json, place, { required: ['id'], optional: ['expect'] });
    return { op: 'DeleteEdge', id: readHash(data.id, `${place}.id`), expect: readExpect(data.expect, place) };
  },
};

/** An id or a digest. Throws `ID_INVALID`, or `FORMAT_INVALID` if it is no text at all. */
export function readHash(json: unknown, place: string): Digest {
  const digest = hexToDigest(readText(json, place));
  if (digest === undefined) throw new Failure('ID_INVALID', place, 'not 64 characters of lowercase hex');
  return digest;
}

function readPayload(json: unknown, place: string): Bytes | null {
  return json === undefined || json === null ? null : bytesFromBase64(json, `${place}.payload_b64`);
}

function readKey(data: { readonly key?: unknown; readonly key_b64?: unknown }, place: string): Bytes | null {
  const { key, key_b64: base64 } = data;
  if (base64 !== undefined && base64 !== null) {
    if (key !== undefined && key !== null) throw invalid(`${place}.key_b64`, 'give `key` or `key_b64`, not both');
    return bytesFromBase64(base64, `${place}.key_b64`);
  }
  if (key === undefined || key === null) return null;
  const text = readText(key, `${place}.key`);
  if (!text.isWellFormed()) throw invalid(`${place}.key`, 'text with a lone surrogate');
  return Buffer.from(text, 'utf8').toString('latin1') as Bytes; // latin1 is one character a byte
}

function readPatches(set: unknown, unset: unknown, place: string): readonly FieldPatch[] {
  const entries = readEntries(set, `${place}.set`);
  const names = readList(unset, `${place}.unset`);
  // What the kernel would refuse for its length is not worth reading.
  if (entries.length + names.length > FIELD_COUNT_MAX) {
    throw new Failure('FIELD_INVALID', place, `a node has at most ${FIELD_COUNT_MAX} fields`);
  }
  const patches: FieldPatch[] = [];
  const isSet = new Set<string>();
  for (const [name, json] of entries) {
    const at = `${place}.set.${name}`;
    if (json === null) throw new Failure('FIELD_INVALID', at, 'a field has a value: name it in `unset` to remove it');
    checkSize(json, at, { sizeBytesMax: FIELD_SIZE_MAX, reason: 'FIELD_INVALID' });
    patches.push({ name, value: encodedFromJson(json, at, { nullAllowed: false }) });
    isSet.add(name);
  }
  for (const [i, json] of names.entries()) {
    const name = readText(json, `${place}.unset[${i}]`);
    if (isSet.has(name)) throw new Failure('FIELD_INVALID', `${place}.unset[${i}]`, 'the field is set, too');
    patches.push({ name, value: null });
  }
  return sortPatches(patches);
}

function readEntries(json: unknown, place: string): [string, unknown][] {
  if (json === undefined || json === null) return [];
  if (typeof json !== 'object' || Array.isArray(json)) throw wrongType(place, 'an object', json);
  return Object.entries(json);
}

function readList(json: unknown, place: string): readonly unknown[] {
  if (json === undefined || json === null) return [];
  if (!Array.isArray(json)) throw wrongType(place, 'a list', json);
  return json;
}

function readExpect(json: unknown, dataPlace: string): Expectation {
  if (json === undefined || json === null) return null;
  const place = `${dataPlace}.expect`;
  const { absent, digest } = readObject(json, place, { required: [], optional: ['absent', 'digest'] });
  if (digest === undefined) {
    if (absent === true) return 'absent';
    throw invalid(place, 'expect {"absent": true} or {"digest": …}');
  }
  if (absent !== undefined) throw invalid(place, 'expect one of the two');
  return readHash(digest, `${place}.digest`);
}

/** An op as `opsFromJson` would take it. */
export function opToJson(op: Op): JsonObject {
  return { op: op.op, data: { ...opData(op), ...(op.expect === null ? {} : { expect: expectToJson(op.expect) }) } };
}

function opData(op: Op): JsonObject {
  switch (op.op) {
    case 'AddNode':
      return { kind: op.kind, ...payloadToJson(op.payload) };
    case 'PutNode':
      return { kind: op.kind, ...keyToJson(op.key), ...patchesToJson(op.patches) };
    case 'AddEdge': {
      const ends = { from: bytesToHex(op.from), to: bytesToHex(op.to), kind: op.kind };
      return { ...ends, ...(op.key === null ? {} : keyToJson(op.key)), ...payloadToJson(op.payload) };
    }
    case 'SetEdge':
      return { id: bytesToHex(op.id), payload_b64: op.payload === null ? null : bytesToBase64(op.payload) };
    case 'DeleteNode':
    case 'DeleteEdge':
      return { id: bytesToHex(op.id) };
  }
}

function expectToJson(expect: Exclude<Expectation, null>): JsonObject {
  return expect === 'absent' ? { absent: true } : { digest: bytesToHex(expect) };
}

function payloadToJson(payload: Bytes | null): JsonObject {
  return payload === null ? {} : { payload_b64: bytesToBase64(payload) };
}

/** As text where it is UTF-8, which gives the same bytes back; else in base64. */
function keyToJson(key: Bytes): JsonObject {
  const bytes = Buffer.from(key, 'latin1');
  return isUtf8(bytes) ? { key: bytes.toString('utf8') } : { key_b64: bytes.toString('base64') };
}

function patchesToJson(patches: readonly FieldPatch[]): JsonObject {
  const set = patches.flatMap(({ name, value }): [string, JsonValue][] =>
    value === null ? [] : [[name, encodedToJson(value)]],
  );
  const unset = patches.flatMap(({ name, value }) => (value === null ? [name] : []));
  return {
    ...(set.length === 0 ? {} : { set: Object.fromEntries(set) }),
    ...(unset.length === 0 ? {} : { unset }),
  };
}

/** Where a caller finds what the kernel calls `place` in the ops that were read from `json`. */
export function opPlaceToJson(place: string, ops: readonly unknown[], opsPlace: string): string {
  const match = /^ops(?:\[(\d+)\](?:\.(.+))?)?$/s.exec(place);
  if (match === null) return place;
  const [, index, rest] = match;
  if (index === undefined) return opsPlace;
  const data = `${opsPlace}[${index}].data`;
  if (rest === undefined) return data;
  if (rest === 'payload') return `${data}.payload_b64`;
  const { data: given } = ops[Number(index)] as { readonly data: object }; // `opsFromJson` has read it
  if (rest === 'key') return Object.hasOwn(given, 'key_b64') ? `${data}.key_b64` : `${data}.key`;
  if (rest.startsWith('fields.')) return fieldPlace(rest.slice('fields.'.length), given, data);
  return `${data}.${rest}`;
}

function fieldPlace(name: string, given: { readonly set?: unknown }, data: string): string {
  const { set } = given;
  const isSet = typeof set === 'object' && set !== null && Object.hasOwn(set, name);
  return isSet ? `${data}.set.${name}` : `${data}.unset`;
}

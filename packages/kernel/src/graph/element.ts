/**
 * The elements of a graph: content nodes, keyed nodes and edges, with their ids and value digests.
 *
 *     content node  id = value digest = H("node/content")[kind, payload|null]
 *     keyed node    id = H("node/key")[kind, key]      value = H("node/value")[kind, key, fields]
 *     edge          id = H("edge")[from, to, kind, key|null]
 *                   value = H("edge/value")[from, to, kind, key|null, payload|null]
 *
 * A content node can't change; a keyed node has fields that can, which is what makes conflicts possible.
 */
import type { Bytes } from '../bytes/byte-string.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import { taggedHash, type Digest, type Sha256, type Tag } from '../bytes/digest.ts';
import type { EncodedValue } from '../bytes/value.ts';

export const PAYLOAD_SIZE_MAX = 1_048_576;
export const KEY_SIZE_MAX = 1024;
export const FIELD_COUNT_MAX = 256;
export const FIELD_NAME_SIZE_MAX = 128;
export const FIELD_SIZE_MAX = 65_536;

/** The id of a node or an edge. Content addressed or keyed; the two never collide, for their tags differ. */
export type ElementId = Digest;

export type ElementType = 'node' | 'edge';

/** 1–128 characters of `[A-Za-z0-9_.:-]`, case-sensitive. */
export type Kind = string;

export interface ContentNode {
  readonly type: 'content';
  readonly id: ElementId;
  readonly kind: Kind;
  /** At most 1 MiB; absent differs from empty. */
  readonly payload: Bytes | null;
}

export interface Field {
  /** 1–128 bytes in UTF-8. */
  readonly name: string;
  /** Canonical, without null, at most 64 KiB. */
  readonly value: EncodedValue;
}

export interface KeyedNode {
  readonly type: 'keyed';
  readonly id: ElementId;
  readonly kind: Kind;
  /** 1–1,024 bytes. */
  readonly key: Bytes;
  /** At most 256, in canonical key order, no duplicates. */
  readonly fields: readonly Field[];
  readonly valueDigest: Digest;
}

export type GraphNode = ContentNode | KeyedNode;

export interface GraphEdge {
  readonly id: ElementId;
  readonly from: ElementId;
  readonly to: ElementId;
  readonly kind: Kind;
  /** Tells apart edges of one kind between the same ends; 1–1,024 bytes. */
  readonly key: Bytes | null;
  readonly payload: Bytes | null;
  readonly valueDigest: Digest;
}

/** The value of an element, or that there is none. */
export interface ElementValue {
  readonly element: ElementType;
  readonly id: ElementId;
  /** Its value digest; null where there is no such element. */
  readonly value: Digest | null;
}

const KIND = /^[A-Za-z0-9_.:-]{1,128}$/;

export function isKind(text: string): boolean {
  return KIND.test(text);
}

/** The digest that stands for a node's value wherever values are compared or hashed. */
export function nodeValueDigest(node: GraphNode): Digest {
  return node.type === 'content' ? node.id : node.valueDigest;
}

export function edgeValueDigest(edge: GraphEdge): Digest {
  return edge.valueDigest;
}

/** Whether the two have one value, or are both absent. */
export function isSameNode(a: GraphNode | undefined, b: GraphNode | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && nodeValueDigest(a) === nodeValueDigest(b));
}

/** As `isSameNode`. */
export function isSameEdge(a: GraphEdge | undefined, b: GraphEdge | undefined): boolean {
  return a === b || (a !== undefined && b !== undefined && edgeValueDigest(a) === edgeValueDigest(b));
}

const writer = new CanonicalWriter();

function hashWritten(tag: Tag, sha256: Sha256): Digest {
  return taggedHash(tag, writer.toBytes(), sha256);
}

export function contentNode(kind: Kind, payload: Bytes | null, sha256: Sha256): ContentNode {
  writer.reset();
  writer.array(2);
  writer.text(kind);
  writer.bytesOrNull(payload);
  return { type: 'content', id: hashWritten('node/content', sha256), kind, payload };
}

export function keyedNodeId(kind: Kind, key: Bytes, sha256: Sha256): ElementId {
  writer.reset();
  writer.array(2);
  writer.text(kind);
  writer.bytes(key);
  return hashWritten('node/key', sha256);
}

/** `id` is `keyedNodeId(kind, key)`, which the caller has. */
export function keyedNode(id: ElementId, kind: Kind, key: Bytes, fields: readonly Field[], sha256: Sha256): KeyedNode {
  writer.reset();
  writer.array(3);
  writer.text(kind);
  writer.bytes(key);
  writeFields(writer, fields);
  const valueDigest = hashWritten('node/value', sha256);
  // An array that was pushed to keeps room for seventeen, in every node of a large graph; a copy is as long as it is.
  return { type: 'keyed', id, kind, key, fields: fields.slice(), valueDigest };
}

export function writeFields(target: CanonicalWriter, fields: readonly Field[]): void {
  target.map(fields.length);
  for (const field of fields) {
    target.text(field.name);
    target.raw(field.value);
  }
}

export function edgeId(from: ElementId, to: ElementId, kind: Kind, key: Bytes | null, sha256: Sha256): ElementId {
  writer.reset();
  writer.array(4);
  writeEdgeName(from, to, kind, key);
  return hashWritten('edge', sha256);
}

/** `id` is `edgeId(from, to, kind, key)`, which the caller has. */
export function graphEdge(parts: Omit<GraphEdge, 'valueDigest'>, sha256: Sha256): GraphEdge {
  const { id, from, to, kind, key, payload } = parts;
  writer.reset();
  writer.array(5);
  writeEdgeName(from, to, kind, key);
  writer.bytesOrNull(payload);
  return { id, from, to, kind, key, payload, valueDigest: hashWritten('edge/value', sha256) };
}

function writeEdgeName(from: ElementId, to: ElementId, kind: Kind, key: Bytes | null): void {
  writer.bytes(from);
  writer.bytes(to);
  writer.text(kind);
  writer.bytesOrNull(key);
}

/**
 * Changes of a workspace, made by helpers that know their form. A change knows the id of its element before anything is sent,
 * so that one rewrite can make nodes and the edges between them.
 *
 *     const ada = putNode('person', 'ada', { born: 1815 });
 *     const note = addNode('note', 'wrote the first program');
 *     await ws.rewrite([ada, note, addEdge(note, 'about', ada)]);
 */
import { bytesToHex, contentNode, edgeId, hexToDigest, keyedNodeId, type Digest } from '@jitos/kernel/verify';
import { toBase64, toBytes, type Key } from './bytes.ts';
import type { JsonObject } from './operation.ts';
import { sha256 } from './sha256.ts';
import { fieldsToJson, type Fields } from './value.ts';

/** What the element must be like when the change is made, and again when the workspace is collapsed. */
export type Expectation = { readonly absent: true } | { readonly digest: string };

/** One op. */
export interface Change {
  readonly op: 'AddNode' | 'PutNode' | 'DeleteNode' | 'AddEdge' | 'SetEdge' | 'DeleteEdge';
  readonly element: 'node' | 'edge';
  /** Of the element. */
  readonly id: string;
  /** As docs/spec/graphql.md has it. */
  readonly data: JsonObject;
}

export interface ChangeOptions {
  readonly expect?: Expectation;
}

/** A node: by its id, as it was read, or by the change that makes it. */
export type NodeRef = string | { readonly id: string };
/** Likewise. */
export type EdgeRef = NodeRef;

export function idOf(ref: NodeRef): string {
  return typeof ref === 'string' ? ref : ref.id;
}

/** The id that a node with this key has, in every world. */
export function nodeId(kind: string, key: Key): string {
  return bytesToHex(keyedNodeId(kind, toBytes(key), sha256));
}

/** Sets fields of the node with this key, which is made if it is not there; the others stay. */
export function putNode(
  kind: string,
  key: Key,
  fields: Fields = {},
  { unset = [], expect }: ChangeOptions & { /** Fields that go. */ readonly unset?: readonly string[] } = {},
): Change {
  const data = {
    kind,
    ...keyData(key),
    ...(Object.keys(fields).length === 0 ? {} : { set: fieldsToJson(fields) }),
    ...(unset.length === 0 ? {} : { unset }),
    ...expectData(expect),
  };
  return { op: 'PutNode', element: 'node', id: nodeId(kind, key), data };
}

/** Adds a node that is what it holds: text is taken as its UTF-8. To add one that is there is no change. */
export function addNode(kind: string, payload?: string | Uint8Array, { expect }: ChangeOptions = {}): Change {
  const { id } = contentNode(kind, payload === undefined ? null : toBytes(payload), sha256);
  const data = { kind, ...payloadData(payload), ...expectData(expect) };
  return { op: 'AddNode', element: 'node', id: bytesToHex(id), data };
}

export interface EdgeOptions extends ChangeOptions {
  /** Tells it from other edges of its kind between the same nodes. */
  readonly key?: Key;
  readonly payload?: string | Uint8Array;
}

/** Adds an edge. Both nodes are there when the rewrite ends, or it is refused. */
export function addEdge(from: NodeRef, kind: string, to: NodeRef, { key, payload, expect }: EdgeOptions = {}): Change {
  const [start, end] = [mustReadId(idOf(from)), mustReadId(idOf(to))];
  const id = edgeId(start, end, kind, key === undefined ? null : toBytes(key), sha256);
  const data = {
    from: bytesToHex(start),
    to: bytesToHex(end),
    kind,
    ...(key === undefined ? {} : keyData(key)),
    ...payloadData(payload),
    ...expectData(expect),
  };
  return { op: 'AddEdge', element: 'edge', id: bytesToHex(id), data };
}

/** Gives an edge another payload; null takes it away. */
export function setEdge(edge: EdgeRef, payload: string | Uint8Array | null, { expect }: ChangeOptions = {}): Change {
  const id = idOf(edge);
  const base64 = payload === null ? null : toBase64(payload);
  return { op: 'SetEdge', element: 'edge', id, data: { id, payload_b64: base64, ...expectData(expect) } };
}

/** A node goes only without edges, or with them in one rewrite. */
export function deleteNode(node: NodeRef, { expect }: ChangeOptions = {}): Change {
  const id = idOf(node);
  return { op: 'DeleteNode', element: 'node', id, data: { id, ...expectData(expect) } };
}

export function deleteEdge(edge: EdgeRef, { expect }: ChangeOptions = {}): Change {
  const id = idOf(edge);
  return { op: 'DeleteEdge', element: 'edge', id, data: { id, ...expectData(expect) } };
}

/** As the wire has it. */
export function changeToJson({ op, data }: Change): JsonObject {
  return { op, data };
}

function keyData(key: Key): JsonObject {
  if (typeof key !== 'string') return { key_b64: toBase64(key) };
  return { key };
}

function payloadData(payload: string | Uint8Array | undefined): JsonObject {
  return payload === undefined ? {} : { payload_b64: toBase64(payload) };
}

function expectData(expect: Expectation | undefined): JsonObject {
  return expect === undefined ? {} : { expect: { ...expect } };
}

function mustReadId(hex: string): Digest {
  const id = hexToDigest(hex);
  if (id === undefined) throw new TypeError(`not the id of a node: ${hex.slice(0, 80)}`);
  return id;
}

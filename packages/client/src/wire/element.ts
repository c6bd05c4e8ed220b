/** Nodes and edges as a view has them. */
import { base64ToArray, keyFromBase64, type Key } from './bytes.ts';
import type { EdgeParts, NodeParts } from './generated.ts';
import type { Json, JsonObject } from './operation.ts';
import { fieldsFromJson, type Fields } from './value.ts';

/** A node with a key, whose fields change. */
export interface KeyedNode {
  readonly type: 'keyed';
  /** 64 characters of hex, as every id of an element. */
  readonly id: string;
  readonly kind: string;
  readonly key: Key;
  readonly fields: Fields;
}

/** A node that is what it holds, and never changes. */
export interface ContentNode {
  readonly type: 'content';
  readonly id: string;
  readonly kind: string;
  /** Null: none, which differs from an empty one. */
  readonly payload: Uint8Array | null;
}

export type Node = KeyedNode | ContentNode;

export interface Edge {
  readonly type: 'edge';
  readonly id: string;
  readonly kind: string;
  /** Id of the node that it leaves. */
  readonly from: string;
  /** Id of the node that it reaches. */
  readonly to: string;
  /** Tells it from other edges of its kind between the same nodes. */
  readonly key: Key | null;
  readonly payload: Uint8Array | null;
}

export type Element = Node | Edge;

export function nodeFromWire({ id, kind, data, key_b64: key }: NodeParts): Node {
  if (key === null) return { type: 'content', id, kind, payload: payloadOf(data) };
  return { type: 'keyed', id, kind, key: keyFromBase64(key), fields: isObject(data) ? fieldsFromJson(data) : {} };
}

export function edgeFromWire({ id, kind, from, to, data, key_b64: key }: EdgeParts): Edge {
  return {
    type: 'edge',
    id,
    kind,
    from,
    to,
    key: key === null ? null : keyFromBase64(key),
    payload: payloadOf(data),
  };
}

/** Of `{payload_b64}`. */
export function payloadOf(data: Json): Uint8Array | null {
  const base64 = isObject(data) ? data['payload_b64'] : undefined;
  return typeof base64 === 'string' ? base64ToArray(base64) : null;
}

export function isObject(json: Json): json is JsonObject {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

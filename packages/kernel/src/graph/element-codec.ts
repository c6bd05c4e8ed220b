/**
 * Elements in canonical bytes: those that their value digests are taken of, so that an element can be told by itself.
 *
 *     content node  [kind, payload|null]
 *     keyed node    [kind, key, {name: value …}]
 *     edge          [from, to, kind, key|null, payload|null]
 */
import { flatBytes, type Bytes } from '../bytes/byte-string.ts';
import { CanonicalError, CanonicalReader } from '../bytes/canonical-reader.ts';
import { CanonicalWriter } from '../bytes/canonical-writer.ts';
import type { Sha256 } from '../bytes/digest.ts';
import { compareKeys, readValue } from '../bytes/value.ts';
import {
  contentNode,
  edgeId,
  graphEdge,
  keyedNode,
  keyedNodeId,
  writeFields,
  type Field,
  type GraphEdge,
  type GraphNode,
} from './element.ts';
import { readDigest } from './op-codec.ts';

const writer = new CanonicalWriter();

export function encodeNode(node: GraphNode): Bytes {
  writer.reset();
  writer.array(node.type === 'content' ? 2 : 3);
  writer.text(node.kind);
  if (node.type === 'content') {
    writer.bytesOrNull(node.payload);
  } else {
    writer.bytes(node.key);
    writeFields(writer, node.fields);
  }
  return flatBytes(writer.toBytes());
}

export function encodeEdge({ from, to, kind, key, payload }: GraphEdge): Bytes {
  writer.reset();
  writer.array(5);
  writer.bytes(from);
  writer.bytes(to);
  writer.text(kind);
  writer.bytesOrNull(key);
  writer.bytesOrNull(payload);
  return flatBytes(writer.toBytes());
}

/** Reads a node and takes its id and value digest anew. Throws a `CanonicalError`; no bound but the shape is checked. */
export function decodeNode(bytes: Bytes, sha256: Sha256): GraphNode {
  const reader = new CanonicalReader(bytes);
  const length = reader.array();
  if (length !== 2 && length !== 3) throw new CanonicalError('wrong-type', 0);
  const kind = reader.text();
  const node =
    length === 2
      ? contentNode(kind, reader.bytesOrNull(), sha256)
      : readKeyedNode(reader, kind, reader.bytes(), sha256);
  reader.end();
  return node;
}

function readKeyedNode(reader: CanonicalReader, kind: string, key: Bytes, sha256: Sha256): GraphNode {
  const fields: Field[] = [];
  for (let left = reader.map(); left > 0; left--) {
    const start = reader.offset;
    const name = reader.text();
    const previous = fields.at(-1);
    const order = previous === undefined ? 1 : compareKeys(name, previous.name);
    if (order <= 0) throw new CanonicalError(order === 0 ? 'duplicate-key' : 'key-order', start);
    const valueStart = reader.offset;
    readValue(reader, { nullAllowed: false });
    fields.push({ name, value: reader.rawSince(valueStart) });
  }
  return keyedNode(keyedNodeId(kind, key, sha256), kind, key, fields, sha256);
}

/** As `decodeNode`. */
export function decodeEdge(bytes: Bytes, sha256: Sha256): GraphEdge {
  const reader = new CanonicalReader(bytes);
  reader.arrayOf(5);
  const from = readDigest(reader);
  const to = readDigest(reader);
  const kind = reader.text();
  const key = reader.bytesOrNull();
  const payload = reader.bytesOrNull();
  reader.end();
  return graphEdge({ id: edgeId(from, to, kind, key, sha256), from, to, kind, key, payload }, sha256);
}

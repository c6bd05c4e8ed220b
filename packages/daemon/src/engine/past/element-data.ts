/** The data of elements: payloads and fields, beside ids and digests. */
import type { GraphEdge, GraphNode } from '@jitos/kernel';

/** Bytes that a node's data is made of. */
export function nodeSizeBytes(node: GraphNode): number {
  if (node.type === 'content') return node.payload?.length ?? 0;
  let sizeBytes = node.key.length;
  for (const { name, value } of node.fields) sizeBytes += name.length + value.length;
  return sizeBytes;
}

export function edgeSizeBytes(edge: GraphEdge): number {
  return (edge.payload?.length ?? 0) + (edge.key?.length ?? 0);
}

export function withoutData<Element extends GraphNode | GraphEdge>(element: Element): Element {
  return 'fields' in element ? { ...element, fields: [] } : { ...element, payload: null };
}

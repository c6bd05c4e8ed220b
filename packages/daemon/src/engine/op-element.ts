/** Which element an op is about. */
import { contentNode, edgeId, keyedNodeId, type ElementId, type ElementType, type Op } from '@jitos/kernel';
import { sha256 } from './sha256.ts';

/** Takes a hash where the op names its element by what it holds. */
export function elementOf(op: Op): readonly [ElementType, ElementId] {
  switch (op.op) {
    case 'AddNode':
      return ['node', contentNode(op.kind, op.payload, sha256).id];
    case 'PutNode':
      return ['node', keyedNodeId(op.kind, op.key, sha256)];
    case 'AddEdge':
      return ['edge', edgeId(op.from, op.to, op.kind, op.key, sha256)];
    case 'DeleteNode':
      return ['node', op.id];
    case 'SetEdge':
    case 'DeleteEdge':
      return ['edge', op.id];
  }
}

/** The import's position, read back from a world. */
import {
  decodeValue,
  fieldOf,
  isBoxedBytes,
  keyedNodeId,
  trieGet,
  type Graph,
  type GraphNode,
  type Value,
} from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import { sha256 } from '../../engine/sha256.ts';
import type { HistoryPosition } from './git-position.ts';
import { REPO_KEY, REPO_KIND } from './import-ops.ts';

/** Where the import into this graph stands; null if there was none. Throws `FORMAT_INVALID` if others wrote it. */
export function importPosition(graph: Graph): HistoryPosition | null {
  const node = trieGet(graph.nodes, keyedNodeId(REPO_KIND, REPO_KEY, sha256));
  if (node === undefined) return null;
  const headOid = fieldValue(node, 'head');
  const baseOids = fieldValue(node, 'bases');
  const count = fieldValue(node, 'count');
  const lastOid = fieldValue(node, 'last');
  if (!isOid(headOid) || !isOid(lastOid) || !isOids(baseOids) || typeof count !== 'number') {
    throw new Failure('FORMAT_INVALID', REPO_KIND, "the import's position is not what the importer writes");
  }
  return { headOid, baseOids, count, lastOid };
}

function fieldValue(node: GraphNode, name: string): Value {
  const encoded = fieldOf(node, name);
  return encoded === undefined ? null : decodeValue(encoded, { nullAllowed: false });
}

/** What a git command is given must be an object id and nothing else. */
function isOid(value: Value): value is string {
  return typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value);
}

function isOids(value: Value): value is readonly string[] {
  return Array.isArray(value) && !isBoxedBytes(value) && value.every((item: Value) => isOid(item));
}

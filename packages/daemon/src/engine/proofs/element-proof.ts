/**
 * Proofs that a view holds an element, or does not: of System or of an open workspace, as the newest event left it whose
 * header records that view's digest. Since then the view has not changed, as far as the world goes that makes the proof.
 */
import {
  bytesFrom,
  decodeRecordedGraph,
  encodeEdge,
  encodeNode,
  proveMembership,
  trieGet,
  type Bytes,
  type ElementId,
  type ElementType,
  type Graph,
  type ViewId,
  type World,
} from '@jitos/kernel';
import { type ElementProof, elementProof } from '@jitos/kernel/verify';
import { Failure } from '../../errors/failure.ts';
import type { Log } from '../../ports/log.ts';
import type { RewriteIndex, RewritePosition } from '../../ports/rewrite-index.ts';
import { isCollapse } from '../event-workspaces.ts';
import { readEvent } from '../history-reader.ts';
import { sha256 } from '../sha256.ts';
import { viewText } from '../view-text.ts';
import { mustGetHead } from '../world-views.ts';
import type { HistoryProofs } from './history-proofs.ts';

export interface ElementProofRequest {
  readonly element: ElementType;
  readonly id: ElementId;
  readonly view: ViewId;
}

export interface ElementProofParts {
  readonly log: Pick<Log, 'batches'>;
  readonly loop: { readonly world: World };
  readonly rewrites: Pick<RewriteIndex, 'lastOf' | 'page'>;
  readonly proofs: HistoryProofs;
}

/**
 * Throws `WORKSPACE_NOT_FOUND` or `WORKSPACE_ENDED`, and `DIGEST_NOT_RECORDED` of a System into which nothing was collapsed
 * and of a workspace in which nothing was written. O(log n), and an event is read for each collapse of the workspace that was
 * aborted since it was last written to.
 */
export async function proveElement(parts: ElementProofParts, request: ElementProofRequest): Promise<ElementProof> {
  const { loop, proofs } = parts;
  // Read at one moment; what is waited for below looks no further than this.
  const { world } = loop;
  const { element, id, view } = request;
  const { graph, rules, digest } = mustGetHead(world, view, 'view');
  const membership = proveMembership(graph, rules.id, request, sha256);
  const value = elementBytes(graph, element, id);
  const { size } = world.history;
  const idx = await newestRecord(parts, view, world.rulesIdx);
  const inclusion = await proofs.inclusion(idx, size);
  const recorded = decodeRecordedGraph(bytesFrom(Buffer.from(inclusion.header, 'base64')));
  if (recorded?.view !== view || recorded.digest !== digest) {
    throw new Error(`event ${idx} does not record the digest that ${viewText(view)} has`);
  }
  return elementProof({ element, id, view, value }, membership, inclusion, sha256);
}

function elementBytes(graph: Graph, element: ElementType, id: ElementId): Bytes | null {
  if (element === 'node') {
    const node = trieGet(graph.nodes, id);
    return node === undefined ? null : encodeNode(node);
  }
  const edge = trieGet(graph.edges, id);
  return edge === undefined ? null : encodeEdge(edge);
}

/**
 * The newest event that records the view's digest: System's is in each of its collapses and where its rule pack was put in
 * force, a workspace's in its rewrites and rebases, and in the collapses of its forks.
 */
async function newestRecord({ rewrites, log }: ElementProofParts, view: ViewId, rulesIdx: number): Promise<number> {
  const last = rewrites.lastOf(view);
  if (view === 'system' && rulesIdx > (last?.eventIdx ?? 0)) return rulesIdx;
  if (last !== undefined && view === 'system') return last.eventIdx;
  for (const { eventIdx } of last === undefined ? [] : backFrom(rewrites, view, last)) {
    // A collapse of its own that was aborted is among them; it left the workspace as it was.
    const { event } = await readEvent(log, eventIdx);
    if (!isCollapse(event) || event.target === view) return eventIdx;
  }
  throw new Failure('DIGEST_NOT_RECORDED', 'view', `no event records the digest of ${viewText(view)} so far`);
}

/** Rewrites looked through at first; each time, four times as many. */
const WINDOW_LENGTH = 16;

/** The rewrites of a view from its last one on, backwards. */
function* backFrom(
  rewrites: Pick<RewriteIndex, 'page'>,
  view: ViewId,
  last: RewritePosition,
): Generator<RewritePosition, void, undefined> {
  let end = last.rewriteIdx + 1;
  for (let length = WINDOW_LENGTH; end > 0; length *= 4) {
    const begin = Math.max(0, end - length);
    const page = rewrites.page(view, begin - 1, end - begin).filter(({ rewriteIdx }) => rewriteIdx < end);
    yield* page.toReversed();
    end = begin;
  }
}

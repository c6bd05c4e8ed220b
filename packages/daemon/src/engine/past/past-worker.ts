/**
 * A thread that makes worlds of the past from the files of their histories and answers what is asked of them, one question
 * at a time, so that the loop and its collector never wait for it.
 */
import { parentPort } from 'node:worker_threads';
import { getHeapStatistics } from 'node:v8';
import { edgeValueDigest, nodeValueDigest, trieDigest, type ViewId, type World } from '@jitos/kernel';
import { Failure } from '../../errors/failure.ts';
import type { Reason } from '../../errors/reason.ts';
import { FileCheckpoints } from '../../logs/file/file-checkpoints.ts';
import { nodeDisk } from '../../logs/file/node-disk.ts';
import { readFileLog } from '../../logs/file/read-only-log.ts';
import type { History } from '../replay-history.ts';
import { sha256 } from '../sha256.ts';
import { mustGetHead } from '../world-views.ts';
import { PastHistory } from './past-history.ts';
import { otherView, readWorld } from './past-view.ts';
import { trimAnswer, type AnswerTo, type PastView, type Question } from './view-reading.ts';

/** What it is asked. */
export interface PastOrder {
  /** The world's. */
  readonly folder: string;
  readonly past: PastView;
  readonly question: Question;
}

/** What it tells; the answer or the failure comes last. */
export type PastNews =
  | { readonly type: 'folding'; readonly foldedCount: number }
  | { readonly type: 'answer'; readonly answer: AnswerTo<Question> }
  | { readonly type: 'failed'; readonly reason: Reason; readonly place: string; readonly detail: string };

/** Histories whose worlds are kept, the last ones asked for. */
const HISTORIES_MAX = 2;
/** Of the heap that it may have: beyond it only the world that is being made is kept. */
const HEAP_SHARE_MAX = 0.6;

/** By folder, the one used last at the end. */
const histories = new Map<string, PastHistory>();

/** Segments are archived and brought back while a history is kept: what can't be read is opened anew before that is told. */
async function answer(order: PastOrder): Promise<AnswerTo<Question>> {
  const { folder, past } = order;
  const wasOpen = histories.has(folder);
  let worlds: OrderedWorlds;
  try {
    worlds = await makeWorlds(order);
  } catch (error) {
    histories.delete(folder);
    if (!wasOpen) throw error;
    worlds = await makeWorlds(order);
  }
  return trimAnswer(order.question, readWorld(worlds.world, past, order.question, worlds.other));
}

interface OrderedWorlds {
  readonly world: World;
  /** Of the question's other view. */
  readonly other: World | undefined;
}

async function makeWorlds({ folder, past, question }: PastOrder): Promise<OrderedWorlds> {
  const otherPast = otherView(question);
  if (otherPast === undefined) return { world: await makeWorld(folder, past.idx), other: undefined };
  const otherIdx = otherPast.idx;
  // The later one is folded from the earlier: they share what has not changed.
  const earlier = await makeWorld(folder, Math.min(otherIdx, past.idx));
  const later = await makeWorld(folder, Math.max(otherIdx, past.idx));
  const worlds = otherIdx < past.idx ? { world: later, other: earlier } : { world: earlier, other: later };
  takeDigests(worlds.world, past.view);
  takeDigests(worlds.other, otherPast.view);
  return worlds;
}

/** Two worlds that were not folded one from the other share nothing: the digests of their nodes tell what is the same. */
function takeDigests(world: World, view: ViewId): void {
  const { graph } = mustGetHead(world, view, 'view.swsId');
  trieDigest(graph.nodes, nodeValueDigest, sha256);
  trieDigest(graph.edges, edgeValueDigest, sha256);
}

async function makeWorld(folder: string, idx: number): Promise<World> {
  const history = await openHistory(folder, idx);
  return await history.worldAt(idx, (foldedCount) => {
    if (isHeapFull()) for (const each of histories.values()) each.forget();
    tell({ type: 'folding', foldedCount });
  });
}

async function openHistory(folder: string, idx: number): Promise<PastHistory> {
  const known = histories.get(folder);
  histories.delete(folder);
  const history = known ?? new PastHistory(await readHistory(folder));
  if (idx >= history.length) history.follow(await readHistory(folder));
  histories.set(folder, history);
  for (const oldest of histories.keys()) {
    if (histories.size <= HISTORIES_MAX) break;
    histories.delete(oldest);
  }
  return history;
}

async function readHistory(folder: string): Promise<History> {
  // Whoever serves the world has walked its log; what is folded is checked.
  const log = await readFileLog({ disk: nodeDisk(), folder, checkFromIdx: Infinity });
  const checkpoints = new FileCheckpoints({ disk: nodeDisk(), folder, worldId: log.worldId });
  return { log, checkpoints, onSkipped: () => undefined };
}

function isHeapFull(): boolean {
  const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
  return used > HEAP_SHARE_MAX * limit;
}

async function take(order: PastOrder): Promise<void> {
  try {
    tell({ type: 'answer', answer: await answer(order) });
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    const { reason, place, message: detail } = error;
    tell({ type: 'failed', reason, place, detail });
  }
}

function tell(news: PastNews): void {
  parentPort?.postMessage(news);
}

parentPort?.on('message', (order: PastOrder) => {
  // A bug ends the thread, and whoever started it is told.
  take(order).catch((error: unknown) => {
    setImmediate(() => {
      throw error;
    });
  });
});

/** Keeping the tree hashes level with the history. */
import { headOf, leafHash, treeHead, type Digest, type HistoryTree } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Log } from '../ports/log.ts';
import type { TreeHashes } from '../ports/tree-hashes.ts';
import { sha256 } from './sha256.ts';

/** Brings the hashes up to the leaves before `endIdx`. O(what they lack), a few microseconds an event. */
export async function catchUpTree(log: Pick<Log, 'batches'>, hashes: TreeHashes, endIdx: number): Promise<void> {
  if (hashes.length >= endIdx) return;
  for await (const { firstIdx, events } of log.batches(hashes.length)) {
    const leaves: Digest[] = [];
    for (const { header } of events.slice(hashes.length - firstIdx, endIdx - firstIdx)) {
      leaves.push(leafHash(header, sha256));
    }
    hashes.append(leaves);
    if (hashes.length >= endIdx) return;
  }
}

/** Holds the hashes against the folded history; those of another one are dropped, and taken from the log again. */
export async function checkTree(log: Pick<Log, 'batches'>, hashes: TreeHashes, history: HistoryTree): Promise<void> {
  if (isOf(hashes, history)) return;
  hashes.clear();
  await catchUpTree(log, hashes, history.size);
  if (isOf(hashes, history)) return;
  throw new Failure('LOG_DAMAGED', '', 'the headers in the log do not make the head of the history that they fold to');
}

function isOf(hashes: TreeHashes, history: HistoryTree): boolean {
  if (hashes.length !== history.size) return false;
  if (history.size === 0) return true;
  return headOf(history.size, (level, index) => hashes.hashAt(level, index), sha256) === treeHead(history, sha256);
}

/** What must hold of a world that has just been opened, and of the bytes that it was opened from. */
import assert from 'node:assert/strict';
import { readEvents } from '@jitos/daemon/engine/history-reader.ts';
import { replay } from '@jitos/daemon/engine/replay.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import type { Disk } from '@jitos/daemon/ports/disk.ts';
import { walkLog } from '@jitos/daemon/logs/file/walk-log.ts';
import type { TornTail } from '@jitos/daemon/logs/file/walk-log.ts';
import {
  digestToHex,
  headOf,
  hexToDigest,
  leafHash,
  treeHead,
  verifyInclusion,
  worldDigest,
  type EncodedEvent,
  type Event,
} from '@jitos/kernel';
import type { MemoryDisk } from '../disk/memory-disk.ts';
import { openOrCreateLog, WORLD_FOLDER } from '../engine/disk-world.ts';
import { describeWorld } from '../world/describe-world.ts';
import { pick, present, type Dice } from '../world/dice.ts';
import type { HistoryModel } from './history-model.ts';
import type { SimWorld } from './sim-world.ts';

/** Events that are proved at each opening. */
const PROOF_COUNT = 4;

/**
 * The log holds what was acknowledged, in order, and perhaps more, of which `onFound` is told. Answers how many events it
 * lacks at its end, and what is new. Of a disk that lied it may lack some and have others in their place: those that it was told
 * to erase.
 */
export async function checkLog(
  world: SimWorld,
  model: HistoryModel,
  { mayLack, onFound }: { readonly mayLack: boolean; readonly onFound: (event: Event) => void },
): Promise<{ readonly lacking: number; readonly isOther: boolean; readonly found: readonly Event[] }> {
  const log: EncodedEvent[] = [];
  for await (const encoded of readEvents(world.log, 0)) log.push(encoded);
  const agreed = agreedLength(log, model.events);
  const isOther = agreed < Math.min(log.length, model.length);
  if (mayLack && isOther) return { lacking: model.length - agreed, isOther, found: [] };
  const lacking = Math.max(0, model.length - log.length);
  const found = log.slice(model.length).map(({ event }) => event);
  model.takeLog(log, onFound);
  return { lacking, isOther, found };
}

/** How many events both begin with. */
function agreedLength(log: readonly EncodedEvent[], known: readonly EncodedEvent[]): number {
  let length = 0;
  while (length < log.length && log[length]!.header === known[length]?.header) length += 1;
  return length;
}

/**
 * The log's replay reaches every digest that it records, and the world that was opened, from a checkpoint or not, is the
 * one that the replay gives. `isThorough` compares every index, too. Answers the world's digest, in hex.
 */
export async function checkWorld(
  world: SimWorld,
  model: HistoryModel,
  { isThorough }: { readonly isThorough: boolean },
): Promise<string> {
  const folded = await replay(world.log, { verify: 'decisions' });
  assert.ok(folded !== null, 'a world has a first event');
  const opened = world.loop.world;
  const digest = digestToHex(worldDigest(opened, sha256));
  assert.equal(digest, digestToHex(worldDigest(folded, sha256)), 'what was opened is not what the history folds to');
  if (isThorough) assert.deepEqual(describeWorld(opened), describeWorld(folded));
  model.checkWorld(opened);
  checkHashes(world);
  return digest;
}

/** The pages of every view are those of the model; the index beside the log may refuse them. */
export function checkIndex({ rewrites }: SimWorld, model: HistoryModel): void {
  for (const [view, positions] of model.rewrites) {
    assert.deepEqual(rewrites.page(view, -1, positions.length + 1), positions, `the index of ${view} is wrong`);
  }
}

/** The hashes beside the log, of which proofs are made, give the head that the world itself has. */
function checkHashes({ hashes, loop: { world } }: SimWorld): void {
  assert.equal(hashes.length, world.history.size, 'the tree’s hashes are as many as the events');
  const head = headOf(hashes.length, (level, index) => hashes.hashAt(level, index), sha256);
  assert.equal(head, treeHead(world.history, sha256), 'the tree’s hashes are those of another history');
}

/** Some events are proved, and the proofs hold against the head that the world has; the hashes beside the log may refuse. */
export async function checkProofs({ proofs, loop }: SimWorld, model: HistoryModel, dice: Dice): Promise<void> {
  const { history } = loop.world;
  const head = treeHead(history, sha256);
  for (let left = PROOF_COUNT; left > 0; left--) {
    const index = dice.below(history.size);
    const { path } = await proofs.inclusion(index, history.size);
    const statement = { index, leaf: leafHash(present(model.events[index]).header, sha256), size: history.size, head };
    const isProved = verifyInclusion(
      statement,
      path.map((hex) => present(hexToDigest(hex))),
      sha256,
    );
    assert.ok(isProved, `the proof of event ${index} proves nothing`);
  }
}

/** What opening repaired is repaired: the next one finds nothing to do. */
export async function checkRepaired(disk: MemoryDisk, length: number): Promise<void> {
  const tails: TornTail[] = [];
  const log = await openOrCreateLog(disk, { sync: 'inline', onTornTail: (tail) => tails.push(tail) });
  assert.deepEqual(tails, [], 'a torn tail was kept');
  assert.equal(log.length, length, 'opening again finds another history');
  await log.close();
}

/**
 * Flips a bit of a batch that others follow: whoever opens and reads the log must notice. False where there is none.
 * `seenAs` is what the engine makes of the disk.
 */
export async function checkLogRot(
  disk: MemoryDisk,
  seenAs: (disk: Disk) => Disk,
  { dice, length }: { readonly dice: Dice; readonly length: number },
): Promise<boolean> {
  const { segments } = await walkLog(disk, WORLD_FOLDER, () => undefined);
  const last = segments.at(-1);
  const places = segments.flatMap((segment) => {
    const end = segment === last ? (segment.lastBatch?.offset ?? 0) : segment.endOffset;
    return end > 0 ? [{ path: `${WORLD_FOLDER}/${segment.name}`, end }] : [];
  });
  if (places.length === 0) return false;
  const { path, end } = pick(dice, places);
  const at = dice.below(end);
  disk.bytes(path)[at]! ^= 1 << dice.below(8);
  let seen = 0;
  try {
    const log = await openOrCreateLog(seenAs(disk));
    for await (const { events } of log.batches(0)) seen += events.length;
  } catch (error) {
    assert.ok(error instanceof Failure, String(error));
    return true;
  }
  assert.fail(`a flipped bit at ${path}@${at} went unnoticed: ${seen} of ${length} events were read`);
}

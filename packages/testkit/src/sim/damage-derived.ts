/** What is derived may be lost or bent while nobody has it open: the world does without, or notices. */
import { checkpointNameToIdx } from '@jitos/daemon/logs/file/checkpoint-format.ts';
import type { MemoryDisk } from '../disk/memory-disk.ts';
import { WORLD_FOLDER } from '../engine/disk-world.ts';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import type { Trace } from './trace.ts';

/** Removes a derived file, or flips one of its bits. Answers the idx of the checkpoint that was bent, if one was. */
export function damageDerived(memory: MemoryDisk, dice: Dice, trace: Trace): number | undefined {
  const names = memory.list(WORLD_FOLDER).filter(isDerived).toSorted();
  if (names.length === 0) return undefined;
  const name = pick(dice, names);
  const path = `${WORLD_FOLDER}/${name}`;
  if (oneIn(dice, 4) || isHashes(name)) {
    trace.strike('lost derived file', name);
    memory.remove(path);
    return undefined;
  }
  const idx = checkpointNameToIdx(name);
  const bytes = memory.bytes(path);
  if (bytes.length === 0) return undefined;
  const at = dice.below(bytes.length);
  bytes[at]! ^= 1 << dice.below(8);
  trace.strike(idx === undefined ? 'flipped bit in the index' : 'flipped bit in a checkpoint', `${name}@${at}`);
  return idx;
}

function isDerived(name: string): boolean {
  return checkpointNameToIdx(name) !== undefined || name === 'rewrites.idx' || isHashes(name);
}

/** The tree's hashes are believed as far as they are marked: they may be lost, but not bent. */
function isHashes(name: string): boolean {
  return name.endsWith('.hashes');
}

/** What is derived may be lost or bent while nobody has it open: the world does without, or notices. */
import { checkpointNameToIdx } from '@jitos/daemon/logs/file/checkpoint-format.ts';
import { basename } from 'node:path';
import { isRewritesName } from '@jitos/daemon/logs/file/rewrite-run-format.ts';
import type { MemoryDisk } from '../disk/memory-disk.ts';
import { WORLD_FOLDER } from '../engine/disk-world.ts';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import type { Trace } from './trace.ts';

/** A file that was bent, by what it is. */
export interface Bent {
  readonly what: 'index' | 'tree hashes' | { readonly checkpointIdx: number };
}

/** Removes a derived file, or flips one of its bits. Answers what was bent, if anything was. */
export function damageDerived(memory: MemoryDisk, dice: Dice, trace: Trace): Bent | undefined {
  const names = memory.list(WORLD_FOLDER).filter(isDerived).toSorted();
  if (names.length === 0) return undefined;
  const name = pick(dice, names);
  const path = `${WORLD_FOLDER}/${name}`;
  if (oneIn(dice, 4)) {
    trace.strike('lost derived file', name);
    memory.remove(path);
    return undefined;
  }
  const bytes = memory.bytes(path);
  if (bytes.length === 0) return undefined;
  const at = dice.below(bytes.length);
  bytes[at]! ^= 1 << dice.below(8);
  const bent = whatIs(name);
  const what = typeof bent.what === 'string' ? (`the ${bent.what}` as const) : 'a checkpoint';
  trace.strike(`flipped bit in ${what}`, `${name}@${at}`);
  return bent;
}

function whatIs(name: string): Bent {
  if (isHashes(name)) return { what: 'tree hashes' };
  const checkpointIdx = checkpointNameToIdx(name);
  return { what: checkpointIdx === undefined ? 'index' : { checkpointIdx } };
}

function isDerived(name: string): boolean {
  return checkpointNameToIdx(name) !== undefined || isRewritesName(name) || isHashes(name);
}

/** The tree's hashes are believed as far as they are marked; proofs tell when they are wrong. */
export function isHashes(name: string): boolean {
  return name.endsWith('.hashes');
}

/** A run of the rewrite index: of its blocks opening believes that they are as they were; pages tell when they are not. */
export function isRun(path: string): boolean {
  return isRewritesName(basename(path));
}

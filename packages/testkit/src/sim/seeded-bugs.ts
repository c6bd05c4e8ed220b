/**
 * Bugs that the simulator is put to the test with, each by name: engines whose ports lie to them in one way. They are
 * made of wrappers around ports (`broken-disk.ts`, `broken-ports.ts`), so that the engine knows nothing of them.
 */
import {
  cached,
  withGoodChecksums,
  withoutErasing,
  withoutFault,
  withoutRepeating,
  withoutLaterBatches,
} from './broken-disk.ts';
import {
  changeLog,
  HastyLog,
  hastyReads,
  HoleyCheckpoints,
  renamed,
  shortPast,
  strayed,
  uncheckedProofs,
  withNegativeTimes,
  withoutCommits,
  withTimeout,
  withWrongLeaves,
} from './broken-ports.ts';
import { forwardDisk } from './forward-disk.ts';
import type { Wrapping } from './sim-world.ts';

export interface SeededBug {
  readonly name: string;
  readonly wrapping: Wrapping;
  /** What the broken law says: any of the things that may come of it first. */
  readonly breaks: RegExp;
}

const MISSING = /acknowledged events are missing|is another than before/;
const UNOPENED = /the world can't be opened/;
const INDEX_CHANGED = /an index is not as it was written/;
const ACTED_TWICE = /a retry acted twice|what was carried out at \d+ is refused when it is asked for again/;

function either(...patterns: readonly RegExp[]): RegExp {
  return new RegExp(patterns.map(({ source }) => source).join('|'));
}

export const SEEDED_BUGS: readonly SeededBug[] = [
  {
    name: 'syncs are dropped',
    wrapping: { disk: (disk) => forwardDisk(disk, () => ({ sync: () => Promise.resolve() })) },
    breaks: either(/checkpoint \d+, which nothing happened to, is of no use/, UNOPENED),
  },
  {
    name: 'durable writes stay in the cache',
    wrapping: { disk: (disk) => ({ ...forwardDisk(disk), open: (path, mode) => disk.open(path, cached(mode)) }) },
    breaks: either(
      MISSING,
      UNOPENED,
      /checkpoint \d+, which nothing happened to, is of no use: the log ends before it/,
    ),
  },
  {
    name: "a folder's names are not synced",
    wrapping: { disk: (disk) => ({ ...forwardDisk(disk), syncFolder: () => undefined }) },
    breaks: either(MISSING, UNOPENED),
  },
  {
    name: "a batch's checksum is not checked",
    wrapping: {
      disk: (disk) => forwardDisk(disk, (file, path) => (path.endsWith('.log') ? withGoodChecksums(file) : {})),
    },
    breaks: either(/went unnoticed/, MISSING, UNOPENED),
  },
  {
    name: 'a write that went astray is taken for the end of the log',
    wrapping: {
      disk: (disk) => forwardDisk(disk, (file, path) => (path.endsWith('.log') ? withoutLaterBatches(file) : {})),
    },
    breaks: either(/a later one is whole on the disk/, /went unnoticed/),
  },
  {
    name: 'a torn tail is kept',
    wrapping: {
      disk: (disk) => forwardDisk(disk, (file, _, mode) => (mode === 'durable' ? withoutErasing(file) : {})),
    },
    breaks: /a torn tail was kept/,
  },
  {
    name: 'the last batch is not written again',
    wrapping: {
      disk: (disk) => forwardDisk(disk, (file, _, mode) => (mode === 'durable' ? withoutRepeating(file) : {})),
    },
    breaks: either(MISSING, UNOPENED),
  },
  {
    name: 'a full disk is taken for a good one',
    wrapping: { disk: (disk) => forwardDisk(disk, (file) => withoutFault(file, 'ENOSPC')) },
    breaks: either(MISSING, UNOPENED, /is of no use/, /the index of/, /the batch's checksum is wrong/, INDEX_CHANGED),
  },
  {
    name: 'the lock keeps nobody out',
    wrapping: { disk: (disk) => ({ ...forwardDisk(disk), lock: () => ({ release: () => undefined }) }) },
    breaks: /a second writer has opened the log/,
  },
  {
    name: 'replies leave before their batch is durable',
    wrapping: { log: (log) => new HastyLog(log) },
    breaks: either(MISSING, /event \d+ is not in the log/, /is of no use: the log ends before it/),
  },
  {
    name: 'the events of a batch are in another order',
    wrapping: { log: (log) => changeLog(log, { batch: (batch) => ({ ...batch, events: batch.events.toReversed() }) }) },
    breaks: either(UNOPENED, /the event calls itself/),
  },
  {
    name: 'an event is read twice',
    wrapping: { log: (log) => changeLog(log, { readTwice: true }) },
    breaks: either(UNOPENED, /the event calls itself/),
  },
  {
    name: 'an index forgets what was committed',
    wrapping: { rewrites: (index) => withoutCommits(index) },
    breaks: /the index of .* is wrong/,
  },
  {
    name: 'the tree takes a leaf for another',
    wrapping: { hashes: (hashes) => withWrongLeaves(hashes) },
    breaks: either(UNOPENED, /the tree’s hashes are those of another history/),
  },
  {
    name: 'a checkpoint lacks a record',
    wrapping: { checkpoints: (parts) => new HoleyCheckpoints(parts) },
    breaks: /checkpoint \d+, which nothing happened to, is of no use/,
  },
  {
    name: 'a retry is forgotten when the process dies',
    wrapping: { command: (command, life) => renamed(command, life) },
    breaks: ACTED_TWICE,
  },
  {
    name: 'a retry acts twice while the process lives',
    wrapping: { command: (command, _, attempt) => renamed(command, attempt) },
    breaks: ACTED_TWICE,
  },
  {
    name: 'a write that took long by the clock is given up',
    wrapping: { log: withTimeout },
    breaks: either(MISSING, /the disk takes too long/, /the loop died of nothing/, /is there although/),
  },
  {
    name: 'a clock that goes back fails a write',
    wrapping: { log: withNegativeTimes },
    breaks: either(/a negative time/, /a retry was never answered/, UNOPENED),
  },
  {
    name: 'a proof leaves unchecked',
    wrapping: { proofs: uncheckedProofs },
    breaks: /proves nothing/,
  },
  {
    name: 'a rewrite leaks into another workspace',
    wrapping: { command: (command) => strayed(command) },
    breaks: /the rewrite went to another view/,
  },
  {
    name: 'what was read is noted in part',
    wrapping: { reads: hastyReads },
    breaks: /what workspace \d+ has read is not in the footprint/,
  },
  {
    name: 'an undo leaves a change',
    wrapping: { past: shortPast },
    breaks: /the undo of event \d+ leads elsewhere/,
  },
];

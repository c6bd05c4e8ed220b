/**
 * What a disk does that says all went well when it did not, and what the world then still owes. Nothing can be promised
 * to be there on such a disk; but a log that opens holds the beginning of the history that was acknowledged, and where
 * a later batch of it is still whole on the disk, what is missing is told as damage.
 */
import { BATCH_HEADER_SIZE_BYTES } from '@jitos/daemon/ports/log.ts';
import type { Lie, LiePlan, TrustedOperation } from '../disk/lying-disk.ts';
import type { MemoryDisk } from '../disk/memory-disk.ts';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import { isHashes, isRun } from './damage-derived.ts';
import type { FaultKind, Trace } from './trace.ts';

/** How often a write, or a sync, meets a lie while the disk is about to tell one. */
const LIE_ODDS = 3;
/** Of the writes to a file, those that another write may be put down at. */
const OFFSETS_KEPT = 12;
/** Where a write may go astray to; a segment is as long. */
const STRAY_BYTES_MAX = 16_384;
const SECTOR_SIZE_BYTES = 512;
/** In a batch (`docs/spec/log.md`). */
const [LENGTH_OFFSET, FIRST_IDX_OFFSET] = [4, 12] as const;

const FAULT_OF: Readonly<Record<Lie['kind'], FaultKind>> = {
  unsynced: 'lying sync',
  short: 'short write',
  misdirected: 'misdirected write',
  repeated: 'repeated write',
  flipped: 'flipped write',
};

/** A batch that was put down whole. */
interface Witness {
  readonly path: string;
  readonly offset: number;
  readonly bytes: Buffer;
}

export class Deceit {
  /** Lies that are still to be told, writes and syncs alike. */
  liesLeft: number = 0;
  /** The tree's hashes may be wrong, and proofs be refused. */
  areHashesBent: boolean = false;
  /** Runs of the rewrite index may be wrong, and pages be refused. */
  areRunsBent: boolean = false;
  #hasLied = false;
  readonly #dice: Dice;
  readonly #trace: Trace;
  readonly #offsets = new Map<string, number[]>();
  /** What stands in the cache and is lost with the power; all syncs lie until then. */
  #isUnsynced = false;
  /**
   * A write to the log that went wrong may have been of bytes that already stood in the cache, as when the last batch is written
   * again: they are read as they should be, and are lost with the power.
   */
  #isLogCached = false;
  #isLogBent = false;
  #witness: Witness | undefined;

  constructor(dice: Dice, trace: Trace) {
    this.#dice = dice;
    this.#trace = trace;
  }

  /** Since the process began. */
  get hasLied(): boolean {
    return this.#hasLied;
  }

  /** The log may lack its end, or be damaged. */
  get mayLogLack(): boolean {
    return this.#isLogBent;
  }

  /** A new life of the process: what it has under way is honest so far. */
  begin(): void {
    this.liesLeft = 0;
    this.#hasLied = false;
  }

  /** All of the log was read, and is as it was acknowledged. What stands in the cache alone may still go with the power. */
  clearLog(): void {
    if (this.#hasLied) return;
    this.#isLogBent = this.#isUnsynced || this.#isLogCached;
    this.#witness = undefined;
  }

  /** After a power cut nothing is unsynced, or everything that was is lost. */
  powerCut(): void {
    this.#isUnsynced = this.#isLogCached = false;
  }

  /** Another disk, with nothing but a good log on it. */
  replaceDisk(): void {
    this.#isUnsynced = this.#isLogCached = this.#isLogBent = this.areHashesBent = this.areRunsBent = false;
    this.#witness = undefined;
    this.#offsets.clear();
  }

  /** A batch from `length` on, written after the last lie, is there: a log that ends before it is damaged, not short. */
  isLaterBatchThere(memory: MemoryDisk, length: number): boolean {
    if (this.#witness === undefined || this.#isUnsynced) return false;
    const { path, offset, bytes } = this.#witness;
    if (!memory.has(path) || bytes.readBigUInt64LE(FIRST_IDX_OFFSET) < length) return false;
    return memory
      .bytes(path)
      .subarray(offset, offset + bytes.length)
      .equals(bytes);
  }

  /** `mayBendDerived` says whether lies about derived files may be told now. */
  plan(mayBendDerived: () => boolean): LiePlan {
    return (operation) => {
      const isOfLog = isLog(operation.path);
      const lie = isOfLog || mayBendDerived() ? this.#lieAbout(operation) : undefined;
      this.#note(operation, isOfLog, lie);
      return lie;
    };
  }

  #lieAbout(operation: TrustedOperation): Lie | undefined {
    const { verb, isDurable, bytes } = operation;
    if (this.#isUnsynced && (verb === 'sync' || isDurable)) return { kind: 'unsynced' };
    if (this.liesLeft === 0 || !oneIn(this.#dice, LIE_ODDS)) return undefined;
    this.liesLeft -= 1;
    if (verb === 'sync' || (isDurable && oneIn(this.#dice, 5))) return { kind: 'unsynced' };
    if (bytes.length === 0) return undefined;
    switch (this.#dice.below(4)) {
      case 0:
        return { kind: 'short', sizeBytes: this.#dice.below(bytes.length) };
      case 1:
        return { kind: 'misdirected', offset: this.#elsewhere(operation) };
      case 2:
        return { kind: 'repeated', offset: this.#elsewhere(operation) };
      default:
        return { kind: 'flipped', bit: this.#dice.below(bytes.length * 8) };
    }
  }

  /** Where an earlier write to this file began, or any sector, or anywhere. */
  #elsewhere({ path, offset }: TrustedOperation): number {
    const offsets = (this.#offsets.get(path) ?? []).filter((other) => other !== offset);
    if (offsets.length > 0 && oneIn(this.#dice, 2)) return pick(this.#dice, offsets);
    const any = this.#dice.below(STRAY_BYTES_MAX);
    return oneIn(this.#dice, 2) ? any : any - (any % SECTOR_SIZE_BYTES);
  }

  #note({ verb, path, offset, bytes, isDurable }: TrustedOperation, isOfLog: boolean, lie: Lie | undefined): void {
    if (lie !== undefined) {
      this.#hasLied = true;
      const isNew = lie.kind !== 'unsynced' || !this.#isUnsynced;
      if (isNew) this.#trace.strike(FAULT_OF[lie.kind], `${verb} ${path}@${offset}`);
      // Of one disk all files are unsynced.
      this.#isUnsynced ||= lie.kind === 'unsynced';
      this.#isLogBent ||= isOfLog || this.#isUnsynced;
      this.#isLogCached ||= isOfLog;
      this.areHashesBent ||= isHashes(path) || this.#isUnsynced;
      this.areRunsBent ||= isRun(path) || this.#isUnsynced;
      this.#witness = undefined;
      return;
    }
    if (verb !== 'write') return;
    const offsets = this.#offsets.get(path) ?? [];
    this.#offsets.set(path, [...offsets.slice(1 - OFFSETS_KEPT), offset]);
    if (isDurable && isOfLog && isBatch(bytes)) this.#witness = { path, offset, bytes: Buffer.from(bytes) };
  }
}

function isLog(path: string): boolean {
  return path.endsWith('.log') || path.endsWith('/spare.tmp');
}

/** A whole one: it begins with its segment's mark, of which the lowest bit is set, and its own length. */
function isBatch(bytes: Uint8Array): boolean {
  if (bytes.length < BATCH_HEADER_SIZE_BYTES || bytes[0] === 0) return false;
  return Buffer.from(bytes.buffer, bytes.byteOffset).readUInt32LE(LENGTH_OFFSET) === bytes.length;
}

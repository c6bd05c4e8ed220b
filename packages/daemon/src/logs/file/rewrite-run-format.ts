/**
 * The file of a run of the rewrite index: its name, and its header. Blocks follow (`rewrite-block.ts`).
 *
 *     offset  size
 *          0     8  magic, "JITOSRWR"
 *          8     4  version, u32le
 *         12    16  world id
 *         28     8  first event idx, u64le
 *         36     8  event idx after the last, u64le
 *         44     8  first rewriteIdx, u64le
 *         52     8  rewriteIdx after the last, u64le
 *         60     8  key after the highest, u64le
 *         68     4  number of blocks, u32le
 *         72     4  CRC-32C of the 72 bytes before, u32le
 *
 * What stands before the key is known before the first block is written, and seeds the blocks' checksums.
 */
import type { RewritePosition } from '../../ports/rewrite-index.ts';
import { crc32c } from './crc32c.ts';

export const RUN_HEADER_SIZE_BYTES = 76;
const MAGIC = 'JITOSRWR';
const VERSION = 0;
const [VERSION_OFFSET, WORLD_ID_OFFSET, SPAN_OFFSET, KEY_END_OFFSET, COUNT_OFFSET, CRC_OFFSET] = [
  8, 12, 28, 60, 68, 72,
];
const NAME = /^rewrites-(\d{1,16})-(\d{1,16})\.(run|tmp)$/;
/** What earlier versions kept. */
const OUTDATED_NAMES: ReadonlySet<string> = new Set(['rewrites.idx', 'views.tmp']);

/** What a run holds: the rewrites from `first` on, up to where the next run begins. */
export interface RunSpan {
  readonly worldId: Uint8Array;
  readonly first: RewritePosition;
  readonly end: RewritePosition;
}

export interface RunHeader extends RunSpan {
  /** Above the key of every view in it. */
  readonly keyEnd: number;
  readonly blockCount: number;
}

/** The events that a name speaks of. */
export interface RunName {
  readonly name: string;
  readonly firstEventIdx: number;
  readonly eventIdxEnd: number;
}

export function runName({ first, end }: Pick<RunSpan, 'first' | 'end'>, extension: 'run' | 'tmp'): string {
  return `rewrites-${first.eventIdx}-${end.eventIdx}.${extension}`;
}

/** Undefined for every file but a run that was finished. */
export function parseRunName(name: string): RunName | undefined {
  const match = NAME.exec(name);
  if (match === null || match[3] !== 'run') return undefined;
  return { name, firstEventIdx: Number(match[1]), eventIdxEnd: Number(match[2]) };
}

/** Whether a file is the rewrite index's own: a run, what was to become one, or what an earlier version kept. */
export function isRewritesName(name: string): boolean {
  return NAME.test(name) || OUTDATED_NAMES.has(name);
}

export function encodeRunHeader({ worldId, first, end, keyEnd, blockCount }: RunHeader): Buffer {
  const bytes = Buffer.alloc(RUN_HEADER_SIZE_BYTES);
  bytes.write(MAGIC, 0, 'latin1');
  bytes.writeUInt32LE(VERSION, VERSION_OFFSET);
  bytes.set(worldId, WORLD_ID_OFFSET);
  const span = [first.eventIdx, end.eventIdx, first.rewriteIdx, end.rewriteIdx];
  for (const [i, value] of span.entries()) bytes.writeBigUInt64LE(BigInt(value), SPAN_OFFSET + 8 * i);
  bytes.writeBigUInt64LE(BigInt(keyEnd), KEY_END_OFFSET);
  bytes.writeUInt32LE(blockCount, COUNT_OFFSET);
  bytes.writeUInt32LE(crc32c(bytes, 0, CRC_OFFSET), CRC_OFFSET);
  return bytes;
}

/** Undefined where the bytes begin no run that this program reads. */
export function decodeRunHeader(bytes: Buffer): RunHeader | undefined {
  const numberAt = (offset: number): number => Number(bytes.readBigUInt64LE(offset));
  const header: RunHeader = {
    worldId: Uint8Array.from(bytes.subarray(WORLD_ID_OFFSET, SPAN_OFFSET)),
    first: { eventIdx: numberAt(SPAN_OFFSET), rewriteIdx: numberAt(SPAN_OFFSET + 16) },
    end: { eventIdx: numberAt(SPAN_OFFSET + 8), rewriteIdx: numberAt(SPAN_OFFSET + 24) },
    keyEnd: numberAt(KEY_END_OFFSET),
    blockCount: bytes.readUInt32LE(COUNT_OFFSET),
  };
  return encodeRunHeader(header).equals(bytes) ? header : undefined;
}

/** What the checksums of a run's blocks begin with, the block's number added: blocks of other runs or places are told. */
export function runSeed(span: RunSpan): number {
  return crc32c(encodeRunHeader({ ...span, keyEnd: 0, blockCount: 0 }), 0, KEY_END_OFFSET);
}

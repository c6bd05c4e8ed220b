/**
 * What a world proves of its history: signed tree heads, proofs, and the C2SP tiles from which others make proofs.
 *
 * - P1 Only what is durable is proved, and only heads of the one history are signed.
 * - P2 The hashes that proofs are made of are derived, so each proof is held against the head that the world itself has
 *      before it leaves. `LOG_DAMAGED` tells of hashes that changed on the disk.
 */
import {
  bytesToHex,
  headOf,
  leafHash,
  proveConsistency,
  proveInclusion,
  treeHead,
  verifyConsistency,
  verifyInclusion,
  type Bytes,
  type Digest,
  type SubtreeHash,
  type World,
} from '@jitos/kernel';
import { type ConsistencyProof, type InclusionProof, PROOF_FORMAT } from '@jitos/kernel/verify';
import { Failure } from '../../errors/failure.ts';
import { mendingHashes } from '../../logs/file/tree-file.ts';
import type { Log } from '../../ports/log.ts';
import type { TreeHashes } from '../../ports/tree-hashes.ts';
import { sha256 } from '../sha256.ts';
import type { NoteSigner } from './signed-note.ts';
import { signTreeHead } from './tree-head.ts';

/** Hashes, or entries, in a full tile. */
export const TILE_WIDTH = 256;
const LEVELS_PER_TILE = 8;
const LENGTH_SIZE_BYTES = 2;

export interface HistoryProofsParts {
  readonly log: Pick<Log, 'batches' | 'firstIdx'>;
  readonly loop: { readonly world: World };
  /** Level with the loop's world. */
  readonly hashes: TreeHashes;
  /** Whoever signs now. */
  readonly keys: { readonly signer: NoteSigner };
}

export class HistoryProofs {
  readonly #parts: HistoryProofsParts;
  readonly #hashAt: SubtreeHash;

  constructor(parts: HistoryProofsParts) {
    this.#parts = parts;
    this.#hashAt = (level, index) => parts.hashes.hashAt(level, index);
  }

  /** The key that tree heads are checked with, as a line of text. */
  get publicKey(): string {
    return this.#parts.keys.signer.publicKey;
  }

  /** Events that are durable. */
  get size(): number {
    return this.#parts.loop.world.history.size;
  }

  /** The signed note of the history's first `size` events; of all that are durable unless told otherwise. */
  treeHead(size: number = this.size): string {
    return signTreeHead(size, this.headOf(size), this.#parts.keys.signer);
  }

  /** Throws `EVENT_NOT_FOUND` where there is no such event among the first `size`. O(log size). */
  async inclusion(idx: number, size: number = this.size): Promise<InclusionProof> {
    const head = this.headOf(size);
    if (idx >= size) throw notFound('idx', `event ${idx} is not among the first ${size}`);
    const [stored] = await this.#headers(idx, 1);
    const header = stored!; // it is durable, so the log has it
    const path = proveInclusion(idx, size, this.#hashAt, sha256);
    const statement = { index: idx, leaf: leafHash(header, sha256), size, head };
    if (!verifyInclusion(statement, path, sha256)) throw this.#damaged();
    return {
      format: PROOF_FORMAT,
      kind: 'inclusion',
      idx,
      header: Buffer.from(header, 'latin1').toString('base64'),
      path: path.map(bytesToHex),
      treeHead: signTreeHead(size, head, this.#parts.keys.signer),
    };
  }

  /** Throws `EVENT_NOT_FOUND` where the history, or the longer of the two, is not that long. O(log size). */
  consistency(oldSize: number, size: number = this.size): ConsistencyProof {
    const head = this.headOf(size);
    if (oldSize > size) throw notFound('old', `${size} events do not continue ${oldSize}`);
    const oldHead = this.headOf(oldSize);
    const path = proveConsistency(oldSize, size, this.#hashAt, sha256);
    if (!verifyConsistency({ oldSize, oldHead, size, head }, path, sha256)) throw this.#damaged();
    const { signer } = this.#parts.keys;
    return {
      format: PROOF_FORMAT,
      kind: 'consistency',
      oldTreeHead: signTreeHead(oldSize, oldHead, signer),
      path: path.map(bytesToHex),
      treeHead: signTreeHead(size, head, signer),
    };
  }

  /** The first `width` hashes of a tile. Throws `EVENT_NOT_FOUND` where the history does not fill it so far. */
  tile(level: number, index: number, width: number): Uint8Array {
    const height = level * LEVELS_PER_TILE;
    const first = index * TILE_WIDTH;
    this.#mustReach((first + width) * 2 ** height);
    const hashes = Array.from({ length: width }, (_, i) => this.#hashAt(height, first + i));
    return Buffer.from(hashes.join(''), 'latin1');
  }

  /** The headers behind the first `width` hashes of a tile of level 0, each after its length. */
  async entries(index: number, width: number): Promise<Uint8Array> {
    const first = index * TILE_WIDTH;
    this.#mustReach(first + width);
    const headers = await this.#headers(first, width);
    return Buffer.concat(headers.flatMap((header) => [lengthOf(header), Buffer.from(header, 'latin1')]));
  }

  #damaged(): Failure {
    const what = `the tree's hashes changed on the disk; ${mendingHashes(this.#parts.log.firstIdx)}`;
    return new Failure('LOG_DAMAGED', 'tree-0.hashes', what);
  }

  #mustReach(size: number): void {
    if (size > this.size) throw notFound('path', `the history has ${this.size} events, not ${size}`);
  }

  /** P2: an older head is held against the newest, which the world has from folding. Throws `EVENT_NOT_FOUND`. */
  headOf(size: number): Digest {
    const { history } = this.#parts.loop.world;
    if (size > history.size) throw notFound('size', `the history has ${history.size} events, not ${size}`);
    const newest = treeHead(history, sha256);
    if (size === history.size) return newest;
    if (size === 0) return sha256(new Uint8Array(0));
    const head = headOf(size, this.#hashAt, sha256);
    const path = proveConsistency(size, history.size, this.#hashAt, sha256);
    const statement = { oldSize: size, oldHead: head, size: history.size, head: newest };
    if (!verifyConsistency(statement, path, sha256)) throw this.#damaged();
    return head;
  }

  /** Of `count` events from `fromIdx` on, which must be durable. */
  async #headers(fromIdx: number, count: number): Promise<readonly Bytes[]> {
    const headers: Bytes[] = [];
    for await (const { firstIdx, events } of this.#parts.log.batches(fromIdx)) {
      const start = Math.max(0, fromIdx - firstIdx);
      for (const { header } of events.slice(start, start + count - headers.length)) headers.push(header);
      if (headers.length === count) break;
    }
    return headers;
  }
}

function lengthOf(header: Bytes): Uint8Array {
  const bytes = Buffer.alloc(LENGTH_SIZE_BYTES);
  bytes.writeUInt16BE(header.length);
  return bytes;
}

function notFound(place: string, detail: string): Failure {
  return new Failure('EVENT_NOT_FOUND', place, detail);
}

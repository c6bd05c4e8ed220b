/**
 * What a good engineer would write on a store of rows to do an event's work as the kernel loop does it: in one transaction
 * for all events in flight, synced, each event
 *
 * - is a row, header and body, as long as ours; the header holds the root, which is its receipt;
 * - changes a row of its node, keyed by its id, with its new value and the value's digest;
 * - changes a Merkle path: a bucket and a branch a level, a row each, SHA-256 over each, up to the new root.
 *
 * The tree is 16-ary by the hexadecimal digits of the id, of a fixed depth that leaves a bucket some sixteen nodes. Nothing
 * is done twice: branches stay in memory, half a kilobyte each, and in a transaction each changed row is written once, at
 * its end. Not done, though ours does it: workspaces and their snapshots, old versions, indexes by kind, and the RFC 6962
 * tree over the events.
 */
import { hash } from 'node:crypto';
import type { CommitTree, Entry } from '../workloads/verified-commit.ts';

/** A store of these rows. What is written in a transaction need not be read before its end. */
export interface EventRows {
  /** Runs `work`, and makes what it has written durable before it returns or settles. */
  transaction(work: () => void): void | Promise<void>;
  addEvent(header: Uint8Array, body: Uint8Array): void;
  /** One that is not there yet, or one that is. */
  addNode(id: Uint8Array, value: Uint8Array, digest: Uint8Array): void;
  setNode(id: Uint8Array, value: Uint8Array, digest: Uint8Array): void;
  getBucket(number: number): Uint8Array | undefined;
  putBucket(number: number, entries: Uint8Array): void;
  putBranch(level: number, number: number, digests: Uint8Array): void;
  close(): void | Promise<void>;
}

/** Of our events of such a rewrite. */
const HEADER_SIZE_BYTES = 172;
const BODY_SIZE_BYTES = 32;
/** Where in the header the root stands. */
const ROOT_AT = 100;
const DIGEST_SIZE_BYTES = 32;
/** An id and its value's digest. */
const ENTRY_SIZE_BYTES = 2 * DIGEST_SIZE_BYTES;
const FANOUT = 16;

export function openVerifiedEvents(rows: EventRows, keyCount: number): CommitTree {
  const tree = new MerkleRows(rows, depthFor(keyCount));
  const inTransaction = (work: () => void): void | Promise<void> =>
    rows.transaction(() => {
      work();
      tree.flush();
    });
  return {
    load: (entries) =>
      inTransaction(() => {
        for (const { keyBytes, valueBytes } of entries) {
          const digest = sha256(valueBytes);
          rows.addNode(keyBytes, valueBytes, digest);
          tree.put(keyBytes, digest);
        }
        tree.root();
      }),
    commit: (updates: readonly Entry[]) =>
      inTransaction(() => {
        for (const { keyBytes, valueBytes } of updates) {
          const digest = sha256(valueBytes);
          rows.setNode(keyBytes, valueBytes, digest);
          tree.put(keyBytes, digest);
          const header = Buffer.alloc(HEADER_SIZE_BYTES);
          header.set(keyBytes);
          header.set(sha256(valueBytes), DIGEST_SIZE_BYTES); // of the body
          header.set(tree.root(), ROOT_AT);
          rows.addEvent(header, valueBytes.subarray(0, BODY_SIZE_BYTES));
        }
      }),
    close: () => rows.close(),
  };
}

/** The levels of branches above the buckets. */
function depthFor(keyCount: number): number {
  let depth = 1;
  while (FANOUT ** (depth + 1) < keyCount) depth++;
  return depth;
}

function sha256(bytes: Uint8Array): Buffer {
  return Buffer.from(hash('sha256', bytes, 'binary'), 'latin1'); // faster than 'buffer'
}

/** The tree: branches in memory and in rows, buckets in rows, and what a transaction has changed of either. */
class MerkleRows {
  readonly #depth: number;
  /** By level, the root's being 0, and number. */
  readonly #branches: readonly Map<number, Buffer>[];
  readonly #changedBuckets = new Map<number, Buffer>();
  readonly #changedBranches: readonly Set<number>[];
  /** Buckets whose digests are out of date. */
  readonly #stale = new Set<number>();
  readonly #rows: EventRows;

  constructor(rows: EventRows, depth: number) {
    this.#rows = rows;
    this.#depth = depth;
    this.#branches = Array.from({ length: depth }, () => new Map<number, Buffer>());
    this.#changedBranches = Array.from({ length: depth }, () => new Set<number>());
  }

  put(id: Uint8Array, digest: Uint8Array): void {
    const number = bucketOf(id, this.#depth);
    const entries = this.#changedBuckets.get(number) ?? this.#readBucket(number);
    this.#changedBuckets.set(number, putEntry(entries, id, digest));
    this.#stale.add(number);
  }

  /** The digest over everything. */
  root(): Buffer {
    let stale: ReadonlyMap<number, Buffer> = new Map(
      Array.from(this.#stale, (number) => [number, sha256(this.#changedBuckets.get(number)!)]),
    );
    this.#stale.clear();
    for (let level = this.#depth - 1; level >= 0; level--) stale = this.#hashLevel(level, stale);
    return stale.get(0) ?? sha256(this.#branch(0, 0));
  }

  /** Writes the rows that have changed. */
  flush(): void {
    for (const [number, entries] of this.#changedBuckets) this.#rows.putBucket(number, entries);
    this.#changedBuckets.clear();
    for (const [level, numbers] of this.#changedBranches.entries()) {
      for (const number of numbers) this.#rows.putBranch(level, number, this.#branch(level, number));
      numbers.clear();
    }
  }

  /** Puts the digests of the level below where they belong; the digests that change with them. */
  #hashLevel(level: number, below: ReadonlyMap<number, Buffer>): ReadonlyMap<number, Buffer> {
    const touched = new Set<number>();
    for (const [number, digest] of below) {
      const parent = Math.floor(number / FANOUT);
      this.#branch(level, parent).set(digest, (number % FANOUT) * DIGEST_SIZE_BYTES);
      this.#changedBranches[level]!.add(parent);
      touched.add(parent);
    }
    return new Map(Array.from(touched, (number) => [number, sha256(this.#branch(level, number))]));
  }

  #branch(level: number, number: number): Buffer {
    const numbers = this.#branches[level]!; // there is one for each level
    let branch = numbers.get(number);
    if (branch === undefined) numbers.set(number, (branch = Buffer.alloc(FANOUT * DIGEST_SIZE_BYTES)));
    return branch;
  }

  #readBucket(number: number): Buffer {
    const entries = this.#rows.getBucket(number);
    return entries === undefined ? Buffer.alloc(0) : Buffer.from(entries);
  }
}

/** The first digits of the id, as a number. */
function bucketOf(id: Uint8Array, depth: number): number {
  let number = 0;
  for (let i = 0; i < depth; i++) number = number * FANOUT + (i % 2 === 0 ? id[i >> 1]! >> 4 : id[i >> 1]! & 15);
  return number;
}

/** The entries with this one, which may be there already; in order of id. */
function putEntry(entries: Buffer, id: Uint8Array, digest: Uint8Array): Buffer {
  let at = 0;
  while (at < entries.length) {
    const order = entries.compare(id, 0, DIGEST_SIZE_BYTES, at, at + DIGEST_SIZE_BYTES);
    if (order === 0) {
      entries.set(digest, at + DIGEST_SIZE_BYTES);
      return entries;
    }
    if (order > 0) break;
    at += ENTRY_SIZE_BYTES;
  }
  return Buffer.concat([entries.subarray(0, at), id, digest, entries.subarray(at)]);
}

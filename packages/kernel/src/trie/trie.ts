/**
 * The trie: the one structure behind every table.
 *
 * A persistent 16-way radix trie over keys of one fixed width, with skipped common runs.
 *
 * - T1 Canonical: a subtree of at most `BUCKET_MAX` entries is a sorted bucket; a larger one is a branch that skips its
 *   longest common run of nibbles and splits on the next. Shape and digest are functions of the contents alone.
 * - T2 Persistent: a node reachable from an older root never changes. An edit session owns the nodes it made and may
 *   change those in place: roots that it made are good until its next edit. It ends with its command, or in a fold before
 *   two roots may share nodes (`fold.ts`).
 * - T3 A branch has more than `BUCKET_MAX` entries and at least two children; only the root may be an empty bucket.
 *
 * `get` is O(log n); `put` and `remove` copy one path. Digests are lazy and cached in the nodes (`digest.ts`).
 * Prior art: Patricia tries, HAMT (Bagwell 2001), Merkle-Patricia tries.
 * Deliberately absent: iteration order options, key widths that vary, anything asynchronous.
 */
import { assert } from '../assert.ts';
import type { Bytes } from '../bytes/byte-string.ts';
import type { Digest } from '../bytes/digest.ts';

/** Entries a bucket may hold; frozen with the format (docs/decisions/0004-bucket-size.md has the measurement). */
export const BUCKET_MAX = 16;

/** Names the nodes that one run of edits may change in place. Never shared by two roots that both live on. */
export interface EditSession {
  readonly edits: true;
}

export interface Bucket<V> {
  readonly leaf: true;
  /** The session that may change this node, or null once it is shared. */
  owner: EditSession | null;
  /** Ascending, no duplicates. Replaced, never changed: older buckets may share it. */
  keys: readonly Bytes[];
  /** `values[i]` belongs to `keys[i]`. */
  values: V[];
  digest: Digest | null;
}

export interface Branch<V> {
  readonly leaf: false;
  owner: EditSession | null;
  /** The skipped nibbles, one character each, U+0000 … U+000F. */
  skip: string;
  /** Bit n is set if there is a child for nibble n. */
  bitmap: number;
  /** In order of their nibbles, without holes. */
  children: Trie<V>[];
  /** Entries below. */
  count: number;
  digest: Digest | null;
  /** The bytes that this node, or the one it was copied from, was last hashed over; null if its shape has changed. */
  hashed: Bytes | null;
  /** Bit i is set if the digest of `children[i]` may not be the one in `hashed`. */
  stale: number;
}

/** The root of a trie, or of a subtree: the trie is its root. */
export type Trie<V> = Bucket<V> | Branch<V>;

export function beginEdits(): EditSession {
  return { edits: true };
}

/** A trie without entries. */
export function emptyTrie<V>(): Trie<V> {
  return makeBucket<V>(null, [], []);
}

/** Number of entries. O(1). */
export function trieCount<V>(trie: Trie<V>): number {
  return trie.leaf ? trie.keys.length : trie.count;
}

export function nibbleAt(key: string, depth: number): number {
  const byte = key.charCodeAt(depth >> 1);
  return (depth & 1) === 0 ? byte >> 4 : byte & 15;
}

/** Number of set bits of a 16-bit value. */
export function bitCount16(value: number): number {
  let v = value - ((value >> 1) & 0x5555);
  v = (v & 0x3333) + ((v >> 2) & 0x3333);
  v = (v + (v >> 4)) & 0x0f0f;
  return (v + (v >> 8)) & 31;
}

/** Where the child for `nibble` stands, or would stand, among the children. */
export function childIndex(bitmap: number, nibble: number): number {
  return bitCount16(bitmap & ((1 << nibble) - 1));
}

/** First index of `keys` that is not below `key`. */
export function lowerBound(keys: readonly string[], key: string): number {
  let low = 0;
  let high = keys.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle]! < key) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The value under `key`, or undefined. */
export function trieGet<V>(trie: Trie<V>, key: Bytes): V | undefined {
  return trieGetBelow(trie, key, 0);
}

/** The value under `key` in a subtree that begins at the nibble `at` of the keys. */
export function trieGetBelow<V>(subtree: Trie<V>, key: Bytes, at: number): V | undefined {
  let node = subtree;
  let depth = at;
  while (!node.leaf) {
    const skip = node.skip;
    for (let i = 0; i < skip.length; i++) if (nibbleAt(key, depth + i) !== skip.charCodeAt(i)) return undefined;
    depth += skip.length;
    const nibble = nibbleAt(key, depth);
    if ((node.bitmap & (1 << nibble)) === 0) return undefined;
    node = node.children[childIndex(node.bitmap, nibble)]!;
    depth += 1;
  }
  const keys = node.keys;
  const index = lowerBound(keys, key);
  return index < keys.length && keys[index] === key ? node.values[index] : undefined;
}

/** The trie with `value` under `key`. The same root if `session` owns it. */
export function triePut<V>(trie: Trie<V>, key: Bytes, value: V, session: EditSession | null): Trie<V> {
  return putAt(trie, key, value, 0, session);
}

function putAt<V>(node: Trie<V>, key: Bytes, value: V, depth: number, session: EditSession | null): Trie<V> {
  if (node.leaf) return putInBucket(node, key, value, depth, session);
  const skip = node.skip;
  for (let i = 0; i < skip.length; i++) {
    if (nibbleAt(key, depth + i) !== skip.charCodeAt(i)) return splitSkip(node, i, key, value, depth, session);
  }
  const at = depth + skip.length;
  const nibble = nibbleAt(key, at);
  const bit = 1 << nibble;
  const index = childIndex(node.bitmap, nibble);
  const own = ownBranch(node, session);
  if ((node.bitmap & bit) === 0) {
    own.hashed = null;
    own.children = insertAt<Trie<V>>(own.children, index, singleBucket(session, key, value));
    own.bitmap |= bit;
    own.count += 1;
    return own;
  }
  const child = own.children[index]!;
  const before = trieCount(child);
  const after = putAt(child, key, value, at + 1, session);
  own.children[index] = after;
  own.stale |= 1 << index;
  own.count += trieCount(after) - before;
  return own;
}

function putInBucket<V>(node: Bucket<V>, key: Bytes, value: V, depth: number, session: EditSession | null): Trie<V> {
  const at = lowerBound(node.keys, key);
  if (at < node.keys.length && node.keys[at] === key) {
    // The keys stay as they are: the copy may share them.
    if (!owns(session, node)) return makeBucket(session, node.keys, replaceAt(node.values, at, value));
    if (isSet(node)) node.values = replaceAt(node.values, at, value);
    else node.values[at] = value;
    node.digest = null;
    return node;
  }
  const keys = insertAt(node.keys, at, key);
  const values = isSet(node) && isItself(key, value) ? setValues<V>(keys) : insertAt(node.values, at, value);
  return keys.length <= BUCKET_MAX
    ? fillBucket(node, keys, values, session)
    : splitBucket(keys, values, depth, session);
}

/** The trie of entries that are sorted by key, without duplicates: O(n). It keeps the arrays. */
export function trieFromEntries<V>(keys: readonly Bytes[], values: readonly V[]): Trie<V> {
  return splitBucket(keys, values as V[], 0, null); // without a session nothing writes to it
}

/** The branch over children that are tries already; undefined where no trie has such a branch (T1, T3). O(children). */
export function trieFromChildren<V>(skip: string, bitmap: number, children: readonly Trie<V>[]): Trie<V> | undefined {
  const count = children.reduce((sum, child) => sum + trieCount(child), 0);
  const fits = bitmap < 0x1_0000 && bitCount16(bitmap) === children.length && children.length > 1;
  const isCanonical = fits && count > BUCKET_MAX && children.every((child) => trieCount(child) > 0);
  return isCanonical ? makeBranch(null, skip, bitmap, children.slice(), count) : undefined;
}

/** Builds the branch for sorted entries that are too many for a bucket, below `depth` nibbles they share. */
function splitBucket<V>(keys: readonly Bytes[], values: V[], depth: number, session: EditSession | null): Trie<V> {
  if (keys.length <= BUCKET_MAX) return makeBucket(session, keys, values);
  const first = keys[0]!;
  const last = keys[keys.length - 1]!;
  let at = depth;
  let skip = '';
  while (nibbleAt(first, at) === nibbleAt(last, at)) {
    skip += String.fromCharCode(nibbleAt(first, at));
    at += 1;
    assert(at < first.length * 2, 'two keys of a trie are equal or differ in width');
  }
  let bitmap = 0;
  const children: Trie<V>[] = [];
  for (let from = 0; from < keys.length;) {
    const nibble = nibbleAt(keys[from]!, at);
    let to = from + 1;
    while (to < keys.length && nibbleAt(keys[to]!, at) === nibble) to += 1;
    bitmap |= 1 << nibble;
    const childKeys = keys.slice(from, to);
    const childValues = isSet({ keys, values }) ? setValues<V>(childKeys) : values.slice(from, to);
    children.push(splitBucket(childKeys, childValues, at + 1, session));
    from = to;
  }
  return makeBranch(session, skip, bitmap, children, keys.length);
}

/** The key leaves the branch's skipped run after `shared` nibbles: a branch there, with the old one and the key. */
function splitSkip<V>(
  node: Branch<V>,
  shared: number,
  key: Bytes,
  value: V,
  depth: number,
  session: EditSession | null,
): Trie<V> {
  const old = ownBranch(node, session);
  const skip = old.skip;
  old.hashed = null;
  const oldNibble = skip.charCodeAt(shared);
  const newNibble = nibbleAt(key, depth + shared);
  old.skip = skip.slice(shared + 1);
  const added: Trie<V> = singleBucket(session, key, value);
  const children = oldNibble < newNibble ? [old, added] : [added, old];
  return makeBranch(session, skip.slice(0, shared), (1 << oldNibble) | (1 << newNibble), children, old.count + 1);
}

/** The trie without `key`; the very same root if it was not there. */
export function trieRemove<V>(trie: Trie<V>, key: Bytes, session: EditSession | null): Trie<V> {
  return trieGet(trie, key) === undefined ? trie : removeAt(trie, key, 0, session);
}

function removeAt<V>(node: Trie<V>, key: Bytes, depth: number, session: EditSession | null): Trie<V> {
  if (node.leaf) {
    const at = lowerBound(node.keys, key);
    const keys = removeFrom(node.keys, at);
    return fillBucket(node, keys, isSet(node) ? setValues<V>(keys) : removeFrom(node.values, at), session);
  }
  if (node.count - 1 <= BUCKET_MAX) return gatherWithout(node, key, session);
  const own = ownBranch(node, session);
  const at = depth + own.skip.length;
  const nibble = nibbleAt(key, at);
  const index = childIndex(own.bitmap, nibble);
  const child = removeAt(own.children[index]!, key, at + 1, session);
  own.count -= 1;
  if (trieCount(child) > 0) {
    own.children[index] = child;
    own.stale |= 1 << index;
    return own;
  }
  own.hashed = null;
  own.children = removeFrom(own.children, index);
  own.bitmap &= ~(1 << nibble);
  return own.children.length > 1 ? own : joinOnlyChild(own, session);
}

/** A branch left with one child takes that child's place; the child is a branch, for more than a bucket remains. */
function joinOnlyChild<V>(node: Branch<V>, session: EditSession | null): Trie<V> {
  const only = node.children[0]!;
  assert(!only.leaf, 'T3: an only child holds more than a bucket');
  const own = ownBranch(only, session);
  const nibble = 31 - Math.clz32(node.bitmap);
  own.hashed = null;
  own.skip = node.skip + String.fromCharCode(nibble) + own.skip;
  return own;
}

/** The few entries below `node`, without `key`, as a bucket. */
function gatherWithout<V>(node: Trie<V>, key: Bytes, session: EditSession | null): Bucket<V> {
  const keys: Bytes[] = [];
  const values: V[] = [];
  gather(node, key, keys, values);
  return makeBucket(session, keys, values);
}

function gather<V>(node: Trie<V>, without: Bytes, keys: Bytes[], values: V[]): void {
  if (!node.leaf) {
    for (const child of node.children) gather(child, without, keys, values);
    return;
  }
  for (let i = 0; i < node.keys.length; i++) {
    if (node.keys[i] === without) continue;
    keys.push(node.keys[i]!);
    values.push(node.values[i]!);
  }
}

function makeBucket<V>(owner: EditSession | null, keys: readonly Bytes[], values: V[]): Bucket<V> {
  return { leaf: true, owner, keys, values, digest: null };
}

function singleBucket<V>(owner: EditSession | null, key: Bytes, value: V): Bucket<V> {
  const keys = [key];
  return makeBucket(owner, keys, isItself(key, value) ? setValues<V>(keys) : [value]);
}

// A set keeps each key as its own value; its buckets have one array for both, for there are millions of them.

function isSet({ keys, values }: { readonly keys: readonly Bytes[]; readonly values: readonly unknown[] }): boolean {
  return values === keys || keys.length === 0;
}

function isItself(key: Bytes, value: unknown): boolean {
  return value === key;
}

/** The values of a set with these keys; never written to, as keys never are. */
function setValues<V>(keys: readonly Bytes[]): V[] {
  return keys as readonly unknown[] as V[]; // each key is its own value, so the keys are values
}

function makeBranch<V>(
  owner: EditSession | null,
  skip: string,
  bitmap: number,
  children: Trie<V>[],
  count: number,
): Branch<V> {
  return { leaf: false, owner, skip, bitmap, children, count, digest: null, hashed: null, stale: 0 };
}

function owns<V>(session: EditSession | null, node: Trie<V>): boolean {
  return session !== null && node.owner === session;
}

/** The bucket with other entries: itself if the session made it, else a new one. */
function fillBucket<V>(node: Bucket<V>, keys: readonly Bytes[], values: V[], session: EditSession | null): Bucket<V> {
  if (!owns(session, node)) return makeBucket(session, keys, values);
  node.keys = keys;
  node.values = values;
  node.digest = null;
  return node;
}

/** The branch itself if the session made it, else a copy that it may change; its digest is forgotten, its bytes are not. */
export function ownBranch<V>(node: Branch<V>, session: EditSession | null): Branch<V> {
  if (owns(session, node)) {
    node.digest = null;
    return node;
  }
  const { skip, bitmap, children, count, hashed, stale } = node;
  const copy = makeBranch(session, skip, bitmap, children.slice(), count);
  copy.hashed = hashed;
  copy.stale = stale;
  return copy;
}

// Exact copies: `splice` would leave room for growth in each of a million small arrays.

function insertAt<T>(items: readonly T[], at: number, item: T): T[] {
  const copy = new Array<T>(items.length + 1);
  for (let i = 0; i < at; i++) copy[i] = items[i]!;
  copy[at] = item;
  for (let i = at; i < items.length; i++) copy[i + 1] = items[i]!;
  return copy;
}

function removeFrom<T>(items: readonly T[], at: number): T[] {
  const copy = new Array<T>(items.length - 1);
  for (let i = 0; i < at; i++) copy[i] = items[i]!;
  for (let i = at + 1; i < items.length; i++) copy[i - 1] = items[i]!;
  return copy;
}

function replaceAt<T>(items: readonly T[], at: number, item: T): T[] {
  const copy = items.slice();
  copy[at] = item;
  return copy;
}

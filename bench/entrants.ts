/** The entrants that several benches set against ours, by the work they do. */
import type { Entrant } from './harness/contest.ts';
import type { OptionsOf } from './harness/seat.ts';

type AppendOptions = OptionsOf<typeof import('./workloads/durable-append.ts')>;
type TreeOptions = OptionsOf<typeof import('./workloads/verified-commit.ts')>;

/** Peers are what stands under `peers/`; `adapter` is a path from here. */
function isPeer(adapter: string): boolean {
  return adapter.startsWith('./peers/');
}

type AppendTerms = Omit<AppendOptions, 'adapter'>;

function appendEntrant(name: string, adapter: string, terms: AppendTerms): Entrant {
  const options: AppendOptions = { ...terms, adapter: new URL(adapter, import.meta.url).href };
  const module = new URL('./workloads/durable-append.ts', import.meta.url);
  return { name, isPeer: isPeer(adapter), module, options };
}

/** The daemon's file log. */
export function fileLogEntrant(terms: AppendTerms): Entrant {
  return appendEntrant('jitos file log', './ours/file-log.ts', terms);
}

/** The bare disk loop. */
export function bareAppendEntrant(terms: AppendTerms): Entrant {
  return appendEntrant('bare write+fdatasync', './probes/bare-append.ts', terms);
}

/** The bare disk loop, and embedded stores that keep rows and sync at every commit. */
export function appendEntrants(terms: AppendTerms): Entrant[] {
  return [
    bareAppendEntrant(terms),
    appendEntrant('node:sqlite', './peers/node-sqlite.ts', terms),
    appendEntrant('better-sqlite3', './peers/better-sqlite3.ts', terms),
    appendEntrant('lmdb', './peers/lmdb.ts', terms),
    appendEntrant('classic-level', './peers/classic-level.ts', terms),
  ];
}

type TreeTerms = Pick<TreeOptions, 'keyCount' | 'updatesPerCommit'>;
type TreeHome = Partial<Pick<TreeOptions, 'durable' | 'inTmpfs'>>;

/** Loading more keys than this takes hyperbee and prolly-trees many minutes. */
const SLOW_PEER_KEYS_MAX = 100_000;

function treeEntrant(name: string, adapter: string, terms: TreeTerms, home: TreeHome = {}): Entrant {
  const { durable = false, inTmpfs = false } = home;
  const options: TreeOptions = { ...terms, durable, inTmpfs, adapter: new URL(adapter, import.meta.url).href };
  const module = new URL('./workloads/verified-commit.ts', import.meta.url);
  return { name, isPeer: isPeer(adapter), module, options };
}

/** A slow peer gets fewer keys, which is to its advantage, and says so in its name. */
function slowTreeEntrant(name: string, adapter: string, terms: TreeTerms): Entrant {
  if (terms.keyCount <= SLOW_PEER_KEYS_MAX) return treeEntrant(name, adapter, terms);
  const fewer = { ...terms, keyCount: SLOW_PEER_KEYS_MAX };
  return treeEntrant(`${name} (${SLOW_PEER_KEYS_MAX} keys only)`, adapter, fewer);
}

/** The kernel's trie alone. */
export function kernelTrieEntrant(terms: TreeTerms): Entrant {
  return treeEntrant('jitos trie', './ours/kernel-trie.ts', terms);
}

export function trieProbeEntrant(terms: TreeTerms): Entrant {
  return treeEntrant('bare trie probe', './probes/trie-probe.ts', terms);
}

/** Okra changing pages in place inside one open transaction: less work, for no root of it can be read by anyone else. */
export function okraOpenTransactionEntrant(terms: TreeTerms): Entrant {
  return treeEntrant('okra-node, one open transaction', './peers/okra-node.ts', terms);
}

/** Okra doing what a trie in memory does: each root is committed, and stays readable; the disk takes no part. */
export function okraInMemoryEntrant(terms: TreeTerms): Entrant {
  return treeEntrant('okra-node, committed in a tmpfs', './peers/okra-node.ts', terms, {
    durable: true,
    inTmpfs: true,
  });
}

/** Okra as it is used: a commit is a transaction, synced. */
export function okraSyncedEntrant(terms: TreeTerms): Entrant {
  return treeEntrant('okra-node, synced', './peers/okra-node.ts', terms, { durable: true });
}

export function hyperbeeEntrant(terms: TreeTerms): Entrant {
  return slowTreeEntrant('hyperbee, not synced', './peers/hyperbee.ts', terms);
}

export function prollyTreesEntrant(terms: TreeTerms): Entrant {
  return slowTreeEntrant('prolly-trees, in memory', './peers/prolly-trees.ts', terms);
}

/** Stores of rows doing an event's whole work: the event, the changed node, a Merkle path of rows, and the root in the receipt. */
export function verifiedEventEntrants(terms: TreeTerms): Entrant[] {
  const entrant = (name: string, adapter: string): Entrant =>
    treeEntrant(`${name} (same work: event, node, Merkle path)`, adapter, terms, { durable: true });
  return [
    entrant('node:sqlite', './peers/node-sqlite-verified-events.ts'),
    entrant('better-sqlite3', './peers/better-sqlite3-verified-events.ts'),
    entrant('lmdb', './peers/lmdb-verified-events.ts'),
    entrant('classic-level', './peers/classic-level-verified-events.ts'),
  ];
}

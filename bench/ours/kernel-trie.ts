/** The kernel's trie, bare: one edit session a commit, as a rewrite has, and the root after it. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { beginEdits, emptyTrie, trieDigest, triePut, type Bytes, type Digest, type Trie } from '@jitos/kernel';
import type { Entry, OpenCommitTree } from '../workloads/verified-commit.ts';

const valueDigest = (value: Digest): Digest => value;

export const openCommitTree: OpenCommitTree = () => {
  let trie: Trie<Digest> = emptyTrie();
  const putAll = (entries: readonly Entry[]): void => {
    const session = beginEdits();
    // Both are SHA-256 digests as latin1 strings.
    for (const { key, value } of entries) trie = triePut(trie, key as Bytes, value as Digest, session);
  };
  return {
    load: putAll,
    commit: (updates) => {
      for (const update of updates) {
        putAll([update]);
        trieDigest(trie, valueDigest, sha256);
      }
    },
    close: () => undefined,
  };
};

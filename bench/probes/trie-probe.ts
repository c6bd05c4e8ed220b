/**
 * The least that a verified commit costs in JavaScript: a mutable 16-ary Merkle trie with lazy digests and nothing
 * else. No old versions, no proofs, no deletes, no canonical bytes.
 *
 * A leaf's digest is SHA-256 over key and value. A branch keeps its sixteen child digests (zeros for an empty slot) in
 * one buffer, which is what its own digest covers, so that a commit rewrites 32 bytes a level instead of gathering 512.
 */
import { hash } from 'node:crypto';
import type { OpenCommitTree } from '../workloads/verified-commit.ts';

interface Leaf {
  readonly children: undefined;
  readonly key: string;
  value: string;
}

interface Branch {
  readonly children: (Branch | Leaf | undefined)[];
  readonly digests: Buffer;
  /** One bit for each child whose digest in `digests` is out of date. */
  stale: number;
}

const leafBytes = Buffer.alloc(64);

function makeBranch(): Branch {
  return { children: new Array<undefined>(16).fill(undefined), digests: Buffer.alloc(16 * 32), stale: 0 };
}

function nibbleAt(key: string, depth: number): number {
  const byte = key.charCodeAt(depth >> 1);
  return depth % 2 === 0 ? byte >> 4 : byte & 15;
}

function set(root: Branch, key: string, value: string): void {
  let branch = root;
  for (let depth = 0; ; depth++) {
    const nibble = nibbleAt(key, depth);
    const child = branch.children[nibble];
    branch.stale |= 1 << nibble;
    if (child === undefined) {
      branch.children[nibble] = { children: undefined, key, value };
      return;
    }
    if (child.children !== undefined) {
      branch = child;
    } else if (child.key === key) {
      child.value = value;
      return;
    } else {
      const lower = makeBranch();
      const lowerNibble = nibbleAt(child.key, depth + 1);
      lower.children[lowerNibble] = child;
      lower.stale = 1 << lowerNibble;
      branch.children[nibble] = lower;
      branch = lower;
    }
  }
}

function digestOf(node: Branch | Leaf): string {
  if (node.children === undefined) {
    leafBytes.write(node.key, 0, 'latin1');
    leafBytes.write(node.value, 32, 'latin1');
    return hash('sha256', leafBytes, 'binary');
  }
  for (; node.stale !== 0; node.stale &= node.stale - 1) {
    const nibble = 31 - Math.clz32(node.stale & -node.stale);
    const child = node.children[nibble];
    if (child !== undefined) node.digests.write(digestOf(child), nibble * 32, 'latin1');
  }
  return hash('sha256', node.digests, 'binary');
}

/** The trie by itself. */
export interface TrieProbe {
  set(key: string, value: string): void;
  root(): string;
}

export function makeTrieProbe(): TrieProbe {
  const root = makeBranch();
  return { set: (key, value) => set(root, key, value), root: () => digestOf(root) };
}

export const openCommitTree: OpenCommitTree = () => {
  const trie = makeTrieProbe();
  return {
    load: (entries) => {
      for (const { key, value } of entries) trie.set(key, value);
    },
    commit: (updates) => {
      for (const { key, value } of updates) {
        trie.set(key, value);
        trie.root();
      }
    },
    close: () => undefined,
  };
};

/**
 * Hypercore, an append-only log with a Merkle tree over its blocks (BLAKE2b). A proof of a block is what it sends to a peer
 * that has the tree's roots and nothing else; that peer verifies it, which includes reading the root from its storage.
 */
import { join } from 'node:path';
import { leafAt, type OpenProofLog } from '../workloads/inclusion-proof.ts';
import { importPeer } from './import-peer.ts';

interface Proof {
  manifest?: unknown;
}

interface Hypercore {
  readonly key: Uint8Array;
  readonly length: number;
  readonly state: unknown;
  readonly core: { readonly header: { readonly manifest: unknown }; verify(proof: Proof): Promise<boolean> };
  ready(): Promise<void>;
  append(blocks: readonly Uint8Array[]): Promise<unknown>;
  proof(of: ProofRequest): Promise<Proof>;
  close(): Promise<void>;
}

interface ProofRequest {
  /** `nodes` is how many levels of the tree the other side lacks. */
  readonly block?: { readonly index: number; readonly nodes: number };
  readonly upgrade?: { readonly start: number; readonly length: number };
}

interface MerkleTrees {
  readonly MerkleTree: {
    maxMissingNodes(index: number, length: number): number;
    /** Throws where the proof does not lead to a node that the session has. */
    verify(session: unknown, proof: Proof): Promise<unknown>;
  };
}

const BLOCKS_AT_ONCE = 1000;

export const openProofLog: OpenProofLog = async (dir, leafCount) => {
  const { default: Hypercore } = await importPeer<{ default: new (path: string, key?: Uint8Array) => Hypercore }>(
    'hypercore',
  );
  const { MerkleTree } = (await importPeer<{ default: MerkleTrees }>('hypercore/lib/merkle-tree.js')).default;
  const core = new Hypercore(join(dir, 'core'));
  await core.ready();
  while (core.length < leafCount) {
    const { length } = core;
    const count = Math.min(BLOCKS_AT_ONCE, leafCount - length);
    await core.append(Array.from({ length: count }, (_, i) => leafAt(length + i)));
  }
  const reader = new Hypercore(join(dir, 'reader'), core.key);
  await reader.ready();
  const roots = await core.proof({ upgrade: { start: 0, length: leafCount } });
  roots.manifest = core.core.header.manifest;
  if (!(await reader.core.verify(roots))) throw new Error('the roots do not hold');
  return {
    // It numbers the blocks 0, 2, 4 … and the nodes above them with what is left.
    make: (index) => core.proof({ block: { index, nodes: MerkleTree.maxMissingNodes(2 * index, leafCount) } }),
    verify: async (_, proof) => {
      await MerkleTree.verify(reader.state, proof as Proof); // it made it
    },
    close: async () => {
      await reader.close();
      await core.close();
    },
  };
};

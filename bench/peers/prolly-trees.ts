/**
 * prolly-trees, the IPLD prolly tree in JavaScript, in memory: blocks in a Map, nodes cached as objects, and a
 * synchronous SHA-256 instead of the slower one that it is usually given.
 */
import { hash } from 'node:crypto';
import type { Entry, OpenCommitTree } from '../workloads/verified-commit.ts';
import { importPeer } from './import-peer.ts';

interface Block {
  readonly cid: unknown;
}

interface Root {
  bulk(puts: { key: string; value: string }[]): Promise<{ root: Root; blocks: Block[] }>;
  readonly block: Promise<Block>;
  readonly address: Promise<unknown>;
}

interface MapModule {
  create(options: object): AsyncIterable<Root>;
}

interface Hasher {
  readonly from: (options: { name: string; code: number; encode: (bytes: Uint8Array) => Uint8Array }) => unknown;
}

const SHA2_256 = 0x12;
/** Entries a node on average. */
const BRANCHING = 32;

export const openCommitTree: OpenCommitTree = async () => {
  const map = await importPeer<MapModule>('prolly-trees/map');
  const utils = await importPeer<{ bf(factor: number): unknown; simpleCompare: unknown }>('prolly-trees/utils');
  const codec = await importPeer<object>('@ipld/dag-cbor');
  const { from } = await importPeer<Hasher>('multiformats/hashes/hasher');
  const blocks = new Map<string, Block>();
  const nodes = new Map<string, unknown>();
  const options = {
    get: (cid: unknown) => Promise.resolve(blocks.get(String(cid))),
    cache: {
      has: (cid: unknown) => nodes.has(String(cid)),
      get: (cid: unknown) => nodes.get(String(cid)),
      set: async (node: Root) => nodes.set(String(await node.address), node),
    },
    chunker: utils.bf(BRANCHING),
    codec,
    hasher: from({ name: 'sha2-256', code: SHA2_256, encode: (bytes) => hash('sha256', bytes, 'buffer') }),
    compare: utils.simpleCompare,
  };
  const keep = (block: Block): void => void blocks.set(String(block.cid), block);
  const put = ({ key, value }: Entry): { key: string; value: string } => ({ key, value });
  let root: Root | undefined;
  const bulk = async (entries: readonly Entry[]): Promise<void> => {
    if (root === undefined) throw new Error('commit before load');
    const result = await root.bulk(entries.map(put));
    result.blocks.forEach(keep);
    root = result.root;
  };
  return {
    load: async (entries) => {
      if (root !== undefined) return await bulk(entries);
      for await (const node of map.create({ ...options, list: entries.map(put) })) {
        keep(await node.block);
        root = node;
      }
    },
    commit: async (updates) => {
      for (const update of updates) await bulk([update]);
    },
    close: () => undefined,
  };
};

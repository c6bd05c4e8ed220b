import { nodeSha256 as sha256 } from '@jitos/testkit/kernel/node-sha256.ts';
import { treeHashesContract } from '@jitos/testkit/tree-hashes-contract.ts';
import { MemoryTreeHashes } from './memory-tree-hashes.ts';

treeHashesContract('the memory tree hashes', () => new MemoryTreeHashes(sha256));

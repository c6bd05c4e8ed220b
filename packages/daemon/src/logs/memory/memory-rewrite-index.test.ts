import { rewriteIndexContract } from '@jitos/testkit/rewrite-index-contract.ts';
import { MemoryRewriteIndex } from './memory-rewrite-index.ts';

rewriteIndexContract('the memory index', () => new MemoryRewriteIndex());

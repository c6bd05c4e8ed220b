/** The least that a collapse costs: the same nodes put into the bare trie, and the root after them. In memory, unlogged. */
import { hash } from 'node:crypto';
import { oneByOne, type OpenWorkload } from '../harness/workload.ts';
import { drawNodes, type CollapseShape } from '../workloads/collapse-moved.ts';
import { makeTrieProbe } from './trie-probe.ts';

/** Prepared together, as workspaces are. */
const COLLAPSES_MAX = 512;

export const open: OpenWorkload<CollapseShape> = (options) => {
  const { nodeCount, changeCount } = options;
  const trie = makeTrieProbe();
  const collapseCount = Math.min(COLLAPSES_MAX, Math.floor(nodeCount / 2 / changeCount));
  for (let number = 0; number < nodeCount; number++) trie.set(...entry(number, 0));
  trie.root();
  let pass = 0;
  const prepare = (): (readonly [key: string, value: string])[][] => {
    const draw = drawNodes(options, pass++);
    return Array.from({ length: collapseCount }, () => draw(changeCount).map((number) => entry(number, pass)));
  };
  return {
    round: async (budgetMs) => {
      const collapses = prepare();
      let next = 0;
      const { operations, values } = await oneByOne(budgetMs, 1, () => {
        for (const [key, value] of collapses[next++ % collapseCount]!) trie.set(key, value);
        trie.root();
      });
      return { operations, values: { '/s': values['/s'] ?? NaN } };
    },
  };
};

/** Both are 32 characters, one byte each ('binary' is Node's older name for latin1). */
function entry(number: number, salt: number): readonly [key: string, value: string] {
  return [hash('sha256', `key:${number}`, 'binary'), hash('sha256', `${salt} ${number}`, 'binary')];
}

/** Graphs and rewrites that are known to run, for laws about graphs rather than worlds. */
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { runRewrite, type Graph, type Op, type RulePack } from '@jitos/kernel';
import type { Dice } from './dice.ts';
import { generateOps, SMALL_PLAYGROUND, type Playground } from './generate-commands.ts';
import { NO_RULES } from './no-rules.ts';

export interface Growth {
  readonly graph: Graph;
  /** The rewrites that led there, each carried out. */
  readonly rewrites: readonly (readonly Op[])[];
}

/** The graph after `count` generated rewrites, of which those that are refused are left out. */
export function growGraph(
  dice: Dice,
  from: Graph,
  count: number,
  playground: Playground = SMALL_PLAYGROUND,
  rules: RulePack = NO_RULES,
): Growth {
  const rewrites: (readonly Op[])[] = [];
  let graph = from;
  for (let left = count; left > 0; left--) {
    const ops = generateOps(dice, graph, playground);
    const result = runRewrite(graph, ops, rules, sha256);
    if (!result.ok) continue;
    graph = result.graph;
    rewrites.push(ops);
  }
  return { graph, rewrites };
}

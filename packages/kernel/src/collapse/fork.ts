/** The three graphs that a merge is of. */
import type { Graph } from '../graph/graph.ts';
import type { RulePack } from '../graph/rules/rule-pack.ts';

export interface Fork {
  /** The pack that the merged graph is to keep to: that of theirs. */
  readonly rules: RulePack;
  readonly base: Graph;
  /** The workspace's head, always: in a rebase, too. */
  readonly ours: Graph;
  /** The view that the workspace collapses into, or is rebased on. */
  readonly theirs: Graph;
}

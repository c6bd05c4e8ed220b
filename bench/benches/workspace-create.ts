/** Opens workspaces on a large System: microseconds and bytes each. */
import type { Bench } from '../harness/bench.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/workspace-create.ts')>;

export const bench: Bench = {
  name: 'workspace.create',
  summary: 'time and memory of an open workspace',
  run: async (context) => {
    const options: Options = context.pick({
      smoke: { nodeCount: 1000, workspaceCount: 1000 },
      full: { nodeCount: 1_000_000, workspaceCount: 100_000 },
    });
    await context.contest({
      title: `${options.nodeCount}-nodes`,
      ours: {
        name: 'jitos',
        isPeer: false,
        module: new URL('../workloads/workspace-create.ts', import.meta.url),
        options,
      },
      against: [],
    });
  },
};

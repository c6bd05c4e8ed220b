/** Workspaces by the thousands, each with ten writes of its own, on a large System: time, memory, and reading through one. */
import type { Bench } from '../harness/bench.ts';
import type { Entrant } from '../harness/contest.ts';
import type { OptionsOf } from '../harness/seat.ts';

type Options = OptionsOf<typeof import('../workloads/written-workspaces.ts')>;
type ReadOptions = OptionsOf<typeof import('../workloads/read-views.ts')>;
type OverlayOptions = OptionsOf<typeof import('../workloads/open-overlays.ts')>;

/** A million files take a worktree minutes and gigabytes; fewer are to its advantage. */
const WORKTREE_FILES_MAX = 2000;

function workspacesEntrant(name: string, options: Options): Entrant {
  return { name, isPeer: false, module: new URL('../workloads/written-workspaces.ts', import.meta.url), options };
}

function overlayEntrant(name: string, adapter: string, options: Omit<OverlayOptions, 'adapter'>): Entrant {
  const module = new URL('../workloads/open-overlays.ts', import.meta.url);
  return { name, isPeer: true, module, options: { ...options, adapter: new URL(adapter, import.meta.url).href } };
}

function overlayEntrants(nodeCount: number, overlayCount: number): Entrant[] {
  const options = { nodeCount, overlayCount };
  const fileCount = Math.min(WORKTREE_FILES_MAX, nodeCount);
  return [
    overlayEntrant(`SQLite, a copy of its file each (${overlayCount})`, '../peers/sqlite-copies.ts', options),
    overlayEntrant(`PostgreSQL, a database each (${overlayCount})`, '../peers/postgres-copies.ts', options),
    overlayEntrant(`git worktree (${overlayCount}, of ${fileCount} files only)`, '../peers/git-worktrees.ts', {
      nodeCount: fileCount,
      overlayCount,
    }),
  ];
}

export const bench: Bench = {
  name: 'workspace.rest',
  summary: 'workspaces with ten writes each: created, written, read; memory of each',
  run: async (context) => {
    const { nodeCount, restCount, activeCount, overlayCount } = context.pick({
      smoke: { nodeCount: 2000, restCount: 200, activeCount: 100, overlayCount: 2 },
      full: { nodeCount: 1_000_000, restCount: 100_000, activeCount: 10_000, overlayCount: 3 },
    });
    await context.contest({
      title: `${restCount}-at-rest`,
      once: true, // each is one of many
      ours: workspacesEntrant('jitos', { nodeCount, workspaceCount: restCount, atRest: true }),
      against: [
        workspacesEntrant(`jitos, ${activeCount} active`, { nodeCount, workspaceCount: activeCount, atRest: false }),
        ...overlayEntrants(nodeCount, overlayCount),
      ],
    });
    const reading: ReadOptions = { nodeCount };
    await context.contest({
      title: 'read',
      ours: {
        name: 'jitos through a workspace',
        isPeer: false,
        module: new URL('../workloads/read-views.ts', import.meta.url),
        options: reading,
      },
      against: [],
    });
  },
};

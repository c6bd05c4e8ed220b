/** The work of `jitosctl diff`. */
import { digestToHex, getWorkspace, graphDigest, type Snapshot, type ViewId, type World } from '@jitos/kernel';
import { graphChanges } from '../engine/graph-changes.ts';
import { worldAt } from '../engine/replay-history.ts';
import { sha256 } from '../engine/sha256.ts';
import { viewText } from '../engine/view-text.ts';
import { Failure } from '../errors/failure.ts';
import type { Answer, Context } from './command.ts';
import { changeJson, changeText, type ChangeJson } from './divergence.ts';
import { FoldProgress, mustHaveEvent, openHistory, type SkippedCheckpoint } from './history-command.ts';
import { plainText } from './terminal/plain-text.ts';

export interface DiffRequest {
  readonly from: number;
  /** Null: the newest event. */
  readonly to: number | null;
  /** How many changes to tell. */
  readonly first: number;
}

interface DiffReport {
  readonly world: string;
  readonly view: string;
  readonly from: number;
  readonly to: number;
  readonly digestBefore: string;
  readonly digestAfter: string;
  readonly changeCount: number;
  readonly changes: readonly ChangeJson[];
  readonly skippedCheckpoints: readonly SkippedCheckpoint[];
}

const FIRST_MAX = 10_000;

export async function diffHistory(context: Context, request: DiffRequest): Promise<Answer> {
  if (request.first > FIRST_MAX) throw new Failure('USAGE', '--first', `${request.first} is more than ${FIRST_MAX}`);
  const history = await openHistory(context);
  const from = mustHaveEvent(history, request.from, '--from');
  const to = mustHaveEvent(history, request.to ?? history.log.length - 1, '--to');
  const view = context.flags.view ?? 'system';
  const progress = new FoldProgress(context, `folding ${history.world}`);
  const earlier = await worldAt(history, Math.min(from, to), null, progress);
  const eventsBefore = progress.events;
  const later = await worldAt(history, Math.max(from, to), earlier, progress);
  const isShared = progress.events - eventsBefore === later.history.size - earlier.history.size;
  const [worldBefore, worldAfter] = from <= to ? [earlier, later] : [later, earlier];
  const before = mustGetView(worldBefore, view);
  const after = mustGetView(worldAfter, view);
  // Where they don't share what they have in common, their digests tell it; taking these costs a hash for each element.
  if (!isShared) for (const { graph } of [before, after]) graphDigest(graph, worldAfter.rulePackId, sha256);
  const { count, first } = graphChanges(before.graph, after.graph, request.first);
  const report: DiffReport = {
    world: history.world,
    view: viewText(view),
    from,
    to,
    digestBefore: digestToHex(before.digest),
    digestAfter: digestToHex(after.digest),
    changeCount: count,
    changes: first.map(changeJson),
    skippedCheckpoints: history.skippedCheckpoints,
  };
  return { json: report, text: () => reportText(report), status: 0 };
}

/** The view as it was. Throws `WORKSPACE_NOT_FOUND`. */
function mustGetView(world: World, view: ViewId): Snapshot {
  if (view === 'system') return world.system;
  const workspace = getWorkspace(world, view);
  if (workspace !== undefined) return workspace.head;
  const detail = `workspace ${view} is not open after event ${world.history.size - 1}`;
  throw new Failure('WORKSPACE_NOT_FOUND', '--view', detail);
}

function reportText({ changeCount, changes }: DiffReport): string {
  const lines = changes.map((change) => plainText(changeText(change)));
  if (changeCount > changes.length) lines.push(`${changeCount - changes.length} more: --first ${changeCount}`);
  if (changeCount === 0) lines.push('no difference');
  return lines.map((line) => `${line}\n`).join('');
}

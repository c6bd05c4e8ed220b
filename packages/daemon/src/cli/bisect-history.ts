/** The work of `jitosctl bisect`. */
import { parseExpr, type Event } from '@jitos/kernel';
import { bisect } from '../engine/replay-bisect.ts';
import { viewText } from '../engine/view-text.ts';
import { Failure } from '../errors/failure.ts';
import type { Answer, Context } from './command.ts';
import { FoldProgress, mustHaveEvent, openHistory, type SkippedCheckpoint } from './history-command.ts';

export interface BisectRequest {
  readonly predicate: string;
  readonly from: number;
  /** Null: the newest event. */
  readonly to: number | null;
}

interface BisectReport {
  readonly world: string;
  readonly predicate: string;
  readonly from: number;
  readonly to: number;
  /** What the predicate was before the flip, or all the time. */
  readonly before: boolean;
  /** The first event after which it was the opposite; null if there is none. */
  readonly idx: number | null;
  readonly event: { readonly kind: Event['kind']; readonly view: string | null } | null;
  /** The part of the history that was folded began behind this event. */
  readonly foldedFrom: number;
  /** Events that were folded. */
  readonly events: number;
  readonly skippedCheckpoints: readonly SkippedCheckpoint[];
}

const TYPED = '--predicate';

export async function bisectHistory(context: Context, request: BisectRequest): Promise<Answer> {
  const parsed = parseExpr(request.predicate);
  if (!parsed.ok) throw new Failure(parsed.reason, `${TYPED}, ${parsed.place}`, parsed.detail);
  const history = await openHistory(context);
  const from = mustHaveEvent(history, request.from, '--from');
  const to = mustHaveEvent(history, request.to ?? history.log.length - 1, '--to');
  if (from > to) throw new Failure('USAGE', '--from', `${from} is past --to ${to}`);
  const { world } = history;
  const progress = new FoldProgress(context, `bisecting ${world}`);
  const { onEvent, onProgress } = progress;
  const found = await bisect({ history, predicate: parsed.expr, fromIdx: from, toIdx: to, onEvent, onProgress }).catch(
    (error: unknown) => {
      throw isRefusal(error) ? new Failure(error.reason, `${TYPED}, ${error.place}`, error.message) : error;
    },
  );
  const { before, event, partIdx } = found;
  const report: BisectReport = {
    world,
    predicate: request.predicate,
    from,
    to,
    before,
    idx: event?.idx ?? null,
    event: event && { kind: event.kind, view: event.view === null ? null : viewText(event.view) },
    foldedFrom: partIdx,
    events: progress.events,
    skippedCheckpoints: history.skippedCheckpoints,
  };
  return { json: report, text: () => reportText(report), status: event === null ? 1 : 0 };
}

function isRefusal(error: unknown): error is Failure {
  return error instanceof Failure && error.reason.startsWith('EXPR_');
}

function reportText({ world, before, idx, event, from, to }: BisectReport): string {
  if (idx === null || event === null) return `${world}: ${before} from event ${from} to event ${to}\n`;
  const what = `${event.kind}${event.view === null ? '' : ` of ${event.view}`}`;
  return `${world}: ${!before} after event ${idx} (${what}), ${before} before\n`;
}

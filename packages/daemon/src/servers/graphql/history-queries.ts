/** The queries that read workspaces and history: `kernelInfo`, `sws`, `listSws`, `rewrites`. */
import { Failure } from '../../errors/failure.ts';
import {
  digestToHex,
  getEndedWorkspace,
  getWorkspace,
  keyToNumber,
  numberToKey,
  trieEntries,
  type EncodedEvent,
  type ViewId,
} from '@jitos/kernel';
import { createdIdxOf, isCollapse, isRewrite } from '../../engine/event-workspaces.ts';
import { readEvent } from '../../engine/history-reader.ts';
import { mustBeCreated } from '../../engine/world-views.ts';
import { mustSee } from '../auth/access.ts';
import { VERSION } from '../version.ts';
import {
  createdSwsAnswer,
  endedSwsAnswer,
  openSwsAnswer,
  rewriteEventAnswer,
  swsSizeBytes,
  type SwsAnswer,
} from './answers.ts';
import type { JsonObject } from './json-value.ts';
import type { ReadBudget } from './read-budget.ts';
import { readEventsAt } from '../../engine/read-events-at.ts';
import type { RequestContext } from './request-context.ts';
import { visibleWorkspaces } from './visible-workspaces.ts';
import {
  readAfterNumber,
  readFirst,
  readNumber,
  readViewId,
  refuseSnapshotId,
  type PageInput,
  type ViewRefInput,
} from './view-input.ts';

export function resolveKernelInfo(_: unknown, __: unknown, { world }: RequestContext): JsonObject {
  const { system, settings, commitStatus, clock, history } = world;
  const rulePackId = digestToHex(system.rules.id);
  return {
    version: VERSION,
    newestEvent: String(history.size - 1),
    tick: String(clock.tick),
    rulePackId,
    policyId: settings.defaultPolicyId,
    commitStatus,
  };
}

/** A workspace, open or not; of those that ended long ago only history tells, which takes a promise. */
export function resolveSws(
  _: unknown,
  args: { readonly id: string },
  context: RequestContext,
): SwsAnswer | Promise<SwsAnswer> {
  const { open, world, budget } = context;
  const number = readNumber(args.id, 'id');
  mustSee(context, number, 'id');
  mustBeCreated(world, number, 'id');
  const workspace = getWorkspace(world, number);
  if (workspace !== undefined) {
    charge(budget, swsSizeBytes(workspace));
    open.shelf.put(workspace.baseView ?? 'system', workspace.base);
    return openSwsAnswer(workspace, world.settings);
  }
  const ended = getEndedWorkspace(world, number);
  if (ended === undefined) return budget.inTurn(() => readEndedSws(context, number));
  charge(budget, ended.meta?.length ?? 0);
  return endedSwsAnswer(ended);
}

function charge(budget: ReadBudget, sizeBytes: number): void {
  budget.beginPage();
  budget.endPage(1, sizeBytes);
}

/** The workspace's last rewrite is the event that ended it, which says where it began. */
async function readEndedSws({ open: { log, rewrites }, budget }: RequestContext, number: number): Promise<SwsAnswer> {
  budget.beginPage();
  const last = rewrites.lastOf(number);
  if (last === undefined && log.firstIdx > 0) {
    const detail = `workspace ${number} ended before event ${log.firstIdx}, and the events before that are archived`;
    throw new Failure('EVENT_ARCHIVED', 'swsId', detail);
  }
  if (last === undefined) throw new Error(`workspace ${number} ended, but no rewrite of it is known`);
  const { event: end } = await readEvent(log, last.eventIdx);
  if (!isCollapse(end) && end.kind !== 'DISCARD') throw new Error(`workspace ${number} did not end by a ${end.kind}`);
  const { event: created } = await readEvent(log, createdIdxOf(end, number));
  if (created.kind !== 'SWS_CREATED') throw new Error(`workspace ${number} did not begin by a ${created.kind}`);
  budget.endPage(2, created.meta?.length ?? 0);
  return createdSwsAnswer(created, end.kind === 'DISCARD' ? 'DISCARDED' : 'COLLAPSED');
}

interface PageArgs {
  readonly page?: PageInput | null;
}

/** Ends early where their metas are large; the next page goes on after the last. */
export function resolveListSws(_: unknown, args: PageArgs, context: RequestContext): readonly SwsAnswer[] {
  const { world, budget } = context;
  const numbers = visibleWorkspaces(context);
  const first = readFirst(args.page, 'page');
  const after = readAfterNumber(args.page, 'page');
  const sizeBytesMax = budget.beginPage();
  const answers: SwsAnswer[] = [];
  let sizeBytes = 0;
  for (const { key } of trieEntries(numbers, after === null ? null : numberToKey(after), first)) {
    const workspace = getWorkspace(world, keyToNumber(key))!; // it is open
    sizeBytes += swsSizeBytes(workspace);
    if (answers.length > 0 && sizeBytes > sizeBytesMax) break;
    answers.push(openSwsAnswer(workspace, world.settings));
  }
  budget.endPage(answers.length, sizeBytes);
  return answers;
}

interface RewritesArgs extends PageArgs {
  readonly view: ViewRefInput;
}

/** A view's rewrites, those of an ended workspace too. Ends early where they are large. */
export function resolveRewrites(
  _: unknown,
  args: RewritesArgs,
  context: RequestContext,
): Promise<readonly JsonObject[]> {
  const { world, budget } = context;
  const view = readViewId(args.view, 'view');
  refuseSnapshotId(args.view, 'view');
  mustSee(context, view, 'view');
  if (view !== 'system') mustBeCreated(world, view, 'view.swsId');
  const first = readFirst(args.page, 'page');
  const after = readAfterNumber(args.page, 'page') ?? -1;
  return budget.inTurn(() => readRewrites(context, { view, after, first }));
}

interface RewritesPage {
  readonly view: ViewId;
  readonly after: number;
  readonly first: number;
}

async function readRewrites(
  { open, budget }: RequestContext,
  { view, after, first }: RewritesPage,
): Promise<readonly JsonObject[]> {
  const sizeBytesMax = budget.beginPage();
  const positions = open.rewrites.page(view, afterArchived(open, view, after), first);
  const answers: JsonObject[] = [];
  let sizeBytes = 0;
  for await (const encoded of readEventsAt(
    open.log,
    positions.map(({ eventIdx }) => eventIdx),
  )) {
    sizeBytes += encoded.body.length;
    if (answers.length > 0 && sizeBytes > sizeBytesMax) break;
    answers.push(answerOf(encoded));
  }
  budget.endEvents(answers.length, sizeBytes);
  return answers;
}

/** `after`, or the view's last rewrite of an archived event where that is later: pages begin behind both. */
export function afterArchived({ log, rewrites }: RequestContext['open'], view: ViewId, after: number): number {
  let low = after;
  let high = log.firstIdx === 0 ? after : rewrites.length;
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [next] = rewrites.page(view, middle, 1);
    if (next === undefined || next.eventIdx >= log.firstIdx) high = middle;
    else low = next.rewriteIdx;
  }
  return low;
}

function answerOf({ event }: EncodedEvent): JsonObject {
  if (!isRewrite(event)) throw new Error(`event ${event.idx} is listed as a rewrite, but is ${event.kind}`);
  return rewriteEventAnswer(event);
}

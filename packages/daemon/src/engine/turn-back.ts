/**
 * Workspaces that lead back: the undo of a collapse, and forks of System as it was. Both are made of ops that turn today's
 * System back, each expecting the element as it is, so that they collapse as any other change does.
 *
 * - B1 What differs between two moments is read first, which may take long and writes nothing. Then all commands run as one
 *      script: no other comes between them, and System is the one that was looked at. Where that would take long, it is done
 *      before, and again if System has moved meanwhile.
 * - B2 Where a rewrite is refused the workspace is discarded: none is left that leads only part of the way.
 * - B3 The request id is that of the first command, whose `meta` says what was asked for: with other arguments it is
 *      `REQUEST_ID_REUSED`. The other commands have ids made of it. A retry finds the commands that were carried out, carries
 *      out the rest, which a crash may have left, and makes no second workspace.
 */
import {
  decodeValue,
  defaultRulePack,
  diffRewrites,
  encodeValue,
  packOps,
  requestKey,
  runRewrite,
  trieGet,
  type Command,
  type DiffPosition,
  type DiffStep,
  type EncodedValue,
  type Graph,
  type Op,
  type Refusal,
  type SwsCreated,
  type Value,
  type World,
} from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import { nextTurn } from '../ports/next-turn.ts';
import { carriedWorkspaces, isCollapse } from './event-workspaces.ts';
import { mustGetEvent } from './history-reader.ts';
import { opOffenders, type Offenders } from './op-offenders.ts';
import type { OpenWorld } from './open-world.ts';
import type { AnswerTo, CutDiffPage, PastView, Question } from './past/view-reading.ts';
import { sha256 } from './sha256.ts';
import type { Script } from './world-loop.ts';

/** Ops that one workspace may be made of here: they are held in memory meanwhile. */
const OPS_MAX = 500_000;
const OPS_SIZE_BYTES_MAX = 268_435_456;
const PAGE_STEPS = 1000;
const PAGE_SIZE_BYTES_MAX = 4_194_304;
/** Ops that are held to a System, or led back from another one, in one turn of the loop; more are before it. */
const TURN_OPS_MAX = 20_000;
/** How often System may move while that is done. */
const ATTEMPTS_MAX = 8;
/** Offenders that an answer lists. */
export const OFFENDERS_TOLD_MAX = 1000;

/** Throws what `PastViews` throws. */
export type AskPast = <Q extends Question>(past: PastView, question: Q) => Promise<AnswerTo<Q>>;

/** What is needed of a world for that. */
type History = Pick<OpenWorld, 'log' | 'loop'>;

/** What every command of a script has from the request; `meta` is the workspace's. */
export type TurnRequest = Pick<Command, 'principal' | 'requestId' | 'validUntil' | 'meta'> & {
  /** Of the collapse, or of the event to fork after. */
  readonly idx: number;
};

export type Undone =
  | { readonly type: 'created'; readonly created: SwsCreated }
  /** System has changed since: nothing was written. */
  | { readonly type: 'offended'; readonly offenders: Offenders };

/**
 * A workspace of today's System without what the collapse at `idx` changed. Throws `EVENT_NOT_FOUND`, `EVENT_ARCHIVED`,
 * `COLLAPSE_NOT_FOUND`, `DIFF_TOO_LARGE`, what a refusal says, and what `askPast` throws.
 */
export async function undoCollapse(open: History, request: TurnRequest, askPast: AskPast): Promise<Undone> {
  const { idx } = request;
  mustBeRequestId(request.requestId);
  await mustBeCollapse(open, idx);
  const ops = await readOps(askPast, { idx, view: 'system' }, { idx: idx - 1, view: 'system' });
  const turn: Turn = { ...request, verb: 'undo' };
  return await untilSystemStays(async () => {
    const { system } = open.loop.world;
    const checked =
      ops.length <= TURN_OPS_MAX ? null : await inTurns(opOffenders(system.graph, ops, OFFENDERS_TOLD_MAX));
    return await open.loop.run<Refusal | Undone | Moved>(turn.principal, function* (newest) {
      if (!isRemembered(newest(), turn)) {
        if (checked !== null && newest().system.id !== system.id) return MOVED;
        const offenders = checked ?? atOnce(opOffenders(newest().system.graph, ops, OFFENDERS_TOLD_MAX));
        if (offenders.count > 0) return { type: 'offended', offenders };
      }
      const created = yield* createWorkspace(turn, newest);
      if ('ok' in created) return created;
      const refusal = yield* writeAll(turn, created, packOps(ops));
      return refusal ?? { type: 'created', created: created.event };
    });
  });
}

/** What a script answers that has written nothing, because System is not the one that was looked at. */
interface Moved {
  readonly type: 'moved';
}

const MOVED: Moved = { type: 'moved' };

/** Does it again where System has moved meanwhile. Throws what a refusal says, and `OVERLOADED`. */
async function untilSystemStays<Done extends object>(attempt: () => Promise<Done | Refusal | Moved>): Promise<Done> {
  for (let left = ATTEMPTS_MAX; left > 0; left--) {
    const outcome = await attempt();
    if ('ok' in outcome) throw new Failure(outcome.reason, outcome.place, outcome.detail);
    if (!isMoved(outcome)) return outcome;
  }
  throw new Failure('OVERLOADED', '', 'System moves faster than so many changes can be held to it');
}

function isMoved(outcome: object): outcome is Moved {
  return outcome === MOVED;
}

async function inTurns<Result>(steps: Generator<undefined, Result, undefined>): Promise<Result> {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
    await new Promise<void>((resolve) => nextTurn(resolve));
  }
}

function atOnce<Result>(steps: Generator<undefined, Result, undefined>): Result {
  for (;;) {
    const step = steps.next();
    if (step.done === true) return step.value;
  }
}

async function mustBeCollapse({ log }: History, idx: number): Promise<void> {
  const { event } = await mustGetEvent(log, idx, 'idx');
  const fail = (detail: string): Failure => new Failure('COLLAPSE_NOT_FOUND', 'idx', detail);
  if (!isCollapse(event)) throw fail(`event ${idx} is a ${event.kind}`);
  if (carriedWorkspaces(event).length === 0)
    throw fail(`the collapse at event ${idx} was aborted: there is nothing to undo`);
  if (event.target !== null)
    throw fail(`the collapse at event ${idx} went into workspace ${event.target}, not into System`);
}

/**
 * A workspace of today's System with what leads to System as it was after the event `idx`. Throws as `undoCollapse` does.
 */
export async function forkAt(open: History, request: TurnRequest, askPast: AskPast): Promise<SwsCreated> {
  mustBeRequestId(request.requestId);
  const then: PastView = { idx: request.idx, view: 'system' };
  await mustGetEvent(open.log, request.idx, 'at');
  const turn: Turn = { ...request, verb: 'fork' };
  const created = await untilSystemStays(async () => {
    const { world } = open.loop;
    const ops = await readOps(askPast, { idx: world.history.size - 1, view: 'system' }, then);
    return await open.loop.run<Refusal | Created | Moved>(turn.principal, function* (newest) {
      const { system } = newest();
      const isSame = system.id === world.system.id;
      if (!isSame && ops.length > TURN_OPS_MAX && !isRemembered(newest(), turn)) return MOVED;
      const made = yield* createWorkspace(turn, newest);
      if ('ok' in made || !made.isNew) return made;
      const rewrites = isSame
        ? packOps(ops)
        : diffRewrites({ before: system.graph, after: graphAfter(world.system.graph, ops) }, sha256);
      return (yield* writeAll(turn, made, rewrites)) ?? made;
    });
  });
  if (!created.isNew) await finishFork(open, turn, created, askPast);
  return created.event;
}

/** Carries out what a crash may have left of a fork that was made before, from the System that it was made of (B3). */
async function finishFork({ loop }: History, turn: Turn, created: Created, askPast: AskPast): Promise<void> {
  const ops = await readOps(askPast, { idx: created.event.idx, view: 'system' }, { idx: turn.idx, view: 'system' });
  const refusal = await loop.run(turn.principal, function* () {
    return yield* writeAll(turn, created, packOps(ops));
  });
  if (refusal !== undefined) throw new Failure(refusal.reason, refusal.place, refusal.detail);
}

/** The graph that ops of a difference lead to, whatever rules it was under. */
function graphAfter(graph: Graph, ops: readonly Op[]): Graph {
  const result = runRewrite(graph, ops, defaultRulePack(sha256), sha256);
  if (!result.ok) throw new Error(`a difference does not run where it was taken: ${result.reason} at ${result.place}`);
  return result.graph;
}

interface Turn extends TurnRequest {
  readonly verb: 'undo' | 'fork';
}

interface Created {
  readonly event: SwsCreated;
  /** Whether this very script has made it; else it was made by the same request before. */
  readonly isNew: boolean;
}

function* createWorkspace(turn: Turn, newest: () => World): Script<Created | Refusal> {
  const { size } = newest().history;
  const { principal, requestId, validUntil } = turn;
  const shared = { principal, requestId, validUntil, meta: notedMeta(turn) };
  const reply = yield { type: 'createWorkspace', ...shared, from: null };
  if ('ok' in reply) return reply;
  if (reply.kind !== 'SWS_CREATED') throw new Error(`a createWorkspace command wrote ${reply.kind}`);
  return { event: reply, isNew: reply.idx === size };
}

function* writeAll(turn: Turn, { event }: Created, rewrites: Iterable<readonly Op[]>): Script<Refusal | undefined> {
  const { principal } = turn;
  const { view } = event;
  let number = 0;
  for (const ops of rewrites) {
    number += 1;
    // What was begun in time is carried out.
    const shared = { principal, requestId: requestIdOf(turn, number), validUntil: null, meta: noteOf(turn) };
    const reply = yield { type: 'applyRewrite', ...shared, view, ops };
    if (!('ok' in reply)) continue;
    const reason = `${turn.verb} ${turn.idx}: ${reply.reason}`;
    // One that has ended already is left as it is.
    yield {
      type: 'discardWorkspace',
      principal,
      requestId: null,
      validUntil: null,
      meta: null,
      workspace: view,
      reason,
    };
    return { ...reply, place: '' };
  }
  return undefined;
}

/** What the events say of themselves: `{"undo": idx}` or `{"fork": idx}`. */
function noteOf({ verb, idx }: Turn): EncodedValue {
  return encodeValue(new Map([[verb, idx]]));
}

/** What the workspace says of itself: the request's `meta` and the note, which stands beside a `meta` that has no room for it. */
function notedMeta(turn: Turn): EncodedValue {
  const { verb, idx } = turn;
  if (turn.meta === null) return noteOf(turn);
  const meta = decodeValue(turn.meta, { nullAllowed: true });
  const hasRoom = meta instanceof Map && !meta.has(verb);
  return encodeValue(
    new Map<string, Value>([...(hasRoom ? meta : new Map<string, Value>([['meta', meta]])), [verb, idx]]),
  );
}

/** The id of the script's rewrite with this number, made of the request's own: `undo:<hash>:1`. */
function requestIdOf({ verb, requestId, idx }: Turn, number: number): string | null {
  if (requestId === null) return null;
  const hash = Buffer.from(sha256(Buffer.from(`${idx} ${requestId}`, 'utf8')), 'latin1').toString('hex');
  return `${verb}:${hash}:${number}`;
}

const REQUEST_ID_SIZE_MAX = 256;

/** What the kernel would say of it, which is given others made of it. */
function mustBeRequestId(requestId: string | null): void {
  const size = requestId === null ? 1 : Buffer.byteLength(requestId, 'utf8');
  if (size >= 1 && size <= REQUEST_ID_SIZE_MAX) return;
  const detail = `a request id has 1–${REQUEST_ID_SIZE_MAX} bytes of UTF-8`;
  throw new Failure('REQUEST_ID_INVALID', 'meta.requestId', detail);
}

function isRemembered(world: World, { principal, requestId }: Turn): boolean {
  if (requestId === null) return false;
  return trieGet(world.requests.requests, requestKey(principal, requestId, sha256)) !== undefined;
}

/** The ops that lead from one moment to another, read page by page. Throws `DIFF_TOO_LARGE`, and what `askPast` throws. */
async function readOps(askPast: AskPast, before: PastView, after: PastView): Promise<readonly Op[]> {
  const ops: Op[] = [];
  let sizeBytes = 0;
  let position: DiffPosition | null = null;
  for (let hasNext = true; hasNext;) {
    const steps: CutDiffPage<DiffStep> = await readSteps(askPast, before, after, position);
    for (const step of steps.entries) ops.push(...step.ops);
    sizeBytes += steps.sizeBytes;
    if (ops.length > OPS_MAX || sizeBytes > OPS_SIZE_BYTES_MAX) {
      const detail = `more than ${OPS_MAX} ops, or ${OPS_SIZE_BYTES_MAX} bytes of them, lie between the two moments`;
      throw new Failure('DIFF_TOO_LARGE', '', detail);
    }
    ({ hasNext, end: position } = steps);
  }
  return ops;
}

async function readSteps(
  askPast: AskPast,
  before: PastView,
  after: PastView,
  position: DiffPosition | null,
): Promise<CutDiffPage<DiffStep>> {
  const bounds = { sizeBytesMax: PAGE_SIZE_BYTES_MAX, wantsData: true };
  return await askPast(after, {
    ask: 'steps',
    before,
    page: { first: PAGE_STEPS, after: position, kinds: null, ...bounds },
  });
}

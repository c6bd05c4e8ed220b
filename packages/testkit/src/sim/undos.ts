/**
 * Clients that have collapses undone, and ask again until they are told: the daemon makes several commands of such a
 * request, one script, and a retry finds what a crash has left of it.
 */
import assert from 'node:assert/strict';
import { undoCollapse, type TurnRequest, type Undone } from '@jitos/daemon/engine/turn-back.ts';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import { REGISTRY } from '@jitos/daemon/errors/registry.ts';
import type { Event, RewriteApplied } from '@jitos/kernel';
import { oneIn, pick, present, type Dice } from '../world/dice.ts';
import type { HistoryModel } from './history-model.ts';
import type { SimWorld } from './sim-world.ts';

export interface Undo {
  readonly request: TurnRequest;
  /** Of the workspace's creation, as a reply has told it, whether that reached the client or not. */
  createdIdx: number | undefined;
  /** The client has an answer; until then it asks again. */
  isHeard: boolean;
}

export class Undos {
  readonly #model: HistoryModel;
  readonly #undos: Undo[] = [];

  constructor(model: HistoryModel) {
    this.#model = model;
  }

  /** Of some collapse into System; undefined before there is one. */
  make(dice: Dice, principals: readonly string[]): Undo | undefined {
    const collapses = this.#model.events.filter(({ event }) => isIntoSystem(event));
    if (collapses.length === 0) return undefined;
    // Of the newest ones as a rule: nothing was built upon them yet.
    const { idx } = pick(dice, oneIn(dice, 4) ? collapses : collapses.slice(-1)).event;
    const request = {
      idx,
      principal: pick(dice, principals),
      requestId: `undo ${this.#undos.length}`,
      validUntil: null,
      meta: null,
    };
    const undo: Undo = { request, createdIdx: undefined, isHeard: false };
    this.#undos.push(undo);
    return undo;
  }

  due(): readonly Undo[] {
    return this.#undos.filter(({ isHeard }) => !isHeard);
  }

  /** A reply leaves the daemon. Answers whether System was as the collapse had left it, so that all of it was undone. */
  noteReply(undo: Undo, undone: Undone): boolean {
    if (undone.type === 'offended') {
      assert.equal(undo.createdIdx, undefined, 'what was undone offends when it is asked for again');
      return false;
    }
    const { created } = undone;
    this.#model.checkReply(created);
    const isFirst = undo.createdIdx === undefined;
    assert.ok(isFirst || undo.createdIdx === created.idx, 'a retry made a second workspace');
    undo.createdIdx = created.idx;
    return isFirst && this.#checkUndone(undo, created.idx);
  }

  /** If System has not moved since, the workspace has the digest that it had before the collapse. */
  #checkUndone({ request: { idx } }: Undo, createdIdx: number): boolean {
    const { events } = this.#model;
    const eventAt = (at: number): Event => present(events[at]).event;
    for (let at = idx + 1; at < createdIdx; at++) if (movesSystem(eventAt(at))) return false;
    const collapse = eventAt(idx);
    const created = eventAt(createdIdx);
    assert.ok(collapse.kind === 'COLLAPSE' && created.kind === 'SWS_CREATED');
    // A crash may have come between them; whatever else was done to the workspace meanwhile leads elsewhere.
    const touches = events
      .slice(createdIdx + 1)
      .map(({ event }) => event)
      .filter((event) => isAbout(event, created.view));
    const lastIdx = touches.findLastIndex(isOfUndo);
    const rewrites = touches.slice(0, lastIdx + 1);
    if (!rewrites.every(isOfUndo)) return false;
    const digest = rewrites.at(-1)?.viewDigest ?? collapse.targetDigest;
    assert.equal(digest, collapse.theirs.digest, `the undo of event ${idx} leads elsewhere`);
    return true;
  }
}

function isAbout(event: Event, view: number): boolean {
  return event.view === view || ('target' in event && event.target === view);
}

function isOfUndo(event: Event): event is RewriteApplied {
  return event.kind === 'REWRITE_APPLIED' && event.cause.requestId?.startsWith('undo:') === true;
}

function isIntoSystem(event: Event): boolean {
  return event.kind === 'COLLAPSE' && event.mode !== null && event.target === null;
}

function movesSystem(event: Event): boolean {
  if (event.kind === 'COLLAPSE_BATCH') return event.target === null;
  return isIntoSystem(event) || event.kind === 'RULES_ACTIVATED';
}

/** The past is folded in turns of the process, however long that takes. */
export function sendUndo(open: Pick<SimWorld, 'log' | 'loop' | 'past'>, { request }: Undo): Promise<Undone> {
  return undoCollapse(open, request, (view, question) => open.past.ask(view, question, Infinity));
}

/** Whether asking again is of no use, or would be only if somebody ended a workspace, which nobody may ever do. */
export function isFinal(error: unknown): boolean {
  if (!(error instanceof Failure)) throw error;
  return REGISTRY[error.reason].retry === 'never' || error.reason === 'WORKSPACES_TOO_MANY';
}

/**
 * What clients asked for and what became of it: an order is a command, submitted once or again and again until somebody
 * knows.
 */
import assert from 'node:assert/strict';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import { REGISTRY } from '@jitos/daemon/errors/registry.ts';
import type { Reply } from '@jitos/daemon/engine/world-loop.ts';
import { encodeValue, type Command, type EncodedValue, type Event } from '@jitos/kernel';

export interface Order {
  readonly command: Command;
  isSent: boolean;
  /** Attempts that reached the daemon, and that it has not answered yet. */
  pending: number;
  /** Attempts of a life that ended before it answered: their event may be there or not. */
  lost: number;
  /** Of the event that a reply has told, whether it reached the client or not. */
  answeredIdx: number | undefined;
  /** The client has an answer; until then it asks again. */
  isHeard: boolean;
}

/** An order's command as it is handed to the loop. */
export interface Sent {
  readonly order: Order;
  readonly command: Command;
}

/** The kinds of events that a command may write. */
export const KINDS_OF: Readonly<Record<Command['type'], readonly Event['kind'][]>> = {
  createWorkspace: ['SWS_CREATED'],
  applyRewrite: ['REWRITE_APPLIED'],
  collapseWorkspace: ['COLLAPSE'],
  collapseBatch: ['COLLAPSE_BATCH'],
  rebaseWorkspace: ['REBASE'],
  discardWorkspace: ['DISCARD'],
  recordCheckpoint: ['CHECKPOINT'],
  advanceClock: ['TICK'],
  changeSigningKey: ['SIGNING_KEY_CHANGED'],
  changeSettings: ['SETTINGS_CHANGED'],
  proposeRules: ['RULES_PROPOSED'],
  checkRules: ['RULES_CHECKED', 'RULES_ACTIVATED', 'RULES_REFUSED'],
  withdrawRules: ['RULES_WITHDRAWN'],
  expireWorkspace: ['DISCARD'],
  addGrant: ['GRANT_ADDED'],
  revokeGrant: ['GRANT_REVOKED'],
};

/** Their events have no place for a meta. */
const MARKLESS = ['recordCheckpoint', 'advanceClock', 'changeSigningKey', 'checkRules'] as const;

function canBeMarked(command: Command): command is Exclude<Command, { readonly type: (typeof MARKLESS)[number] }> {
  const types: readonly Command['type'][] = MARKLESS;
  return !types.includes(command.type);
}

export class OrderBook {
  readonly #orders = new Map<Command, Order>();
  /** Orders with a request id carry a meta of their own: it tells their event whatever became of the id. */
  readonly #byMark = new Map<EncodedValue, Order>();
  readonly #eventIdxByMark = new Map<EncodedValue, number>();

  get size(): number {
    return this.#orders.size;
  }

  /** The order of this very command; a new one gets a mark if it can be asked for again. */
  orderOf(command: Command): Order {
    const known = this.#orders.get(command);
    if (known !== undefined) return known;
    const marked = this.#mark(command);
    const counts = { pending: 0, lost: 0, answeredIdx: undefined };
    const order: Order = { command: marked, isSent: false, ...counts, isHeard: false };
    this.#orders.set(marked, order);
    if (marked.meta !== null && marked.requestId !== null) this.#byMark.set(marked.meta, order);
    return order;
  }

  #mark(command: Command): Command {
    if (command.requestId === null || !canBeMarked(command)) return command;
    return { ...command, meta: encodeValue(new Map([['mark', this.#orders.size]])) };
  }

  /** Orders to ask for again: those whose repeat can be told from another command. */
  due(): Order[] {
    return [...this.#orders.values()].filter((each) => each.isSent && !each.isHeard && each.command.requestId !== null);
  }

  /** Every event of the history passes here once. */
  noteEvent(event: Event): void {
    if (!('meta' in event) || event.meta === null || !this.#byMark.has(event.meta)) return;
    const before = this.#eventIdxByMark.get(event.meta);
    assert.equal(before, undefined, `a retry acted twice: events ${before} and ${event.idx}`);
    this.#eventIdxByMark.set(event.meta, event.idx);
  }

  /** An event that nobody was told of may be there only if somebody waited for it when the process died. */
  checkUnacknowledged(event: Event): void {
    if (!('meta' in event) || event.meta === null) return;
    const order = this.#byMark.get(event.meta);
    if (order === undefined) return;
    assert.ok(order.lost > 0, `event ${event.idx} is there although its command was refused`);
  }

  /** The world is open again, and what it holds is known. */
  forgetLost(): void {
    for (const order of this.#orders.values()) order.lost = 0;
  }

  endLife(): void {
    for (const order of this.#orders.values()) {
      order.lost += order.pending;
      order.pending = 0;
    }
  }
}

/**
 * A reply leaves the daemon. An event is the one that the command asks for, and a retry's is the one that was told
 * before. `sent` is the command as it reached the loop.
 */
export function noteReply(order: Order, sent: Command, reply: Reply): void {
  order.pending -= 1;
  const { command } = order;
  const isTold = command.requestId !== null && order.answeredIdx !== undefined;
  if (!('kind' in reply)) {
    assert.ok(!isTold, `what was carried out at ${order.answeredIdx} is refused when it is asked for again`);
    return;
  }
  const { principal, requestId } = reply.cause;
  assert.deepEqual([principal, requestId], [sent.principal, sent.requestId], 'the reply is to another command');
  assert.ok(KINDS_OF[command.type].includes(reply.kind), `a ${command.type} command wrote ${reply.kind}`);
  if (command.type === 'applyRewrite') {
    assert.equal(reply.view, command.view, 'the rewrite went to another view');
  } else if ('workspace' in command) {
    assert.equal(reply.view, command.workspace, 'another workspace came to its end');
  }
  if (isTold) assert.equal(reply.idx, order.answeredIdx, 'a retry acted twice');
  order.answeredIdx = reply.idx;
}

/** A reply reaches the client; of several the last to leave may be the first to come. */
export function noteAnswer(order: Order, reply: Reply): void {
  order.isHeard = true;
  if (order.command.requestId === null || !('kind' in reply)) return;
  assert.equal(reply.idx, order.answeredIdx, 'a client was told of two events');
}

/** A failure that is to be retried wrote nothing; after any other nobody knows. */
export function noteFailure(order: Order, error: unknown): string {
  if (!(error instanceof Failure)) throw error;
  order.pending -= 1;
  if (REGISTRY[error.reason].retry === 'never') order.lost += 1;
  return error.reason;
}

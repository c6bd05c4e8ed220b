/**
 * Clients and what passes between them and the daemon: commands on their way there, answers on their way back, and the
 * laws that both have to keep. A client that has heard nothing asks again, in the same words, whenever it likes.
 */
import assert from 'node:assert/strict';
import type { Reply } from '@jitos/daemon/engine/world-loop.ts';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import { getWorkspace, type Command, type World } from '@jitos/kernel';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import { generateCommand, SMALL_PLAYGROUND, type Playground } from '../world/generate-commands.ts';
import { KEY_NAMES } from '../world/generate-grants.ts';
import { testPrincipal } from '../world/make-ops.ts';
import { generateRange } from '../world/generate-footprints.ts';
import type { HistoryModel } from './history-model.ts';
import { Network } from './network.ts';
import { noteAnswer, noteFailure, noteReply, OrderBook, type Order, type Sent } from './orders.ts';
import type { NotedReads, ReadsThen } from './noted-reads.ts';
import { mayGather, sendCommands } from './send-commands.ts';
import type { SimWorld } from './sim-world.ts';
import type { Trace } from './trace.ts';
import { isFinal, sendUndo, Undos, type Undo } from './undos.ts';

const CLIENT_COUNT: number = KEY_NAMES.length;
/** Skewed keys, shared by all clients. */
const SMALL: Playground = { ...SMALL_PLAYGROUND, workspacesMax: 8 };
/** Rewrites that fill a good part of a segment. */
const BIG: Playground = { ...SMALL_PLAYGROUND, workspacesMax: 8, opsMax: 40, keyCount: 30 };
const RULED: Playground = { ...SMALL, hasRules: true };
/** Each client speaks for the operator, and for a key. */
const GRANTED: Playground = { ...SMALL, hasGrants: true };
const MANY_WORKSPACES: Playground = { ...SMALL_PLAYGROUND, workspacesMax: 60, workspacesMin: 40 };

const SERIALIZABLE = 4;

interface Client {
  readonly principals: readonly string[];
  readonly past: Command[];
}

/** The process as a message finds it. */
export interface Server {
  readonly lifeNumber: number;
  readonly open: SimWorld;
  readonly reads: NotedReads;
  /** What was read when a command came that its footprint is gathered for. */
  readonly readsThen: Map<Order, ReadsThen>;
  readonly isClosing: () => boolean;
  /** What a process does after it died is nobody's business. */
  readonly ifAlive: (act: () => void) => void;
  /** By principal, the last answer to a command that came for the first time: what is decided first is answered first. */
  readonly lastAnswers: Map<string, { readonly idx: number; readonly attempt: number }>;
}

export interface TrafficParts {
  readonly dice: Dice;
  readonly trace: Trace;
  readonly model: HistoryModel;
  /** What becomes of a command on its way to the loop: `attempt` is the how manieth to arrive. */
  readonly changeCommand: (command: Command, life: number, attempt: number) => Command;
}

export class Traffic {
  readonly orders: OrderBook = new OrderBook();
  readonly #parts: TrafficParts;
  readonly #network: Network<Server>;
  readonly #clients: readonly Client[];
  readonly #undos: Undos;
  /** Orders that the daemon has met. */
  readonly #known = new Set<Order>();
  /** Of most commands of the run. */
  readonly #playground: Playground;
  #attemptCount = 0;

  constructor(parts: TrafficParts) {
    this.#parts = parts;
    this.#playground = pick(parts.dice, [MANY_WORKSPACES, RULED, GRANTED, SMALL, SMALL, SMALL, SMALL, SMALL]);
    this.#network = new Network(parts.dice, parts.trace);
    this.#undos = new Undos(parts.model);
    this.#clients = Array.from({ length: CLIENT_COUNT }, (_, i) => ({
      principals: [`a${i}`, this.#playground.hasGrants ? testPrincipal(KEY_NAMES[i]!) : `b${i}`],
      past: [],
    }));
  }

  /** Whether nothing is under way. */
  get isQuiet(): boolean {
    return this.#network.isEmpty;
  }

  /** No message is lost, repeated, kept back or overtaken any more. */
  calm(): void {
    this.#network.calm();
  }

  deliver(server: Server): void {
    this.#network.deliver(server);
  }

  /** A client makes commands, looking at `world`, and sends them. Answers how many: `countMax` at most. */
  speak(world: World, server: Server | undefined, countMax: number): number {
    const { dice } = this.#parts;
    const client = pick(dice, this.#clients);
    const undo = oneIn(dice, 3) ? this.#undos.make(dice, client.principals) : undefined;
    if (undo !== undefined) this.#sendUndo(undo);
    const count = Math.min(countMax, oneIn(dice, 8) ? 8 + dice.below(16) : 1 + dice.below(4));
    const playground = { ...(oneIn(dice, 12) ? BIG : this.#playground), principals: client.principals };
    const orders = Array.from({ length: count }, () => {
      const order = this.orders.orderOf(this.#makeCommand(world, client, playground));
      client.past.push(order.command);
      if (server !== undefined && oneIn(dice, 2)) this.#readFor(order.command, server);
      return order;
    });
    // Whose footprint is gathered comes by itself, as do its retries.
    if (oneIn(dice, 5) && !orders.some(({ command }) => mayGather(command))) this.#send(orders);
    else for (const order of orders) this.#send([order]);
    return count;
  }

  #makeCommand(world: World, { past }: Client, playground: Playground): Command {
    const { dice } = this.#parts;
    const command = generateCommand(dice, world, past, playground);
    if (past.includes(command) || !('footprint' in command)) return command;
    const isSerializable = oneIn(dice, 3) || command.policyId === SERIALIZABLE;
    // What was read is left to the daemon to know, as a rule.
    return isSerializable && !oneIn(dice, 6) ? { ...command, policyId: SERIALIZABLE, footprint: null } : command;
  }

  /** A client is answered what it reads of the workspace that a command is about. */
  #readFor(command: Command, { open, reads }: Server): void {
    const number = 'workspace' in command ? command.workspace : 'view' in command ? command.view : 'system';
    const workspace = number === 'system' ? undefined : getWorkspace(open.loop.world, number);
    if (workspace === undefined) return;
    const { dice } = this.#parts;
    const ranges = Array.from({ length: 1 + dice.below(3) }, () => generateRange(dice, [workspace.base.graph]));
    open.reads.note(workspace, ranges);
    reads.note(workspace, ranges);
  }

  /** Some of what was not answered is asked for again, whether the first attempt is still under way or not. */
  askAgain(): void {
    const { dice } = this.#parts;
    for (const order of this.orders.due()) if (oneIn(dice, 4)) this.#send([order]);
    for (const undo of this.#undos.due()) if (oneIn(dice, 4)) this.#sendUndo(undo);
  }

  askForAll(): void {
    for (const order of this.orders.due()) this.#send([order]);
    for (const undo of this.#undos.due()) this.#sendUndo(undo);
  }

  /** What nobody has told its client of yet. */
  due(): readonly unknown[] {
    return [...this.orders.due(), ...this.#undos.due()];
  }

  #sendUndo(undo: Undo): void {
    const { idx, requestId } = undo.request;
    const deliver = (server: Server): void => this.#arriveUndo(undo, server);
    this.#network.send({ label: `undoCollapse ${idx} ${requestId}`, mayRepeat: true, deliver });
  }

  #arriveUndo(undo: Undo, server: Server): void {
    const { trace } = this.#parts;
    const hear = (label: string): void => {
      this.#network.send({ label: `answer: ${label}`, mayRepeat: true, deliver: () => void (undo.isHeard = true) });
    };
    sendUndo(server.open, undo).then(
      (undone) =>
        server.ifAlive(() => {
          if (this.#undos.noteReply(undo, undone)) trace.hold('an undo while System stays');
          hear(undone.type);
        }),
      (error: unknown) =>
        server.ifAlive(() => {
          const late = server.isClosing() ? lateFailure(error) : error;
          const isOver = isFinal(late);
          trace.add(`${undo.request.requestId} failed: ${String(late)}`);
          if (isOver) hear('a failure');
        }),
    );
  }

  #send(orders: readonly Order[]): void {
    for (const order of orders) order.isSent = true;
    const label = orders.map(({ command: { type, requestId } }) => `${type} ${requestId}`).join(', ');
    const mayRepeat = orders.every(({ command: { requestId } }) => requestId !== null);
    this.#network.send({ label, mayRepeat, deliver: (server) => this.#arrive(orders, server) });
  }

  /** Submits a command, or several as a script, whose replies come together. */
  #arrive(orders: readonly Order[], server: Server): void {
    const { changeCommand, trace } = this.#parts;
    const attempt = this.#attemptCount++;
    const isFirst = orders.length === 1 && !this.#known.has(orders[0]!);
    const sent = orders.map((order): Sent => {
      order.pending += 1;
      this.#known.add(order);
      return { order, command: changeCommand(order.command, server.lifeNumber, attempt) };
    });
    trace.add(`attempt ${attempt}`);
    const commands = sent.map(({ command }) => command);
    const [first] = sent;
    if (first !== undefined && mayGather(first.command) && !server.readsThen.has(first.order)) {
      const { history } = server.open.loop.world;
      server.readsThen.set(first.order, server.reads.now(first.command.workspace, history.size));
    }
    sendCommands(server.open, commands).then(
      (replies) => server.ifAlive(() => this.#answer(sent, replies, server, isFirst ? attempt : undefined)),
      (error: unknown) =>
        server.ifAlive(() => this.#fail(sent, attempt, server.isClosing() ? lateFailure(error) : error)),
    );
  }

  /** Replies leave the daemon, together. */
  #answer(sent: readonly Sent[], replies: readonly Reply[], server: Server, firstAttempt: number | undefined): void {
    const { model, trace } = this.#parts;
    const line = sent[0]!.command.principal; // one at least; a script stands in the line of its first
    for (const [i, { order, command }] of sent.entries()) {
      const reply = replies[i]!;
      noteReply(order, command, reply);
      trace.add(`reply: ${describeReply(reply)}`);
      if (!('kind' in reply)) continue;
      trace.reply(reply.kind);
      model.checkReply(reply);
      const readsThen = server.readsThen.get(order);
      if (readsThen !== undefined && (reply.kind === 'COLLAPSE' || reply.kind === 'REBASE')) {
        if (server.reads.check(readsThen, reply)) trace.hold('a gathered footprint');
      }
      const last = server.lastAnswers.get(line) ?? { idx: -1, attempt: -1 };
      if (firstAttempt === undefined || reply.idx < last.idx) continue;
      assert.ok(firstAttempt > last.attempt, 'commands of a principal are decided in the order of their submission');
      server.lastAnswers.set(line, { idx: reply.idx, attempt: firstAttempt });
    }
    const label = `answer: ${replies.map(describeReply).join(', ')}`;
    this.#network.send({ label, mayRepeat: true, deliver: () => this.#hear(sent, replies) });
  }

  /** What a client hears is history, however late it comes. */
  #hear(sent: readonly Sent[], replies: readonly Reply[]): void {
    for (const [i, { order }] of sent.entries()) {
      const reply = replies[i]!;
      noteAnswer(order, reply);
      if ('kind' in reply) this.#parts.model.checkReply(reply);
    }
  }

  /** A client that is told of a failure knows no more than one that hears nothing. */
  #fail(sent: readonly Sent[], attempt: number, error: unknown): void {
    for (const { order } of sent) this.#parts.trace.add(`attempt ${attempt} failed: ${noteFailure(order, error)}`);
  }
}

/** A retry that asks the log what it had read finds it closed: the servers that stay outside are drained before. */
function lateFailure(error: unknown): unknown {
  return error instanceof Failure ? error : new Failure('INTERRUPTED', '', String(error));
}

function describeReply(reply: Reply): string {
  return 'kind' in reply ? `${reply.kind} ${reply.idx}` : reply.reason;
}

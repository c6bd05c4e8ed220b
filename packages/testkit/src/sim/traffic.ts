/**
 * Clients and what passes between them and the daemon: commands on their way there, answers on their way back, and the
 * laws that both have to keep. A client that has heard nothing asks again, in the same words, whenever it likes.
 */
import assert from 'node:assert/strict';
import type { Reply, WorldLoop } from '@jitos/daemon/engine/world-loop.ts';
import type { Command, World } from '@jitos/kernel';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import { generateCommand, SMALL_PLAYGROUND, type Playground } from '../world/generate-commands.ts';
import type { HistoryModel } from './history-model.ts';
import { Network } from './network.ts';
import { noteAnswer, noteFailure, noteReply, OrderBook, type Order, type Sent } from './orders.ts';
import { sendCommands } from './send-commands.ts';
import type { Trace } from './trace.ts';

const CLIENT_COUNT = 3;
/** Skewed keys, shared by all clients. */
const SMALL: Playground = { ...SMALL_PLAYGROUND, workspacesMax: 8 };
/** Rewrites that fill a good part of a segment. */
const BIG: Playground = { ...SMALL_PLAYGROUND, workspacesMax: 8, opsMax: 40, keyCount: 30 };
const RULED: Playground = { ...SMALL, hasRules: true };
const MANY_WORKSPACES: Playground = { ...SMALL_PLAYGROUND, workspacesMax: 60, workspacesMin: 40 };

interface Client {
  readonly principals: readonly string[];
  readonly past: Command[];
}

/** The process as a message finds it. */
export interface Server {
  readonly lifeNumber: number;
  readonly loop: WorldLoop;
  /** What a process does after it died is nobody's business. */
  readonly ifAlive: (act: () => void) => void;
  /** The last answer to a command that came for the first time: those that are decided first are answered first. */
  lastAnswer: { readonly idx: number; readonly attempt: number };
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
  /** Orders that the daemon has met. */
  readonly #known = new Set<Order>();
  /** Of most commands of the run. */
  readonly #playground: Playground;
  #attemptCount = 0;

  constructor(parts: TrafficParts) {
    this.#parts = parts;
    this.#playground = pick(parts.dice, [MANY_WORKSPACES, RULED, SMALL, SMALL, SMALL, SMALL, SMALL, SMALL]);
    this.#network = new Network(parts.dice, parts.trace);
    this.#clients = Array.from({ length: CLIENT_COUNT }, (_, i) => ({
      principals: [`a${i}`, `b${i}`],
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
  speak(world: World, countMax: number): number {
    const { dice } = this.#parts;
    const client = pick(dice, this.#clients);
    const count = Math.min(countMax, oneIn(dice, 8) ? 8 + dice.below(16) : 1 + dice.below(4));
    const playground = { ...(oneIn(dice, 12) ? BIG : this.#playground), principals: client.principals };
    const orders = Array.from({ length: count }, () => {
      const order = this.orders.orderOf(generateCommand(dice, world, client.past, playground));
      client.past.push(order.command);
      return order;
    });
    if (oneIn(dice, 5)) this.#send(orders);
    else for (const order of orders) this.#send([order]);
    return count;
  }

  /** Some of what was not answered is asked for again, whether the first attempt is still under way or not. */
  askAgain(): void {
    for (const order of this.orders.due()) if (oneIn(this.#parts.dice, 4)) this.#send([order]);
  }

  askForAll(): void {
    for (const order of this.orders.due()) this.#send([order]);
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
    sendCommands(server.loop, commands).then(
      (replies) => server.ifAlive(() => this.#answer(sent, replies, server, isFirst ? attempt : undefined)),
      (error: unknown) => server.ifAlive(() => this.#fail(sent, attempt, error)),
    );
  }

  /** Replies leave the daemon, together. */
  #answer(sent: readonly Sent[], replies: readonly Reply[], server: Server, firstAttempt: number | undefined): void {
    const { model, trace } = this.#parts;
    for (const [i, { order, command }] of sent.entries()) {
      const reply = replies[i]!;
      noteReply(order, command, reply);
      trace.add(`reply: ${describeReply(reply)}`);
      if (!('kind' in reply)) continue;
      trace.reply(reply.kind);
      model.checkReply(reply);
      if (firstAttempt === undefined || reply.idx < server.lastAnswer.idx) continue;
      assert.ok(firstAttempt > server.lastAnswer.attempt, 'commands are decided in the order of their submission');
      server.lastAnswer = { idx: reply.idx, attempt: firstAttempt };
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

function describeReply(reply: Reply): string {
  return 'kind' in reply ? `${reply.kind} ${reply.idx}` : reply.reason;
}

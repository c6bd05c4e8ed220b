/**
 * The simulator: one world, its clients, and everything that can go wrong beneath them, all from one seed.
 *
 * The engine is the real one; its disk, its clock and its turns are the simulation's (`sim-world.ts`). A step takes one
 * task off the process's agenda, or lets a client speak, or lets a fault strike; then everything that follows at once
 * runs, until nothing is left but what waits on the agenda. So the order of all that happens comes from the seed alone:
 * a run can be cut short or run again, and each run with fewer commands begins as the longer one does.
 *
 * Processes die between any two tasks, and at any operation of the disk. The laws are checked as replies and commits
 * arrive, and in full each time that the world is opened (`world-laws.ts`).
 */
import assert from 'node:assert/strict';
import { CHECKPOINT_CADENCE } from '@jitos/daemon/engine/checkpointer.ts';
import type { Committed, Reply } from '@jitos/daemon/engine/world-loop.ts';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import { errnoOf } from '@jitos/daemon/ports/disk.ts';
import type { Command } from '@jitos/kernel';
import { faultyDisk, type DiskFault, type DiskOperation } from '../disk/faulty-disk.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { openOrCreateLog } from '../engine/disk-world.ts';
import { createRandom } from '../git/random.ts';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import { generateCommand, SMALL_PLAYGROUND, type Playground } from '../world/generate-commands.ts';
import { Agenda } from './agenda.ts';
import { damageDerived } from './damage-derived.ts';
import { heldDisk, type DiskHold } from './held-disk.ts';
import { HistoryModel } from './history-model.ts';
import { noteFailure, noteReply, OrderBook, type Order, type Sent } from './orders.ts';
import { sendCommands } from './send-commands.ts';
import { openSimWorld, type SimWorld, type Wrapping } from './sim-world.ts';
import { Trace } from './trace.ts';
import { checkLogRot, checkOpened, checkRepaired } from './world-laws.ts';

export interface SimOptions {
  readonly seed: number;
  /** That clients make, all together; retries come on top. */
  readonly commandCount: number;
  readonly wrapping?: Wrapping;
}

export interface SimRun {
  readonly trace: Trace;
  readonly eventCount: number;
  /** The law that was broken, as an error that says which; undefined if all held. */
  readonly broken: unknown;
}

/** Runs until the commands are used up and all is answered, or a law is broken. */
export async function simulate(options: SimOptions): Promise<SimRun> {
  const simulation = new Simulation(options);
  let broken: unknown;
  try {
    await simulation.run();
  } catch (error) {
    broken = error;
    simulation.trace.add(`broken: ${error instanceof Error ? error.message : String(error)}`);
  }
  return { trace: simulation.trace, eventCount: simulation.model.length, broken };
}

const CLIENT_COUNT = 3;
/** Skewed keys, shared by all clients; and the same with rewrites that fill a good part of a segment. */
const PLAYGROUNDS: readonly Playground[] = [
  { ...SMALL_PLAYGROUND, workspacesMax: 8 },
  { ...SMALL_PLAYGROUND, opsMax: 40, keyCount: 30 },
];
/** Some reads fail, some writes, some syncs: one operation in this many, while a disk is bad. */
const BAD_DISK_ODDS = 12;
/** Steps without end mean that something waits for ever. */
const STEPS_MAX = 50_000;

interface Client {
  readonly principals: readonly string[];
  readonly past: Command[];
}

/** One process, from its start to its end. */
interface Life {
  readonly number: number;
  readonly hold: DiskHold;
  world: SimWorld | undefined;
  /** Why it could not be opened. */
  error: unknown;
  isChecked: boolean;
  isClosing: boolean;
  isClosed: boolean;
  /** While set, operations of the disk fail now and then. */
  isDiskBad: boolean;
  /** Something failed that excuses what failed after it. */
  isExcused: boolean;
  /** The last first answer: those that are decided first are answered first. */
  lastAnswer: { readonly idx: number; readonly attempt: number };
}

class Simulation {
  readonly trace: Trace = new Trace();
  readonly model: HistoryModel = new HistoryModel();
  readonly #options: SimOptions;
  readonly #dice: Dice;
  readonly #orders = new OrderBook();
  readonly #attempts = new Map<Order, number>();
  readonly #clients: readonly Client[];
  readonly #bentCheckpoints = new Set<number>();
  #memory = new MemoryDisk();
  #life: Life | undefined;
  #lifeCount = 0;
  #attemptCount = 0;
  #commandsLeft: number;
  #stepCount = 0;
  #broken: { readonly error: unknown } | undefined;

  constructor(options: SimOptions) {
    this.#options = options;
    this.#dice = createRandom(Math.imul(options.seed, 0x9e3779b1) ^ 0x5bd1e995);
    this.#commandsLeft = options.commandCount;
    this.#clients = Array.from({ length: CLIENT_COUNT }, (_, i) => ({ principals: [`a${i}`, `b${i}`], past: [] }));
  }

  async run(): Promise<void> {
    while (this.#commandsLeft > 0) await this.#step((life, world) => this.#actOnOpen(life, world));
    await this.#finish();
  }

  /** Everybody gets an answer; then the world is opened twice more, as whoever died and whoever closed left it. */
  async #finish(): Promise<void> {
    this.#memory.capacityBytes = Infinity;
    this.#memory.powerCutAt = Infinity;
    if (this.#life !== undefined) this.#crash(oneIn(this.#dice, 2) ? 'power cut' : 'process death');
    for (let left = 2; left > 0; left--) {
      const ending = { isAsked: false, isOver: false };
      while (!ending.isOver) await this.#step((life, world) => this.#actAtEnd(ending, life, world));
      assert.deepEqual(this.#orders.due(), [], 'a retry was never answered');
      this.#endLife();
    }
  }

  /** Asks for all that is due, sees it answered, and closes. */
  #actAtEnd(ending: { isAsked: boolean; isOver: boolean }, life: Life, world: SimWorld): void {
    if (!ending.isAsked) for (const order of this.#orders.due()) this.#attempt([order], life, world);
    ending.isAsked = true;
    if (!life.hold.agenda.isEmpty) return this.#takeTask(life);
    if (!life.isClosing) return this.#close(life, world);
    ending.isOver = life.isClosed;
    assert.ok(ending.isOver, 'the world waits for something that never comes');
  }

  async #step(actOnOpen: (life: Life, world: SimWorld) => void | Promise<void>): Promise<void> {
    assert.ok(++this.#stepCount < STEPS_MAX, 'the simulation gets nowhere');
    const life = this.#life;
    if (life === undefined) this.#start();
    else if (this.#memory.operationCount > this.#memory.powerCutAt) this.#crashInOperation();
    else if (life.error !== undefined) this.#failedToOpen(life);
    else if (life.world === undefined) this.#actOnOpening(life);
    else if (!life.isChecked) await this.#check(life, life.world);
    else if (life.world.loop.failure !== undefined && !life.isClosing) this.#stopDead(life, life.world);
    else await actOnOpen(life, life.world);
    await settle();
    if (this.#broken !== undefined) throw this.#broken.error;
  }

  #actOnOpening(life: Life): void {
    assert.ok(!life.hold.agenda.isEmpty, 'opening the world never ends');
    if (this.#commandsLeft > 0 && oneIn(this.#dice, 50)) this.#crash(pick(this.#dice, ['power cut', 'process death']));
    else this.#takeTask(life);
  }

  async #actOnOpen(life: Life, world: SimWorld): Promise<void> {
    if (life.isClosed) return this.#endLife();
    const die = this.#dice.below(100);
    if (life.isClosing && life.hold.agenda.isEmpty) assert.fail('closing the world never ends');
    if ((die < 50 || life.isClosing) && !life.hold.agenda.isEmpty) return this.#takeTask(life);
    if (life.isClosing) return;
    if (die < 88) return this.#speak(life, world);
    if (die < 94) return this.#askAgain(life, world);
    await this.#strike(life, world);
  }

  #takeTask({ hold }: Life): void {
    const task = hold.agenda.take(this.#dice);
    if (task === undefined) return;
    this.trace.add(`task: ${task.label}`);
    task.run();
  }

  #start(): void {
    const { wrapping = {} } = this.#options;
    const isCalm = this.#commandsLeft <= 0;
    if (!isCalm && this.#lifeCount > 0 && oneIn(this.#dice, 3)) {
      const bentIdx = damageDerived(this.#memory, this.#dice, this.trace);
      if (bentIdx !== undefined) this.#bentCheckpoints.add(bentIdx);
    }
    const isSlow = !isCalm && oneIn(this.#dice, 3);
    if (isSlow) this.trace.strike('slow disk');
    const hold: DiskHold = { agenda: new Agenda(isSlow), isOpen: false, isDead: false };
    const life: Life = {
      number: this.#lifeCount++,
      hold,
      world: undefined,
      error: undefined,
      isChecked: false,
      isClosing: false,
      isClosed: false,
      isDiskBad: !isCalm && oneIn(this.#dice, 10),
      isExcused: false,
      lastAnswer: { idx: -1, attempt: -1 },
    };
    this.#life = life;
    const faulty = faultyDisk(this.#memory, (operation) => this.#faultOf(life, operation));
    const disk = heldDisk(wrapping.disk?.(faulty) ?? faulty, this.#memory, hold);
    const sync = pick(this.#dice, ['inline', 'async'] as const);
    const cadence = oneIn(this.#dice, 4) ? CHECKPOINT_CADENCE : { events: 3 + this.#dice.below(12), sizeBytes: 40_000 };
    this.trace.add(`life ${life.number}: ${sync}, a checkpoint every ${cadence.events} events`);
    void openSimWorld({
      disk,
      sync,
      cadence,
      wrapping,
      nextTurn: (turn) => hold.agenda.add({ label: 'turn', isSlow: false, run: turn }),
      onSkipped: (idx, why) => this.#ifAlive(life, () => this.#noteSkipped(life, idx, why)),
      onFailure: (error) => this.#ifAlive(life, () => this.#noteCheckpointFailure(life, error)),
    }).then(
      (world) => this.#ifAlive(life, () => (life.world = world)),
      (error: unknown) => this.#ifAlive(life, () => (life.error = error)),
    );
  }

  /** What a process does after it died is nobody's business. */
  #ifAlive(life: Life, act: () => void): void {
    if (this.#life !== life) return;
    try {
      act();
    } catch (error) {
      this.#broken ??= { error };
    }
  }

  #faultOf(life: Life, { verb, path, sizeBytes = 0 }: DiskOperation): DiskFault | undefined {
    if (!life.isDiskBad || life.hold.isOpen || !oneIn(this.#dice, BAD_DISK_ODDS)) return undefined;
    if (verb !== 'read' && verb !== 'write' && verb !== 'sync') return undefined;
    life.isExcused = true;
    life.isDiskBad = !oneIn(this.#dice, 3);
    this.trace.strike(`failed ${verb}`, path);
    const isFull = verb === 'write' && oneIn(this.#dice, 2);
    return { code: isFull ? 'ENOSPC' : 'EIO', writtenBytes: this.#dice.below(sizeBytes + 1) };
  }

  #noteSkipped(life: Life, idx: number, why: string): void {
    this.trace.add(`checkpoint ${idx} is of no use: ${why}`);
    const isExcused = this.#bentCheckpoints.has(idx) || life.isExcused;
    assert.ok(isExcused, `checkpoint ${idx}, which nothing happened to, is of no use: ${why}`);
  }

  #noteCheckpointFailure(life: Life, error: unknown): void {
    this.trace.add(`a checkpoint could not be written: ${describeError(error)}`);
    // A client's own `CHECKPOINT` in the same batch comes between: the next one is due as if this had been written.
    const isOvertaken = error instanceof Error && error.message === 'the loop did not record the checkpoint';
    assert.ok(
      isOvertaken || life.isExcused || this.#isShortOfRoom(),
      `a checkpoint could not be written: ${describeError(error)}`,
    );
  }

  #isShortOfRoom(): boolean {
    return this.#memory.capacityBytes !== Infinity || this.#memory.powerCutAt !== Infinity;
  }

  #failedToOpen(life: Life): void {
    this.trace.add(`not opened: ${describeError(life.error)}`);
    assert.ok(life.isExcused || this.#isShortOfRoom(), `the world can't be opened: ${describeError(life.error)}`);
    this.#memory.capacityBytes = Infinity;
    this.#crash('process death');
  }

  /** The world is open again: all of it is looked at, with the disk standing still. */
  async #check(life: Life, world: SimWorld): Promise<void> {
    life.hold.isOpen = true;
    const opened = await checkOpened(world, this.model, (event) => this.#orders.checkUnacknowledged(event), {
      isThorough: oneIn(this.#dice, 4),
    });
    for (const event of opened.found) this.#orders.noteEvent(event);
    this.#orders.forgetLost();
    if (oneIn(this.#dice, 4)) await checkRepaired(this.#memory.clone(), this.model.length);
    life.hold.isOpen = false;
    life.isChecked = true;
    this.trace.add(`opened: ${this.model.length} events, ${opened.found.length} new, ${opened.digest}`);
    world.loop.subscribe((committed) => this.#ifAlive(life, () => this.#noteCommit(committed)));
  }

  #noteCommit({ events, world }: Committed): void {
    for (const encoded of events) {
      this.model.take(encoded);
      this.#orders.noteEvent(encoded.event);
    }
    assert.equal(world.history.size, this.model.length, 'the visible world is that of the events that are durable');
    this.trace.add(`durable: ${this.model.length}`);
  }

  #speak(life: Life, world: SimWorld): void {
    const client = pick(this.#dice, this.#clients);
    const count = oneIn(this.#dice, 8) ? 8 + this.#dice.below(16) : 1 + this.#dice.below(4);
    const playground = {
      ...(oneIn(this.#dice, 10) ? PLAYGROUNDS[1]! : PLAYGROUNDS[0]!),
      principals: client.principals,
    };
    const orders = Array.from({ length: Math.min(count, this.#commandsLeft) }, () => {
      const order = this.#orders.orderOf(generateCommand(this.#dice, world.loop.world, client.past, playground));
      client.past.push(order.command);
      return order;
    });
    this.#commandsLeft -= orders.length;
    if (oneIn(this.#dice, 5)) this.#attempt(orders, life, world);
    else for (const order of orders) this.#attempt([order], life, world);
  }

  #askAgain(life: Life, world: SimWorld): void {
    for (const order of this.#orders.due()) if (oneIn(this.#dice, 2)) this.#attempt([order], life, world);
  }

  /** Submits a command, or several as a script, whose replies come together. */
  #attempt(orders: readonly Order[], life: Life, world: SimWorld): void {
    const attempt = this.#attemptCount++;
    const commands = orders.map(({ command }) => this.#options.wrapping?.command?.(command, life.number) ?? command);
    const isFirst = orders.length === 1 && !this.#attempts.has(orders[0]!);
    for (const order of orders) {
      order.pending += 1;
      order.isDue = false;
      this.#attempts.set(order, attempt);
    }
    this.trace.add(`attempt ${attempt}: ${commands.map(({ type, requestId }) => `${type} ${requestId}`).join(', ')}`);
    const sent = orders.map((order, i): Sent => ({ order, command: commands[i]! }));
    const alone = isFirst ? attempt : undefined;
    sendCommands(world.loop, commands).then(
      (replies) => this.#ifAlive(life, () => this.#noteReplies(life, sent, replies, alone)),
      (error: unknown) => this.#ifAlive(life, () => this.#noteFailures(sent, attempt, error)),
    );
  }

  #noteReplies(life: Life, sent: readonly Sent[], replies: readonly Reply[], firstAttempt: number | undefined): void {
    for (const [i, { order, command }] of sent.entries()) {
      const reply = replies[i]!;
      noteReply(order, command, reply);
      this.trace.add(`reply: ${'kind' in reply ? `${reply.kind} ${reply.idx}` : reply.reason}`);
      if (!('kind' in reply)) continue;
      this.model.checkReply(reply);
      if (firstAttempt === undefined || reply.idx < life.lastAnswer.idx) continue;
      assert.ok(firstAttempt > life.lastAnswer.attempt, 'commands are decided in the order of their submission');
      life.lastAnswer = { idx: reply.idx, attempt: firstAttempt };
    }
  }

  #noteFailures(sent: readonly Sent[], attempt: number, error: unknown): void {
    for (const { order } of sent) this.trace.add(`attempt ${attempt} failed: ${noteFailure(order, error)}`);
  }

  async #strike(life: Life, world: SimWorld): Promise<void> {
    const { capacityBytes } = this.#memory;
    switch (this.#dice.below(8)) {
      case 0:
        return this.#crash('power cut');
      case 1:
        return this.#crash('process death');
      case 2:
        this.#memory.powerCutAt = this.#memory.operationCount + this.#dice.below(12);
        return;
      case 3:
        if (capacityBytes !== Infinity) this.#memory.capacityBytes = Infinity;
        else this.#fillDisk();
        return;
      case 4:
        life.isDiskBad = true;
        return;
      case 5:
        this.trace.strike('restart');
        return this.#close(life, world);
      case 6:
        return this.#openTwice();
      default:
        if (await checkLogRot(this.#memory.clone(), this.#dice, this.model.length)) {
          this.trace.strike('flipped bit in the log');
        }
    }
  }

  #fillDisk(): void {
    this.#memory.capacityBytes = 0;
    this.#memory.capacityBytes = this.#dice.below(8000) - this.#memory.freeBytes;
    this.trace.strike('full disk', `${this.#memory.freeBytes} bytes are left`);
  }

  /** Two writers never both commit: the second does not even begin. */
  async #openTwice(): Promise<void> {
    this.trace.strike('second writer');
    const disk = this.#options.wrapping?.disk?.(this.#memory) ?? this.#memory;
    await assert.rejects(
      openOrCreateLog(disk),
      (fault) => fault instanceof Failure && fault.reason === 'LOG_LOCKED',
      'a second writer has opened the log',
    );
  }

  #close(life: Life, world: SimWorld): void {
    life.isClosing = true;
    void world.close().then(
      () => this.#ifAlive(life, () => (life.isClosed = true)),
      (error: unknown) =>
        this.#ifAlive(life, () => {
          life.isClosed = true;
          this.trace.add(`closing failed: ${describeError(error)}`);
          assert.ok(life.isExcused || this.#isShortOfRoom(), `closing the world failed: ${describeError(error)}`);
        }),
    );
  }

  /** The loop is dead: the process must stop, and does so in good order or not. */
  #stopDead(life: Life, world: SimWorld): void {
    const why = describeError(world.loop.failure);
    this.trace.add(`dead: ${why}`);
    assert.ok(life.isExcused || this.#isShortOfRoom(), `the loop died of nothing: ${why}`);
    if (oneIn(this.#dice, 2)) this.#close(life, world);
    else this.#crash('process death');
  }

  #crashInOperation(): void {
    const isPowerCut = oneIn(this.#dice, 2);
    this.trace.strike('power cut in an operation', isPowerCut ? '' : '(the process only)');
    this.#crash(isPowerCut ? 'power cut' : 'process death');
  }

  #crash(kind: 'power cut' | 'process death'): void {
    this.trace.strike(kind);
    this.#endLife();
    if (kind === 'process death') this.#memory.afterProcessDeath();
    else this.#memory = this.#memory.afterPowerCut(() => this.#dice.below(1_000_000) / 1_000_000);
  }

  #endLife(): void {
    const life = this.#life;
    if (life === undefined) return;
    life.hold.agenda.end(this.#dice);
    life.hold.isDead = true;
    this.#life = undefined;
    this.#orders.endLife();
    this.#memory.powerCutAt = Infinity;
  }
}

/** Lets everything run that waits for nothing but its turn as a microtask. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function describeError(error: unknown): string {
  if (error instanceof Failure) return `${error.reason} ${error.place} ${error.message}`;
  const errno = errnoOf(error);
  return errno === '' ? String(error) : errno;
}

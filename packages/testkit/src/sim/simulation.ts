/**
 * The simulator: one world, its clients, and everything that can go wrong beneath them, all from one seed.
 *
 * The engine is the real one; its disk, its clock and its turns are the simulation's (`sim-world.ts`), and so is the
 * network that clients reach it by (`traffic.ts`). A step takes one task off the process's agenda, or lets a client speak,
 * or a message arrive, or a fault strike; then everything that follows at once runs, until nothing is left but what waits. So the order of all that happens comes from the seed alone:
 * a run can be cut short or run again, and each run with fewer commands begins as the longer one does.
 *
 * Processes die between any two tasks, and at any operation of the disk. The laws are checked as replies and commits
 * arrive, and in full each time that the world is opened (`world-laws.ts`).
 */
import assert from 'node:assert/strict';
import { CHECKPOINT_CADENCE } from '@jitos/daemon/engine/checkpointer.ts';
import type { Committed } from '@jitos/daemon/engine/world-loop.ts';
import { Failure } from '@jitos/daemon/errors/failure.ts';
import { listCheckpoints } from '@jitos/daemon/logs/file/checkpoint-reader.ts';
import { errnoOf, type Disk } from '@jitos/daemon/ports/disk.ts';
import type { Event } from '@jitos/kernel';
import { faultyDisk, type DiskFault, type DiskOperation } from '../disk/faulty-disk.ts';
import { lyingDisk } from '../disk/lying-disk.ts';
import { MemoryDisk } from '../disk/memory-disk.ts';
import { openOrCreateLog, WORLD_FOLDER } from '../engine/disk-world.ts';
import { createRandom } from '../git/random.ts';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import { Agenda } from './agenda.ts';
import { damageDerived, isHashes, isRun } from './damage-derived.ts';
import { Deceit } from './deceit.ts';
import { heldDisk, type DiskHold } from './held-disk.ts';
import { HistoryModel } from './history-model.ts';
import { NotedReads } from './noted-reads.ts';
import { restoreHistory } from './restore-history.ts';
import { SimClock } from './sim-clock.ts';
import { openSimWorld, type SimWorld, type Wrapping } from './sim-world.ts';
import { Trace, type Cost } from './trace.ts';
import { Traffic, type Server } from './traffic.ts';
import { checkIndex, checkLog, checkLogRot, checkProofs, checkRepaired, checkWorld } from './world-laws.ts';

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

/** Some reads fail, some writes: one operation in this many, while a disk is bad. */
const BAD_DISK_ODDS = 12;
/** There are far fewer syncs. */
const BAD_SYNC_ODDS = 3;
/** Steps without end mean that something waits for ever. */
const STEPS_MAX = 50_000;

/** One process, from its start to its end. */
interface Life {
  readonly number: number;
  readonly hold: DiskHold;
  readonly reads: NotedReads;
  world: SimWorld | undefined;
  /** As clients reach it, once it is open. */
  server: Server | undefined;
  /** Why it could not be opened. */
  error: unknown;
  isChecked: boolean;
  /** What is to be woken one day. */
  readonly alarms: Set<() => void>;
  isClosing: boolean;
  isClosed: boolean;
  /** While set, operations of the disk fail now and then. */
  isDiskBad: boolean;
  /** Something failed that excuses what failed after it. */
  isExcused: boolean;
}

class Simulation {
  readonly trace: Trace = new Trace();
  readonly model: HistoryModel = new HistoryModel();
  readonly #options: SimOptions;
  readonly #dice: Dice;
  readonly #clock: SimClock;
  readonly #traffic: Traffic;
  readonly #deceit: Deceit;
  readonly #bentCheckpoints = new Set<number>();
  /** As the process found them when it began. */
  #checkpointsBefore: ReadonlySet<number> = new Set();
  #memory = new MemoryDisk();
  readonly #seenAs: (disk: Disk) => Disk;
  #life: Life | undefined;
  #lifeCount = 0;
  #commandsLeft: number;
  #stepCount = 0;
  #broken: { readonly error: unknown } | undefined;

  constructor(options: SimOptions) {
    const { trace, model } = this;
    const dice = createRandom(Math.imul(options.seed, 0x9e3779b1) ^ 0x5bd1e995);
    const changeCommand = options.wrapping?.command ?? ((command) => command);
    this.#options = options;
    this.#seenAs = options.wrapping?.disk ?? ((disk) => disk);
    this.#dice = dice;
    this.#clock = new SimClock(dice, trace);
    this.#traffic = new Traffic({ dice, trace, model, changeCommand });
    this.#deceit = new Deceit(dice, trace);
    this.#commandsLeft = options.commandCount;
  }

  async run(): Promise<void> {
    while (this.#commandsLeft > 0) await this.#step((life, world) => this.#actOnOpen(life, world));
    await this.#finish();
  }

  /** Everybody gets an answer; then the world is opened twice more, as whoever died and whoever closed left it. */
  async #finish(): Promise<void> {
    this.#memory.capacityBytes = Infinity;
    this.#memory.powerCutAt = Infinity;
    this.#traffic.calm();
    if (this.#life !== undefined) this.#crash(oneIn(this.#dice, 2) ? 'power cut' : 'process death');
    for (let left = 2; left > 0; left--) {
      const ending = { isAsked: false, isOver: false };
      while (!ending.isOver) await this.#step((life, world) => this.#actAtEnd(ending, life, world));
      assert.deepEqual(this.#traffic.due(), [], 'a retry was never answered');
      this.#endLife();
    }
  }

  /** Asks for all that is due, sees it answered, and closes. */
  #actAtEnd(ending: { isAsked: boolean; isOver: boolean }, life: Life, world: SimWorld): void {
    if (!life.hold.agenda.isEmpty) return this.#takeTask(life);
    if (!this.#traffic.isQuiet) return this.#deliver(life);
    if (!ending.isAsked) {
      ending.isAsked = true;
      return this.#traffic.askForAll();
    }
    if (!life.isClosing) return this.#close(life, world);
    ending.isOver = life.isClosed;
    assert.ok(ending.isOver, 'the world waits for something that never comes');
  }

  async #step(actOnOpen: (life: Life, world: SimWorld) => void | Promise<void>): Promise<void> {
    assert.ok(++this.#stepCount < STEPS_MAX, 'the simulation gets nowhere');
    const life = this.#life;
    if (life === undefined) this.#start();
    else if (this.#memory.operationCount > this.#memory.powerCutAt) this.#crashInOperation();
    else if (life.error !== undefined) await this.#failedToOpen(life);
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
    if ((die < 45 || life.isClosing) && !life.hold.agenda.isEmpty) return this.#takeTask(life);
    if (life.isClosing) return;
    if (die < 68 && !this.#traffic.isQuiet) return this.#deliver(life);
    if (die < 86) this.#commandsLeft -= this.#traffic.speak(world.loop.world, life.server, this.#commandsLeft);
    else if (die < 90) this.#traffic.askAgain();
    else if (die < 91) this.#ring(life);
    else await this.#strike(life, world);
  }

  #deliver({ server }: Life): void {
    assert.ok(server !== undefined);
    this.#traffic.deliver(server);
  }

  /** One of its alarms rings, whether its time has come by the clock or not: what it wakes looks for itself. */
  #ring({ alarms }: Life): void {
    if (alarms.size === 0) return;
    const ring = pick(this.#dice, [...alarms]);
    alarms.delete(ring);
    this.trace.add('alarm');
    ring();
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
    this.#noteCheckpoints();
    if (!isCalm && this.#lifeCount > 0 && oneIn(this.#dice, 3)) {
      const bent = damageDerived(this.#memory, this.#dice, this.trace)?.what;
      if (bent === 'tree hashes') this.#deceit.areHashesBent = true;
      else if (bent === 'index') this.#deceit.areRunsBent = true;
      else if (typeof bent === 'object') this.#bentCheckpoints.add(bent.checkpointIdx);
    }
    const isSlow = !isCalm && oneIn(this.#dice, 3);
    if (isSlow) this.trace.strike('slow disk');
    const hold: DiskHold = { agenda: new Agenda(isSlow), isOpen: false, isDead: false };
    const life: Life = {
      number: this.#lifeCount++,
      hold,
      reads: new NotedReads(),
      world: undefined,
      server: undefined,
      error: undefined,
      isChecked: false,
      alarms: new Set(),
      isClosing: false,
      isClosed: false,
      isDiskBad: !isCalm && oneIn(this.#dice, 10),
      isExcused: false,
    };
    this.#life = life;
    this.#deceit.begin();
    if (!isCalm && oneIn(this.#dice, 16)) this.#deceit.liesLeft = 1;
    const lying = lyingDisk(
      this.#memory,
      this.#deceit.plan(() => life.isChecked && !life.hold.isOpen),
    );
    const faulty = faultyDisk(lying, (operation) => this.#faultOf(life, operation));
    const disk = heldDisk(this.#seenAs(faulty), this.#memory, hold);
    const sync = pick(this.#dice, ['inline', 'async', 'async', 'adaptive'] as const);
    const cadence = oneIn(this.#dice, 4) ? CHECKPOINT_CADENCE : { events: 3 + this.#dice.below(12), sizeBytes: 40_000 };
    this.trace.add(`life ${life.number}: ${sync}, a checkpoint every ${cadence.events} events`);
    void openSimWorld({
      disk,
      sync,
      clock: this.#clock,
      cadence,
      wrapping,
      nextTurn: (turn) => hold.agenda.add({ label: 'turn', isSlow: false, run: turn }),
      setAlarm: (_, ring) => {
        life.alarms.add(ring);
        return { cancel: () => void life.alarms.delete(ring) };
      },
      onSkipped: (idx, why) => this.#ifAlive(life, () => this.#noteSkipped(life, idx, why)),
      onFailure: (error) => this.#ifAlive(life, () => this.#noteCheckpointFailure(life, error)),
    }).then(
      (world) => this.#ifAlive(life, () => (life.world = world)),
      (error: unknown) => this.#ifAlive(life, () => (life.error = error)),
    );
  }

  /** Those that were written while the disk lied may be of no use. */
  #noteCheckpoints(): void {
    const checkpoints = this.#lifeCount === 0 ? [] : listCheckpoints(this.#memory, WORLD_FOLDER);
    for (const idx of this.#deceit.hasLied ? checkpoints : []) {
      if (!this.#checkpointsBefore.has(idx)) this.#bentCheckpoints.add(idx);
    }
    this.#checkpointsBefore = new Set(checkpoints);
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
    if (!life.isDiskBad || life.hold.isOpen) return undefined;
    if (!oneIn(this.#dice, verb === 'sync' ? BAD_SYNC_ODDS : BAD_DISK_ODDS)) return undefined;
    if (verb !== 'read' && verb !== 'write' && verb !== 'sync') return undefined;
    life.isExcused = true;
    life.isDiskBad = !oneIn(this.#dice, 3);
    this.trace.strike(`failed ${verb}`, path);
    const isFull = verb === 'write' && oneIn(this.#dice, 2);
    return { code: isFull ? 'ENOSPC' : 'EIO', writtenBytes: this.#dice.below(sizeBytes + 1) };
  }

  #noteSkipped(life: Life, idx: number, why: string): void {
    this.trace.pay('checkpoint not used', `${idx}: ${why}`);
    const isExcused = this.#bentCheckpoints.has(idx) || this.#deceit.mayLogLack || this.#isExcused(life);
    assert.ok(isExcused, `checkpoint ${idx}, which nothing happened to, is of no use: ${why}`);
  }

  #noteCheckpointFailure(life: Life, error: unknown): void {
    this.trace.add(`a checkpoint could not be written: ${describeError(error)}`);
    // A client's own `CHECKPOINT` in the same batch comes between: the next one is due as if this had been written.
    const isOvertaken = error instanceof Error && error.message === 'the loop did not record the checkpoint';
    assert.ok(isOvertaken || this.#isExcused(life), `a checkpoint could not be written: ${describeError(error)}`);
  }

  #isExcused(life: Life): boolean {
    return life.isExcused || this.#deceit.hasLied || this.#isShortOfRoom();
  }

  #isShortOfRoom(): boolean {
    return this.#memory.capacityBytes !== Infinity || this.#memory.powerCutAt !== Infinity;
  }

  async #failedToOpen(life: Life): Promise<void> {
    this.trace.add(`not opened: ${describeError(life.error)}`);
    if (this.#deceit.mayLogLack && isDamage(life.error)) return await this.#restore('log found damaged');
    const isExcused = this.#isExcused(life);
    assert.ok(isExcused, `the world can't be opened: ${describeError(life.error)}`);
    this.#memory.capacityBytes = Infinity;
    this.#crash('process death');
  }

  /** The world is open again: all of it is looked at, with the disk standing still. */
  async #check(life: Life, world: SimWorld): Promise<void> {
    life.hold.isOpen = true;
    const found = await this.#checkLog(world);
    if (found === undefined) return;
    this.#deceit.clearLog();
    const { orders } = this.#traffic;
    for (const event of found) orders.noteEvent(event);
    orders.forgetLost();
    const digest = await checkWorld(world, this.model, { isThorough: oneIn(this.#dice, 4) });
    if (!(await this.#areProofsGood(world))) {
      this.#makeAnew('proof refused', isHashes);
      this.#deceit.areHashesBent = false;
      return;
    }
    if (!this.#arePagesGood(world)) {
      this.#makeAnew('page refused', isRun);
      this.#deceit.areRunsBent = false;
      return;
    }
    if (!this.#deceit.mayLogLack && oneIn(this.#dice, 3)) await checkRepaired(this.#memory.clone(), this.model.length);
    life.hold.isOpen = false;
    life.isChecked = true;
    this.trace.add(`opened: ${this.model.length} events, ${found.length} new, ${digest}`);
    world.loop.subscribe((committed) => this.#ifAlive(life, () => this.#noteCommit(life, committed)));
    const ifAlive = (act: () => void): void => this.#ifAlive(life, act);
    // What was just read, and shown, lasts.
    if (this.#commandsLeft > 0 && oneIn(this.#dice, found.length > 0 ? 3 : 12)) return this.#crash('power cut');
    life.server = {
      lifeNumber: life.number,
      open: world,
      reads: life.reads,
      readsThen: new Map(),
      ifAlive,
      isClosing: () => life.isClosing,
      lastAnswers: new Map(),
    };
  }

  /** Answers what events are there that nobody was told of; undefined where a disk that lied has cost some of the log. */
  async #checkLog(world: SimWorld): Promise<readonly Event[] | undefined> {
    try {
      const { orders } = this.#traffic;
      const { lacking, isOther, found } = await checkLog(world, this.model, {
        mayLack: this.#deceit.mayLogLack,
        onFound: (event) => orders.checkUnacknowledged(event),
      });
      if (lacking === 0) return found;
      const detail = `acknowledged events are missing: ${lacking} of ${this.model.length}`;
      assert.ok(this.#deceit.mayLogLack, detail);
      // What stands in its place was whole on the disk before it.
      const isLaterThere = !isOther && this.#deceit.isLaterBatchThere(this.#memory, this.model.length - lacking);
      assert.ok(!isLaterThere, `${detail}, although a later one is whole on the disk`);
      await this.#restore('log found shorter');
    } catch (error) {
      if (!this.#deceit.mayLogLack || !isDamage(error)) throw error;
      await this.#restore('log found damaged');
    }
    return undefined;
  }

  /** The operator has a copy of all that was acknowledged, and another disk. */
  async #restore(cost: Cost): Promise<void> {
    this.trace.pay(cost, `${this.model.length} events are restored`);
    this.#endLife();
    this.#memory = await restoreHistory(this.model.events);
    this.#deceit.replaceDisk();
  }

  /** Proofs hold, or are refused because the hashes that they are made of were bent. */
  async #areProofsGood(world: SimWorld): Promise<boolean> {
    try {
      await checkProofs(world, this.model, this.#dice);
      return true;
    } catch (error) {
      if (!this.#deceit.areHashesBent || !isDamage(error)) throw error;
      return false;
    }
  }

  /** Likewise pages, of the rewrite index. */
  #arePagesGood(world: SimWorld): boolean {
    try {
      checkIndex(world, this.model);
      return true;
    } catch (error) {
      if (!this.#deceit.areRunsBent || !isDamage(error)) throw error;
      return false;
    }
  }

  /** The operator does what the refusal says. */
  #makeAnew(cost: Cost, isOfThem: (name: string) => boolean): void {
    this.trace.pay(cost, 'the files are made anew');
    this.#endLife();
    this.#memory.afterProcessDeath();
    const names = this.#memory.list(WORLD_FOLDER).filter(isOfThem);
    for (const name of names) this.#memory.remove(`${WORLD_FOLDER}/${name}`);
    this.#memory.syncFolder(WORLD_FOLDER);
  }

  #noteCommit(life: Life, { events, world }: Committed): void {
    for (const encoded of events) {
      this.model.take(encoded);
      this.#traffic.orders.noteEvent(encoded.event);
      life.reads.noteEvent(encoded.event);
    }
    assert.equal(world.history.size, this.model.length, 'the visible world is that of the events that are durable');
    this.trace.add(`durable: ${this.model.length}`);
  }

  async #strike(life: Life, world: SimWorld): Promise<void> {
    const { capacityBytes } = this.#memory;
    switch (this.#dice.below(9)) {
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
      case 7:
        this.#deceit.liesLeft = 1 + this.#dice.below(2);
        return;
      default:
        if (this.#deceit.mayLogLack) return;
        if (await checkLogRot(this.#memory.clone(), this.#seenAs, { dice: this.#dice, length: this.model.length })) {
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
    await assert.rejects(
      openOrCreateLog(this.#seenAs(this.#memory)),
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
          assert.ok(this.#isExcused(life), `closing the world failed: ${describeError(error)}`);
        }),
    );
  }

  /** The loop is dead: the process must stop, and does so in good order or not. */
  #stopDead(life: Life, world: SimWorld): void {
    const why = describeError(world.loop.failure);
    this.trace.add(`dead: ${why}`);
    assert.ok(this.#isExcused(life), `the loop died of nothing: ${why}`);
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
    if (kind === 'process death') return void this.#memory.afterProcessDeath();
    this.#deceit.powerCut();
    this.#memory = this.#memory.afterPowerCut(() => this.#dice.below(1_000_000) / 1_000_000);
  }

  #endLife(): void {
    const life = this.#life;
    if (life === undefined) return;
    life.hold.agenda.end(this.#dice);
    life.hold.isDead = true;
    this.#life = undefined;
    this.#traffic.orders.endLife();
    this.#memory.powerCutAt = Infinity;
  }
}

/** Lets everything run that waits for nothing but its turn as a microtask. */
function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function isDamage(error: unknown): boolean {
  return error instanceof Failure && (error.reason === 'LOG_DAMAGED' || error.reason === 'DATA_FORMAT_UNKNOWN');
}

function describeError(error: unknown): string {
  if (error instanceof Failure) return `${error.reason} ${error.place} ${error.message}`;
  const errno = errnoOf(error);
  return errno === '' ? String(error) : errno;
}

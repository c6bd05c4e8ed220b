/**
 * The loop: the only writer of a world.
 *
 * It drains its queue, decides each command on the newest world, and appends the events in batches. One batch is in
 * flight; while it is, the next one is decided on top of it.
 *
 * - W1 Visible means durable: `world` moves, subscribers hear, and replies leave only when every event decided before
 *      them is durable; refusals and repeats included.
 * - W2 Commands of one principal are decided in the order in which they were submitted, a script's one after another. Principals take
 *      turns by what they have cost, so that nobody's many commands hold up somebody else's one.
 * - W3 Time is advanced before anything is decided in a tick, and only then: a world that nobody asks writes nothing.
 *      While the log refuses what it is given time waits for what needs the disk, so that all else is answered.
 * - W4 After an append that failed, every undurable event is forgotten, and so are the replies that hang on them; after
 *      one that can't be retried the loop is dead, and the process must stop.
 */
import {
  decide,
  getWorkspace,
  treeHead,
  type Command,
  type EncodedEvent,
  type Event,
  type Refusal,
  type World,
} from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import { REGISTRY } from '../errors/registry.ts';
import type { Log } from '../ports/log.ts';
import { nextTurn, type NextTurn } from '../ports/next-turn.ts';
import type { NoteSpan, Tracer } from '../ports/tracer.ts';
import { readEvent } from './history-reader.ts';
import { FairQueue } from './fair-queue.ts';
import { sha256 } from './sha256.ts';
import type { WorldTime } from './world-time.ts';

/** A reply to a command: the event that it wrote (or had written before), or why it wrote none. */
export type Reply = Event | Refusal;

/**
 * Commands of which each may depend on the replies before it. It is stepped between decisions, with replies that are
 * not yet durable: it must do nothing but choose the next command.
 */
export type Script<Result> = Generator<Command, Result, Reply>;

/** A script that looks at the world its next command is decided on, undurable events included. */
export type SightedScript<Result> = (newest: () => World) => Script<Result>;

/** Events that became durable together, and the world after them. */
export interface Committed {
  readonly events: readonly EncodedEvent[];
  readonly world: World;
  /** The state before the `CHECKPOINT` among the events, the last one if there are several. */
  readonly checkpointed: World | undefined;
}

export interface WorldLoopOptions {
  /** Of the event loop; its own unless given. */
  readonly nextTurn?: NextTurn;
  /** Without it time stands still. */
  readonly time?: WorldTime;
  /** Told how long each script waits, is decided, and is appended. */
  readonly tracer?: Tracer | undefined;
}

export type CommitListener = (committed: Committed) => void;

/**
 * A batch closes at whichever comes first; one event more may pass the size, which the log's own bound allows. Ops of
 * refused commands count too, and those that a merge looks at: a turn holds up readers and signals for as long as it decides.
 */
const BATCH_STEPS_MAX = 4096;
const BATCH_OPS_MAX = 20_000;
const BATCH_SIZE_BYTES_SOFT_MAX = 4 * 1_048_576;
/** Scripts waiting at most, shared by those who wait: beyond its share a principal is told to come later. */
const QUEUE_LENGTH_MAX = 65_536;

interface Job {
  readonly principal: string;
  readonly script: Script<unknown>;
  /** What the script is given when it is stepped next; undefined before its first step. */
  reply: Reply | undefined;
  /** Undefined unless it is traced. */
  readonly trace: JobTrace | undefined;
  /** Set when a batch that it took part in was lost: it is stepped no more. */
  lost: boolean;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** When a script got where it is. */
interface JobTrace {
  readonly note: NoteSpan;
  sinceMs: number;
}

/** What a turn has cost so far. */
interface TurnCost {
  /** Of the events' bytes. */
  sizeBytes: number;
  ops: number;
}

interface PendingBatch {
  /** The world after its events. */
  readonly world: World;
  readonly events: EncodedEvent[];
  /** As in `Committed`. */
  checkpointed: World | undefined;
  /** Run once the batch is durable, in the order of the decisions. */
  readonly settle: (() => void)[];
  readonly jobs: Set<Job>;
}

export class WorldLoop {
  readonly #log: Log;
  readonly #nextTurn: NextTurn;
  readonly #time: WorldTime | undefined;
  readonly #tracer: Tracer | undefined;
  #durable: World;
  #newest: World;
  readonly #queue = new FairQueue<Job>();
  #scheduled = false;
  /** The batch whose append is pending. */
  #inFlight: PendingBatch | undefined;
  /** Decided while another was in flight, and next to be appended. */
  #next: PendingBatch | undefined;
  /** Repeats whose event is being read back. */
  #recalls = 0;
  #dead: Failure | undefined;
  #refused: Failure | undefined;
  readonly #death = Promise.withResolvers<Failure>();
  readonly #listeners = new Set<CommitListener>();
  #idleWaiters: (() => void)[] = [];

  /** `world` is what the log's events fold to. */
  constructor(log: Log, world: World, options: WorldLoopOptions = {}) {
    this.#log = log;
    this.#nextTurn = options.nextTurn ?? nextTurn;
    this.#time = options.time;
    this.#tracer = options.tracer;
    this.#durable = world;
    this.#newest = world;
  }

  /** The newest durable world. */
  get world(): World {
    return this.#durable;
  }

  /** Why the loop takes no more commands; undefined while it does. */
  get failure(): Failure | undefined {
    return this.#dead;
  }

  /** Resolves with `failure` once the loop takes no more commands; never while it does. */
  get died(): Promise<Failure> {
    return this.#death.promise;
  }

  /** Why the last append was refused (`LOG_FULL`, `LOG_READ_ONLY`); undefined once one was kept again. */
  get refusal(): Failure | undefined {
    return this.#refused;
  }

  /** Scripts that are not at their end. */
  get waitingCount(): number {
    return this.#queue.length;
  }

  /** Decides one command. Resolves once the reply may leave; rejects with a `Failure` if its event can't be kept. */
  submit(command: Command): Promise<Reply> {
    return this.run(command.principal, singleCommand(command));
  }

  /** Runs a script in a principal's turn. Resolves with its result once everything that it was told, or saw, is durable. */
  run<Result>(principal: string, run: Script<Result> | SightedScript<Result>): Promise<Result> {
    const script = typeof run === 'function' ? run(() => this.#newest) : run;
    return new Promise<Result>((resolve, reject) => {
      if (this.#dead !== undefined) return reject(this.#dead);
      const waitingMax = this.#queue.shareOf(principal, QUEUE_LENGTH_MAX);
      if (this.#queue.lengthOf(principal) >= waitingMax) {
        return reject(new Failure('OVERLOADED', '', `${waitingMax} commands are waiting`));
      }
      const resolveAny = resolve as (result: unknown) => void; // a job resolves with what its own script returned
      this.#queue.push(principal, {
        principal,
        script,
        reply: undefined,
        trace: traceOf(this.#tracer),
        lost: false,
        resolve: resolveAny,
        reject,
      });
      this.#schedule();
    });
  }

  /** Hears of every batch once it is durable, in order; a listener that throws ends the loop. Returns what ends it. */
  subscribe(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Waits until everything submitted so far has been answered. */
  async drain(): Promise<void> {
    while (!this.#isIdle()) await new Promise<void>((resolve) => this.#idleWaiters.push(resolve));
  }

  #isIdle(): boolean {
    return this.#queue.length + this.#recalls === 0 && this.#inFlight === undefined && this.#next === undefined;
  }

  #schedule(): void {
    if (this.#scheduled || this.#dead !== undefined) return;
    if (this.#inFlight !== undefined && this.#next !== undefined) return;
    this.#scheduled = true;
    this.#nextTurn(() => {
      this.#scheduled = false;
      this.#turn();
    });
  }

  /** Decides a batch; appends it, or keeps it ready behind the one in flight. */
  #turn(): void {
    if (this.#dead !== undefined || this.#next !== undefined) return;
    const batch = this.#decideBatch();
    if (this.#inFlight === undefined) this.#append(batch);
    else this.#next = batch;
  }

  #append(batch: PendingBatch): void {
    if (batch.events.length === 0) return this.#settle(batch);
    let pending: Promise<void> | undefined;
    try {
      pending = this.#log.append({
        firstIdx: this.#durable.history.size,
        treeRootBefore: treeHead(this.#durable.history, sha256),
        events: batch.events,
      });
    } catch (error) {
      return this.#lose(batch, error);
    }
    if (pending === undefined) return this.#settle(batch);
    this.#inFlight = batch;
    // A turn that ended at a bound has left some waiting: they are decided while the disk works.
    if (this.#queue.length > 0) this.#schedule();
    pending.then(
      () => this.#land(batch, undefined),
      (error: unknown) => this.#land(batch, error),
    );
  }

  #land(batch: PendingBatch, error: unknown): void {
    this.#inFlight = undefined;
    if (error !== undefined) return this.#lose(batch, error);
    this.#settle(batch);
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) this.#append(next);
  }

  /** The batch is durable: the world moves, then subscribers hear, then replies leave (W1). */
  #settle(batch: PendingBatch): void {
    this.#durable = batch.world;
    if (batch.events.length > 0) {
      this.#refused = undefined;
      this.#tellListeners(batch);
    }
    for (const settle of batch.settle) settle();
    if (this.#dead !== undefined) this.#rejectAll(this.#dead);
    this.#goOn();
  }

  /** What is durable stays so and its replies leave, but a listener that fails (a derived file) ends the loop. */
  #tellListeners(committed: Committed): void {
    for (const listener of this.#listeners) {
      try {
        listener(committed);
      } catch (error) {
        this.#die(asFailure(error));
      }
    }
  }

  /** The first cause counts. */
  #die(failure: Failure): void {
    this.#dead ??= failure;
    this.#death.resolve(this.#dead);
  }

  #rejectAll(failure: Failure): void {
    const next = this.#next;
    this.#next = undefined;
    for (const job of next?.jobs ?? []) this.#loseJob(job, failure);
    for (const job of this.#queue.takeAll()) this.#loseJob(job, failure);
  }

  /** The batch is not history: it and all that was decided after it are forgotten (W4). */
  #lose(batch: PendingBatch, error: unknown): void {
    const failure = asFailure(error);
    if (REGISTRY[failure.reason].retry === 'never') this.#die(failure);
    else this.#refused = failure;
    const lost = [batch, ...(this.#next === undefined ? [] : [this.#next])];
    this.#next = undefined;
    this.#newest = this.#durable;
    for (const { jobs } of lost) for (const job of jobs) this.#loseJob(job, failure);
    if (this.#dead !== undefined) this.#rejectAll(failure);
    this.#goOn();
  }

  #loseJob(job: Job, failure: Failure): void {
    job.lost = true;
    job.reject(failure);
  }

  #goOn(): void {
    if (this.#queue.length > 0) this.#schedule();
    if (!this.#isIdle()) return;
    const waiters = this.#idleWaiters;
    this.#idleWaiters = [];
    for (const waiter of waiters) waiter();
  }

  #decideBatch(): PendingBatch {
    const batch: Omit<PendingBatch, 'world'> = { events: [], checkpointed: undefined, settle: [], jobs: new Set() };
    const cost: TurnCost = { sizeBytes: 0, ops: 0 };
    if (this.#queue.length > 0 && this.#refused === undefined) this.#advanceTime(batch);
    for (let steps = 0; steps < BATCH_STEPS_MAX; steps++) {
      if (cost.sizeBytes >= BATCH_SIZE_BYTES_SOFT_MAX || cost.ops >= BATCH_OPS_MAX) break;
      const job = this.#queue.peek();
      if (job === undefined) break;
      this.#step(job, batch, cost);
    }
    return { world: this.#newest, ...batch };
  }

  /** W3. Whether it was due. */
  #advanceTime(batch: Omit<PendingBatch, 'world'>): boolean {
    const due = this.#time?.due(this.#newest);
    if (due === undefined) return false;
    const decision = decide(this.#newest, due, sha256);
    if (!decision.ok || decision.repeated) throw new Error('time can always be advanced');
    this.#newest = decision.world;
    batch.events.push(decision.encoded);
    return true;
  }

  /** Gives the first script its last reply and decides what it answers with. */
  #step(job: Job, batch: Omit<PendingBatch, 'world'>, cost: TurnCost): void {
    if (job.lost) return void this.#queue.shift();
    batch.jobs.add(job);
    if (job.trace !== undefined && job.reply === undefined) noteStage(job.trace, 'loop wait');
    const step = this.#nextStep(job);
    if (step.done === true) {
      this.#queue.shift();
      batch.settle.push(job.trace === undefined ? step.value : tracedSettle(job.trace, step.value));
      return;
    }
    const command = step.value;
    const ops = opsOf(command, this.#newest);
    cost.ops += ops;
    this.#queue.charge(1 + ops);
    let decision = decide(this.#newest, command, sha256);
    const needsDisk = decision.ok && !decision.repeated;
    // What may be kept is of now, not of when the log began to refuse.
    if (needsDisk && this.#refused !== undefined && this.#advanceTime(batch)) {
      decision = decide(this.#newest, command, sha256);
    }
    if (!decision.ok) {
      job.reply = decision;
    } else if (decision.repeated) {
      this.#queue.shift();
      batch.settle.push(() => void this.#recall(job, decision.idx));
    } else {
      const { world, encoded } = decision;
      if (encoded.event.kind === 'CHECKPOINT') batch.checkpointed = this.#newest;
      this.#newest = world;
      batch.events.push(encoded);
      job.reply = decision.denial ?? encoded.event;
      cost.sizeBytes += encoded.header.length + encoded.body.length;
    }
  }

  /** The script's next command, or how its job is settled. */
  #nextStep(job: Job): IteratorResult<Command, () => void> {
    try {
      const step = job.reply === undefined ? job.script.next() : job.script.next(job.reply);
      return step.done === true ? { done: true, value: () => job.resolve(step.value) } : step;
    } catch (error) {
      return { done: true, value: () => job.reject(error) };
    }
  }

  /** The command was carried out before: its event, now durable for certain, is the reply. */
  async #recall(job: Job, idx: number): Promise<void> {
    this.#recalls += 1;
    try {
      job.reply = (await readEvent(this.#log, idx)).event;
      if (this.#dead === undefined) this.#queue.push(job.principal, job);
      else job.reject(this.#dead);
    } catch (error) {
      job.reject(error);
    }
    this.#recalls -= 1;
    this.#goOn();
  }
}

function traceOf(tracer: Tracer | undefined): JobTrace | undefined {
  const note = tracer?.capture();
  return note && { note, sinceMs: performance.now() };
}

/** What ends now began when the stage before it ended. */
function noteStage(trace: JobTrace, name: string): void {
  const nowMs = performance.now();
  trace.note(name, trace.sinceMs, nowMs);
  trace.sinceMs = nowMs;
}

function tracedSettle(trace: JobTrace, settle: () => void): () => void {
  noteStage(trace, 'decide');
  return () => {
    noteStage(trace, 'log append');
    settle();
  };
}

/** Ops that a command brings, and those that were written to the workspaces that it merges. */
function opsOf(command: Command, world: World): number {
  // Whether it can be the number of a workspace is not known before it is decided.
  const written = (number: number): number =>
    Number.isSafeInteger(number) && number >= 0 ? (getWorkspace(world, number)?.opCount ?? 0) : 0;
  if (command.type === 'applyRewrite') return command.ops.length;
  if (command.type === 'rebaseWorkspace') return command.ops.length + written(command.workspace);
  if (command.type === 'collapseWorkspace') return written(command.workspace);
  if (command.type === 'collapseBatch') return command.workspaces.reduce((sum, number) => sum + written(number), 0);
  return 0;
}

function* singleCommand(command: Command): Script<Reply> {
  return yield command;
}

function asFailure(error: unknown): Failure {
  if (error instanceof Failure) return error;
  return new Failure('LOG_FAILED', '', error instanceof Error ? error.message : String(error), { cause: error });
}

/**
 * `jitosd` under load, killed again and again: what it acknowledged is there after, once, with the digests that it told.
 *
 * It is killed at one of its answers, some time after its start, or where it comes to a failpoint (`failpoints.ts`), while
 * it starts, serves or closes.
 *
 * Clients send mutations with request ids over HTTP and ask again whatever was not answered. After each death the log is
 * read and folded here; the next daemon must hold the same.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { worldFolder } from '@jitos/daemon/engine/host.ts';
import { replay } from '@jitos/daemon/engine/replay.ts';
import { sha256 } from '@jitos/daemon/engine/sha256.ts';
import { nodeDisk } from '@jitos/daemon/logs/file/node-disk.ts';
import { readFileLog } from '@jitos/daemon/logs/file/read-only-log.ts';
import { digestToHex, graphDigest, type EncodedEvent, type Event, type World } from '@jitos/kernel';
import { createRandom } from '../git/random.ts';
import { GraphqlClient } from '../servers/graphql-client.ts';
import { makeTempFolder } from '../temp-folder.ts';
import { oneIn, pick, type Dice } from '../world/dice.ts';
import { failpointEnvironment, failpointMessage, type FailpointName, type WRITE_BEHIND } from './failpoints.ts';
import { startProgram, type RunningProgram } from './start-program.ts';

export interface CrashRunOptions {
  readonly killCount: number;
  readonly seed: number;
  /** A bug that every daemon has, for a test of this test. */
  readonly bug?: typeof WRITE_BEHIND;
  /** Told after each death how many events are there, and how many of them were acknowledged. */
  readonly onDeath?: (kills: number, eventCount: number, acknowledgedCount: number) => void;
}

export interface CrashRun {
  readonly eventCount: number;
  readonly acknowledgedCount: number;
  /** Events that were found after a death although nobody had been told of them. */
  readonly unacknowledgedCount: number;
  /** How often each failpoint was the end. */
  readonly failpoints: ReadonlyMap<FailpointName, number>;
}

const CLIENT_COUNT = 4;
/** A daemon that is left alone for so many answers is killed at one of them. */
const ANSWERS_MAX = 60;
/** Else it is killed so long after its start, ready or not. */
const LIFE_MS_MAX = 700;

/** A folder's worth of deaths; then another world is made. */
const KILLS_PER_FOLDER = 25;

/** Where a daemon may be killed while it makes its world, serves it, and closes it; and at which time at most. */
const MAKING: FailpointTimes = [
  ['in the middle of zeros', 1],
  ['before a segment has its name', 1],
  ['after a segment has its name', 1],
  ["before a folder's names are synced", 4],
];
const SERVING: FailpointTimes = [
  ['before a batch is written', 8],
  ['in the middle of a batch', 8],
  ['after a batch, before its replies', 8],
];
const CLOSING: FailpointTimes = [
  ["before the tree's hashes are marked", 1],
  ["after the tree's hashes are marked", 1],
];

type FailpointTimes = readonly (readonly [name: FailpointName, timesMax: number])[];

/** How a daemon comes to its end: whichever happens first. */
interface Fate {
  readonly failpoint?: { readonly name: FailpointName; readonly times: number };
  /** Answers before it gets a signal. */
  readonly answerCount: number;
  readonly signal: 'SIGKILL' | 'SIGTERM';
  readonly afterMs?: number;
}

/** One mutation, sent until it is answered. */
interface Order {
  readonly requestId: string;
  readonly query: string;
  readonly variables: Readonly<Record<string, unknown>>;
  /** What the answer says of the event, and what the event says itself. */
  readonly told: (data: Answer) => unknown;
  readonly written: (event: Event) => unknown;
  answer: Answer | undefined;
}

interface Answer {
  readonly createSws?: { readonly sws: { readonly id: string } };
  readonly applyRewrite?: { readonly receipt: { readonly rewriteIdx: string; readonly viewDigest: string } };
  readonly collapseSws?: { readonly committed: boolean };
}

/** A client has one order at a time, and a workspace when it has been given one. */
interface Client {
  readonly name: string;
  serial: number;
  workspace: string | undefined;
  order: Order | undefined;
}

/** Kills `killCount` daemons; throws where the last acknowledged anything that is not there. */
export async function crashRun(options: CrashRunOptions): Promise<CrashRun> {
  const { killCount, seed, onDeath } = options;
  // Clients use up their dice as fast as they are answered; how daemons die follows from the seed all the same.
  const dice = { load: createRandom(seed), fate: createRandom(seed + 1) };
  const total: { -readonly [Key in keyof CrashRun]: CrashRun[Key] } = { ...NOTHING };
  const failpoints = new Map<FailpointName, number>();
  for (let kills = 0; kills < killCount; kills += KILLS_PER_FOLDER) {
    const folder = makeTempFolder();
    const before = { ...total };
    const told: CrashRunOptions['onDeath'] = (count, events, acknowledged) => {
      onDeath?.(kills + count, before.eventCount + events, before.acknowledgedCount + acknowledged);
    };
    const part = { ...options, killCount: Math.min(KILLS_PER_FOLDER, killCount - kills), onDeath: told };
    try {
      const run = await new CrashTest(folder.path, kills / KILLS_PER_FOLDER, part, dice).run();
      total.eventCount += run.eventCount;
      total.acknowledgedCount += run.acknowledgedCount;
      total.unacknowledgedCount += run.unacknowledgedCount;
      for (const [name, count] of run.failpoints) failpoints.set(name, (failpoints.get(name) ?? 0) + count);
    } finally {
      folder.remove();
    }
  }
  return { ...total, failpoints };
}

const NOTHING: CrashRun = { eventCount: 0, acknowledgedCount: 0, unacknowledgedCount: 0, failpoints: new Map() };

interface CrashDice {
  readonly load: Dice;
  readonly fate: Dice;
}

class CrashTest {
  readonly #folder: string;
  readonly #folderNumber: number;
  readonly #options: Omit<CrashRunOptions, 'seed'>;
  readonly #dice: CrashDice;
  readonly #clients: readonly Client[];
  readonly #answered: Order[] = [];
  readonly #history: EncodedEvent[] = [];
  #world: World | null = null;
  #unacknowledgedCount = 0;
  readonly #failpoints = new Map<FailpointName, number>();

  constructor(folder: string, folderNumber: number, options: Omit<CrashRunOptions, 'seed'>, dice: CrashDice) {
    this.#folder = folder;
    this.#folderNumber = folderNumber;
    this.#options = options;
    this.#dice = dice;
    this.#clients = Array.from({ length: CLIENT_COUNT }, (_, i) => ({
      name: `client${i}`,
      serial: 0,
      workspace: undefined,
      order: undefined,
    }));
  }

  async run(): Promise<CrashRun> {
    for (let kills = 1; kills <= this.#options.killCount; kills++) {
      await this.#liveAndDie(kills === 1 ? this.#drawBirth() : this.#drawFate());
      await this.#readHistory();
      this.#options.onDeath?.(kills, this.#history.length, this.#answered.length);
    }
    await this.#endInPeace();
    await this.#readHistory();
    return {
      eventCount: this.#history.length,
      acknowledgedCount: this.#answered.length,
      unacknowledgedCount: this.#unacknowledgedCount,
      failpoints: this.#failpoints,
    };
  }

  #start(failpoint?: Fate['failpoint']): RunningProgram {
    const args = ['--no-import', '--port', '0', '--auth', 'none', '--data-dir', join(this.#folder, 'data')];
    const wanted = this.#options.bug ?? failpoint?.name;
    const environment = wanted === undefined ? {} : failpointEnvironment(wanted, failpoint?.times);
    return startProgram('jitosd', args, { workingDir: this.#folder, environment });
  }

  /** The first daemon dies while it makes the world, or soon after; in one folder after another at another point. */
  #drawBirth(): Fate {
    const point = MAKING[this.#folderNumber % MAKING.length]!;
    return { failpoint: this.#drawFailpoint([point]), answerCount: ANSWERS_MAX, signal: 'SIGKILL' };
  }

  #drawFate(): Fate {
    const answerCount = 1 + this.#dice.fate.below(ANSWERS_MAX);
    switch (this.#dice.fate.below(6)) {
      case 0:
        return { answerCount: Infinity, signal: 'SIGKILL', afterMs: this.#dice.fate.below(LIFE_MS_MAX) };
      case 1:
        return { failpoint: this.#drawFailpoint(CLOSING), answerCount, signal: 'SIGTERM' };
      case 2:
      case 3:
        return { answerCount, signal: 'SIGKILL' };
      default:
        return { failpoint: this.#drawFailpoint(SERVING), answerCount: ANSWERS_MAX, signal: 'SIGKILL' };
    }
  }

  #drawFailpoint(points: FailpointTimes): Fate['failpoint'] & {} {
    const [name, timesMax] = pick(this.#dice.fate, points);
    return { name, times: 1 + this.#dice.fate.below(timesMax) };
  }

  async #liveAndDie({ failpoint, answerCount, signal, afterMs }: Fate): Promise<void> {
    const daemon = this.#start(failpoint);
    const kill = (): void => void daemon.child.kill(signal);
    const timer = afterMs === undefined ? undefined : setTimeout(kill, afterMs);
    let answersLeft = answerCount;
    const onAnswer = (): void => {
      answersLeft -= 1;
      if (answersLeft === 0) kill();
    };
    try {
      const address = await addressOf(daemon).catch(() => undefined); // killed before it was ready
      if (address !== undefined)
        await Promise.all(this.#clients.map((client) => this.#load(client, address, onAnswer)));
      const end = await daemon.ended;
      if (failpoint !== undefined && end.stderr.endsWith(failpointMessage(failpoint.name))) {
        this.#failpoints.set(failpoint.name, (this.#failpoints.get(failpoint.name) ?? 0) + 1);
      }
      const isToldToStop = signal === 'SIGTERM' && end.status === 0;
      assert.ok(isToldToStop || end.signal === 'SIGKILL', `it ended by itself: ${end.stderr}`);
    } finally {
      clearTimeout(timer);
      daemon.child.kill('SIGKILL');
    }
  }

  /** Every order is answered, the daemon tells the digest that the history folds to, and stops when it is told to. */
  async #endInPeace(): Promise<void> {
    const daemon = this.#start();
    try {
      const address = await addressOf(daemon);
      const client = GraphqlClient.overHttp(`${address}/graphql`);
      const told = await client.data<{ graph: { digest: string } }>('{ graph(view: { kind: SYSTEM }) { digest } }');
      const world = this.#world;
      // None lived long enough to make it: this one has.
      if (world === null) assert.equal(this.#answered.length, 0);
      else assert.equal(told.graph.digest, digestToHex(graphDigest(world.system.graph, world.system.rules.id, sha256)));
      for (const each of this.#clients) if (each.order !== undefined) await this.#ask(client, each);
    } finally {
      daemon.child.kill('SIGTERM');
      const { status, stderr } = await daemon.ended;
      assert.equal(status, 0, stderr);
    }
  }

  /** Sends one order after another until the daemon is gone. */
  async #load(client: Client, address: string, onAnswer: () => void): Promise<void> {
    const graphql = GraphqlClient.overHttp(`${address}/graphql`);
    for (;;) {
      client.order ??= this.#nextOrder(client);
      try {
        await this.#ask(graphql, client);
      } catch (error) {
        if (isConnectionLost(error)) return;
        throw error;
      }
      onAnswer();
    }
  }

  async #ask(graphql: GraphqlClient, client: Client): Promise<void> {
    const { order } = client;
    assert.ok(order !== undefined);
    const answer = await graphql.data<Answer>(order.query, order.variables);
    order.answer = answer;
    this.#answered.push(order);
    client.order = undefined;
    if (answer.createSws !== undefined) client.workspace = answer.createSws.sws.id;
    if (answer.collapseSws?.committed === true) client.workspace = undefined;
  }

  #nextOrder(client: Client): Order {
    const requestId = `${client.name}-${client.serial++}`;
    const meta = { requestId };
    const order = { requestId, answer: undefined };
    const id = client.workspace;
    if (id === undefined) {
      const query = 'mutation($meta: JSON) { createSws(input: { meta: $meta }) { sws { id } } }';
      const told: Order['told'] = ({ createSws }) => createSws?.sws.id;
      return { ...order, query, variables: { meta }, told, written: (event) => String(event.view) };
    }
    if (oneIn(this.#dice.load, 8)) {
      const query = `mutation($id: ID!, $meta: JSON) { collapseSws(input: { swsId: $id, meta: $meta }) { committed } }`;
      const told: Order['told'] = ({ collapseSws }) => collapseSws?.committed;
      const written: Order['written'] = (event) => event.kind === 'COLLAPSE' && event.mode !== null;
      return { ...order, query, variables: { id, meta }, told, written };
    }
    const query = `mutation($id: ID!, $ops: [JSON!]!, $meta: JSON) {
      applyRewrite(view: { kind: SWS, swsId: $id }, rewrite: { ops: $ops, meta: $meta }) { receipt { rewriteIdx viewDigest } }
    }`;
    const ops = [
      { op: 'PutNode', data: { kind: 'task', key: `${client.name} ${this.#dice.load.below(20)}`, set: meta } },
    ];
    const told: Order['told'] = ({ applyRewrite }) => applyRewrite?.receipt;
    return { ...order, query, variables: { id, ops, meta }, told, written: receiptOf };
  }

  /** The history goes on from what it was, and holds every answered order once, as it was told. */
  async #readHistory(): Promise<void> {
    const folder = worldFolder(join(this.#folder, 'data'), 'main');
    const log = await readFileLog({ disk: nodeDisk(), folder }).catch(() => undefined); // died before it made the world
    const known = this.#history.length;
    if (log === undefined) return assert.equal(known, 0, 'the history is gone');
    let at = 0;
    const onEvent = (encoded: EncodedEvent): void => {
      const before = this.#history[at++];
      if (before === undefined) this.#history.push(encoded);
      else assert.ok(before.header === encoded.header && before.body === encoded.body, `event ${at - 1} has changed`);
    };
    this.#world = await replay(log, { verify: 'decisions', verifyFromIdx: known, onEvent });
    assert.ok(at >= known, `only ${at} of ${known} events are there`);
    this.#checkAnswers();
  }

  #checkAnswers(): void {
    const byRequest = new Map<string, Event>();
    for (const { event } of this.#history) {
      const { requestId } = event.cause;
      if (requestId === null) continue;
      assert.equal(byRequest.get(requestId), undefined, `${requestId} acted twice`);
      byRequest.set(requestId, event);
    }
    for (const { requestId, answer, told, written } of this.#answered) {
      const event = byRequest.get(requestId);
      assert.ok(event !== undefined, `${requestId} was acknowledged, and is not there`);
      assert.ok(answer !== undefined);
      assert.deepEqual(told(answer), written(event), `${requestId} was told otherwise`);
    }
    this.#unacknowledgedCount += byRequest.size - this.#answered.length;
  }
}

function receiptOf(event: Event): unknown {
  if (event.kind !== 'REWRITE_APPLIED') return event.kind;
  return { rewriteIdx: String(event.rewriteIdx), viewDigest: digestToHex(event.viewDigest) };
}

async function addressOf(daemon: RunningProgram): Promise<string> {
  return (await daemon.printed(/answers at (http:\S+)/))[1] ?? '';
}

/** `fetch` says so with a `TypeError`, whatever the cause; a body that was cut off with another one or a `SyntaxError`. */
function isConnectionLost(error: unknown): boolean {
  return error instanceof TypeError || error instanceof SyntaxError;
}

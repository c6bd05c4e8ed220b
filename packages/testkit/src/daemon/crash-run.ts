/**
 * `jitosd` under load, killed again and again: what it acknowledged is there after, once, with the digests that it told.
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
import { oneIn, type Dice } from '../world/dice.ts';
import { startProgram, type RunningProgram } from './start-program.ts';

export interface CrashRunOptions {
  readonly killCount: number;
  readonly seed: number;
  /** Told after each death how many events are there, and how many of them were acknowledged. */
  readonly onDeath?: (kills: number, eventCount: number, acknowledgedCount: number) => void;
}

export interface CrashRun {
  readonly eventCount: number;
  readonly acknowledgedCount: number;
  /** Events that were found after a death although nobody had been told of them. */
  readonly unacknowledgedCount: number;
}

const CLIENT_COUNT = 4;
/** A daemon that is left alone for so many answers is killed at one of them. */
const ANSWERS_MAX = 60;
/** Else it is killed so long after its start, ready or not. */
const LIFE_MS_MAX = 700;

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
  const folder = makeTempFolder();
  try {
    return await new CrashTest(folder.path, options).run();
  } finally {
    folder.remove();
  }
}

class CrashTest {
  readonly #folder: string;
  readonly #options: CrashRunOptions;
  readonly #dice: Dice;
  readonly #clients: readonly Client[];
  readonly #answered: Order[] = [];
  readonly #history: EncodedEvent[] = [];
  #world: World | null = null;
  #unacknowledgedCount = 0;

  constructor(folder: string, options: CrashRunOptions) {
    this.#folder = folder;
    this.#options = options;
    this.#dice = createRandom(options.seed);
    this.#clients = Array.from({ length: CLIENT_COUNT }, (_, i) => ({
      name: `client${i}`,
      serial: 0,
      workspace: undefined,
      order: undefined,
    }));
  }

  async run(): Promise<CrashRun> {
    for (let kills = 1; kills <= this.#options.killCount; kills++) {
      await this.#liveAndDie();
      await this.#readHistory();
      this.#options.onDeath?.(kills, this.#history.length, this.#answered.length);
    }
    await this.#endInPeace();
    await this.#readHistory();
    return {
      eventCount: this.#history.length,
      acknowledgedCount: this.#answered.length,
      unacknowledgedCount: this.#unacknowledgedCount,
    };
  }

  #start(): RunningProgram {
    const args = ['--no-import', '--port', '0', '--data-dir', join(this.#folder, 'data')];
    return startProgram('jitosd', args, { workingDir: this.#folder });
  }

  async #liveAndDie(): Promise<void> {
    const daemon = this.#start();
    const kill = (): void => void daemon.child.kill('SIGKILL');
    const answersLeft = { count: oneIn(this.#dice, 3) ? Infinity : 1 + this.#dice.below(ANSWERS_MAX) };
    const timer = answersLeft.count === Infinity ? setTimeout(kill, this.#dice.below(LIFE_MS_MAX)) : undefined;
    const onAnswer = (): void => {
      answersLeft.count -= 1;
      if (answersLeft.count === 0) kill();
    };
    try {
      const address = await addressOf(daemon).catch(() => undefined); // killed before it was ready
      if (address !== undefined)
        await Promise.all(this.#clients.map((client) => this.#load(client, address, onAnswer)));
      const { signal, stderr } = await daemon.ended;
      assert.equal(signal, 'SIGKILL', `it ended by itself: ${stderr}`);
    } finally {
      clearTimeout(timer);
      kill();
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
      assert.ok(world !== null, 'no daemon lived long enough to make the world');
      assert.equal(told.graph.digest, digestToHex(graphDigest(world.system.graph, world.rulePackId, sha256)));
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
    if (oneIn(this.#dice, 8)) {
      const query = `mutation($id: ID!, $meta: JSON) { collapseSws(input: { swsId: $id, meta: $meta }) { committed } }`;
      const told: Order['told'] = ({ collapseSws }) => collapseSws?.committed;
      const written: Order['written'] = (event) => event.kind === 'COLLAPSE' && event.mode !== null;
      return { ...order, query, variables: { id, meta }, told, written };
    }
    const query = `mutation($id: ID!, $ops: [JSON!]!, $meta: JSON) {
      applyRewrite(view: { kind: SWS, swsId: $id }, rewrite: { ops: $ops, meta: $meta }) { receipt { rewriteIdx viewDigest } }
    }`;
    const ops = [{ op: 'PutNode', data: { kind: 'task', key: `${client.name} ${this.#dice.below(20)}`, set: meta } }];
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

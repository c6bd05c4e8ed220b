/**
 * Discards workspaces that nobody has used for as long as the world allows (`workspaceIdleTicksMax`), by events.
 *
 * It looks at all open workspaces, and then not again before the first of them may be due: use only puts that off. Of a
 * short limit it is up to a sixteenth late, so that many workspaces which come due one by one are not all looked at for each.
 */
import { getWorkspace, hasIdleLimit, idleSince, trieCount, walkAfter, type Bytes, type World } from '@jitos/kernel';
import { Failure } from '../errors/failure.ts';
import type { Alarm, SetAlarm } from '../ports/alarm.ts';
import { nextTurn as systemTurn, type NextTurn } from '../ports/next-turn.ts';
import type { WorldLoop } from './world-loop.ts';
import type { WorldTime } from './world-time.ts';

/** Workspaces that are looked at in a turn. */
const LOOK_COUNT = 10_000;
const LATE_PARTS = 16;

export interface IdleWorkspacesParts {
  readonly loop: WorldLoop;
  readonly time: WorldTime;
  readonly setAlarm: SetAlarm;
  /** Of the event loop; its own unless given. */
  readonly nextTurn?: NextTurn;
}

export class IdleWorkspaces {
  readonly #parts: IdleWorkspacesParts;
  readonly #endFollowing: () => void;
  #alarm: Alarm | undefined;
  #running: Promise<void> | undefined;
  /** The limit was changed while it looked. */
  #isStale = false;
  #isClosing = false;

  constructor(parts: IdleWorkspacesParts) {
    this.#parts = parts;
    this.#endFollowing = parts.loop.subscribe(({ events }) => {
      if (events.some(({ event }) => event.kind === 'SETTINGS_CHANGED')) this.#start();
    });
    this.#start();
  }

  /** Resolves when it looks at nothing. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Discards no more. */
  async close(): Promise<void> {
    this.#isClosing = true;
    this.#endFollowing();
    this.#alarm?.cancel();
    await this.idle();
  }

  #start(): void {
    this.#alarm?.cancel();
    this.#alarm = undefined;
    this.#isStale = this.#running !== undefined;
    if (this.#isStale || this.#isClosing || !hasIdleLimit(this.#parts.loop.world.settings)) return;
    this.#running = this.#run().finally(() => {
      this.#running = undefined;
      if (this.#isStale) this.#start();
    });
  }

  async #run(): Promise<void> {
    const { loop, time } = this.#parts;
    const { world } = loop;
    const now = time.now(world);
    const limit = world.settings.workspaceIdleTicksMax;
    let dueAt = now + limit;
    try {
      for await (const { number, since } of this.#openWorkspaces(world)) {
        if (since + limit > now) dueAt = Math.min(dueAt, since + limit);
        else if (!(await this.#expire(number))) dueAt = now;
      }
    } catch (error) {
      // A disk that is full, or a loop that died, is told to whoever writes; the next look tries again, and comes soon.
      if (!(error instanceof Failure)) throw error;
      dueAt = now;
    }
    this.#wait(Math.max(dueAt - now, Math.ceil(limit / LATE_PARTS)) * world.quantumMs);
  }

  async *#openWorkspaces(world: World): AsyncGenerator<{ readonly number: number; readonly since: number }> {
    const { nextTurn = systemTurn } = this.#parts;
    let after: Bytes | null = null;
    for (let left = trieCount(world.workspaces); left > 0 && !this.#isClosing; left -= LOOK_COUNT) {
      const found: { readonly number: number; readonly since: number }[] = [];
      walkAfter(world.workspaces, after, (key, workspace) => {
        found.push({ number: workspace.number, since: idleSince(world, workspace) ?? 0 }); // there is a limit
        after = key;
        return found.length >= LOOK_COUNT;
      });
      yield* found;
      await new Promise<void>(nextTurn);
    }
  }

  /** Whether it is no more. Whoever uses it meanwhile keeps it: that it is idle is looked at again where it is decided. */
  async #expire(number: number): Promise<boolean> {
    const { loop } = this.#parts;
    if (this.#isClosing || getWorkspace(loop.world, number) === undefined) return true;
    const shared = { principal: 'world', requestId: null, validUntil: null, meta: null };
    return !('ok' in (await loop.submit({ type: 'expireWorkspace', workspace: number, ...shared })));
  }

  #wait(afterMs: number): void {
    if (this.#isClosing || this.#isStale) return;
    this.#alarm = this.#parts.setAlarm(afterMs, () => this.#start());
  }
}

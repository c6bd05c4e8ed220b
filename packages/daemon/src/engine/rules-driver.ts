/**
 * Drives the check of a rule pack that was proposed, a step at a time between the commands of others, until it is in force
 * or refused. A world that is opened half way goes on where it was.
 */
import { Failure } from '../errors/failure.ts';
import type { WorldLoop } from './world-loop.ts';

/** Elements a step: some milliseconds, for which everyone else waits. */
const STEP_ELEMENTS = 1000;

export class RulesDriver {
  readonly #loop: WorldLoop;
  #running: Promise<void> | undefined;
  #isClosing = false;

  constructor(loop: WorldLoop) {
    this.#loop = loop;
    loop.subscribe(() => this.#start());
    this.#start();
  }

  /** Resolves when nothing is being checked. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** Takes no further step. */
  async close(): Promise<void> {
    this.#isClosing = true;
    await this.idle();
  }

  #start(): void {
    if (this.#running !== undefined || this.#isClosing || !this.#isChecking()) return;
    this.#running = this.#run().finally(() => (this.#running = undefined));
  }

  #isChecking(): boolean {
    return this.#loop.world.installation?.status === 'checking';
  }

  async #run(): Promise<void> {
    const step = { type: 'checkRules', principal: 'world', requestId: null, validUntil: null, meta: null } as const;
    try {
      while (this.#isChecking() && !this.#isClosing) {
        const reply = await this.#loop.submit({ ...step, elementCountMax: STEP_ELEMENTS });
        // Whoever else checked may have been the last.
        const isRefused = 'ok' in reply && reply.reason !== 'RULES_NOT_CHECKING';
        if (isRefused) throw new Error(`a step of a check is refused: ${reply.detail}`);
      }
    } catch (error) {
      // A disk that is full, or a loop that died, is told to whoever writes; the next commit begins anew.
      if (!(error instanceof Failure)) throw error;
    }
  }
}

/**
 * The audit of denials at the edge: a line of the log for each, with who wanted what. Of a flood some are told, and how many were not.
 *
 * No line holds anything that was sent but names: of a route, a world, a place in the arguments.
 */
import type { Logger } from 'pino';
import type { Reason } from '../../errors/reason.ts';
import { REGISTRY } from '../../errors/registry.ts';

export interface Denial {
  readonly reason: Reason;
  readonly place: string;
  /** Null where nobody has proved who asks. */
  readonly principal: string | null;
  /** The pattern of the route, never the address, or the surface that was asked. */
  readonly route: string;
  readonly world?: string;
  readonly address?: string;
}

export const DENIALS_A_SECOND = 10;
const BURST = 50;

export interface DenialLogOptions {
  readonly logger: Logger;
  /** Never goes back. */
  readonly nowMs: () => number;
}

export class DenialLog {
  readonly #logger: Logger;
  readonly #nowMs: () => number;
  #left = BURST;
  #filledMs: number;
  #untold = 0;

  constructor({ logger, nowMs }: DenialLogOptions) {
    this.#logger = logger;
    this.#nowMs = nowMs;
    this.#filledMs = nowMs();
  }

  /** Tells of it if it is a denial, and not one too many. */
  note({ reason, ...asked }: Denial): void {
    if (REGISTRY[reason].family !== 'DENIED') return;
    this.#fill();
    if (this.#left < 1) return void (this.#untold += 1);
    this.#left -= 1;
    const untold = this.#untold === 0 ? {} : { untold: this.#untold };
    this.#untold = 0;
    this.#logger.warn({ reason, ...asked, ...untold }, 'denied');
  }

  #fill(): void {
    const nowMs = this.#nowMs();
    this.#left = Math.min(BURST, this.#left + ((nowMs - this.#filledMs) * DENIALS_A_SECOND) / 1000);
    this.#filledMs = nowMs;
  }
}

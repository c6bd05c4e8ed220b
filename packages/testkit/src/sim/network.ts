/**
 * The network between clients and the daemon: it loses messages, delivers some twice, keeps some back, and lets others
 * overtake. What is under way outlives both ends.
 */
import { oneIn, type Dice } from '../world/dice.ts';
import type { Trace } from './trace.ts';

export interface Message<To> {
  readonly label: string;
  /** Whether the network may deliver it twice: a command without a request id is told from its repeat by nobody. */
  readonly mayRepeat: boolean;
  readonly deliver: (to: To) => void;
}

interface Parcel<To> {
  readonly message: Message<To>;
  /** The turn in which it may arrive. */
  readonly dueTurn: number;
}

/** One message in so many is lost, one is repeated, and one is kept back. */
const MISHAP_ODDS = 14;
/** One in so many overtakes those before it. */
const OVERTAKING_ODDS = 5;
/** Deliveries that one is kept back for, at most. */
const DELAY_TURNS_MAX = 40;

export class Network<To> {
  readonly #dice: Dice;
  readonly #trace: Trace;
  #parcels: Parcel<To>[] = [];
  #turn = 0;
  #isCalm = false;

  constructor(dice: Dice, trace: Trace) {
    this.#dice = dice;
    this.#trace = trace;
  }

  get isEmpty(): boolean {
    return this.#parcels.length === 0;
  }

  /** From now on each message arrives once, in order. */
  calm(): void {
    this.#isCalm = true;
  }

  send(message: Message<To>): void {
    const { label, mayRepeat } = message;
    if (!this.#isCalm && oneIn(this.#dice, MISHAP_ODDS)) return this.#trace.strike('dropped message', label);
    this.#post(message);
    if (this.#isCalm || !mayRepeat || !oneIn(this.#dice, MISHAP_ODDS)) return;
    this.#trace.strike('repeated message', label);
    this.#post(message);
  }

  #post(message: Message<To>): void {
    const isDelayed = !this.#isCalm && oneIn(this.#dice, MISHAP_ODDS);
    if (isDelayed) this.#trace.strike('delayed message', message.label);
    const turns = isDelayed ? 2 + this.#dice.below(DELAY_TURNS_MAX) : 0;
    this.#parcels.push({ message, dueTurn: this.#turn + turns });
  }

  /** Delivers the oldest message, or a later one; none where all that are under way are kept back. */
  deliver(to: To): void {
    const turn = this.#turn++;
    const due = this.#parcels.filter(({ dueTurn }) => this.#isCalm || dueTurn <= turn);
    const overtakes = !this.#isCalm && due.length > 1 && oneIn(this.#dice, OVERTAKING_ODDS);
    const parcel = due[overtakes ? 1 + this.#dice.below(due.length - 1) : 0];
    if (parcel === undefined) return;
    this.#parcels = this.#parcels.filter((other) => other !== parcel);
    if (overtakes) this.#trace.strike('reordered message', parcel.message.label);
    else this.#trace.add(`arrives: ${parcel.message.label}`);
    parcel.message.deliver(to);
  }
}

/**
 * What a simulated process has still to do: turns of its event loop, and operations of its disk that are under way.
 * Nothing happens by itself; the simulation takes one after another, in an order that follows from its seed.
 */
import type { Dice } from '../world/dice.ts';

export interface Task {
  readonly label: string;
  /** An operation that a slow disk takes long for. */
  readonly isSlow: boolean;
  readonly run: () => void;
  /** What is left of it when the process dies meanwhile. */
  readonly interrupt?: (dice: Dice) => void;
}

/** On a slow disk an operation is passed over this often, as long as there is anything else. */
const SLOW_ODDS = 12;

export class Agenda {
  #tasks: Task[] = [];
  #isOver = false;
  readonly #isDiskSlow: boolean;

  constructor(isDiskSlow: boolean) {
    this.#isDiskSlow = isDiskSlow;
  }

  get isEmpty(): boolean {
    return this.#tasks.length === 0;
  }

  add(task: Task): void {
    if (!this.#isOver) this.#tasks.push(task);
  }

  /** Takes a task off, any of them; there is one at least. A slow one may be put off: then nothing is taken. */
  take(dice: Dice): Task | undefined {
    const at = dice.below(this.#tasks.length);
    if (this.#isDiskSlow && this.#tasks[at]?.isSlow === true && dice.below(SLOW_ODDS) > 0) return undefined;
    return this.#tasks.splice(at, 1)[0];
  }

  /** The process is dead: nothing runs any more. */
  end(dice: Dice): void {
    this.#isOver = true;
    for (const task of this.#tasks.splice(0)) task.interrupt?.(dice);
  }
}

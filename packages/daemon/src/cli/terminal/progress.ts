/**
 * Progress of long work: a bar that is redrawn on a terminal, a line now and then elsewhere.
 *
 * Drawn by hand because the daemon must keep its standard input and its signals to itself, which the prompt libraries
 * take over while they draw.
 */
import { countText, plainText } from './plain-text.ts';

export interface ProgressStep {
  /** What is being done: `importing jitos`. */
  readonly label: string;
  readonly done: number;
  /** Null while it isn't known. */
  readonly total: number | null;
  /** What is counted, plural: `commits`. */
  readonly unit: string;
  readonly perSecond: number | null;
}

export interface ProgressOptions {
  readonly write: (text: string) => void;
  readonly isTerminal: boolean;
  /** Columns of the terminal. */
  readonly width: () => number;
  /** Monotonic milliseconds. */
  readonly nowMs: () => number;
}

const REDRAW_MS = 100;
const LINE_MS = 2000;
const BAR_LENGTH = 24;
const CLEAR_LINE = '\r\u001b[K';

export class Progress {
  readonly #options: ProgressOptions;
  #shownAtMs: number;
  #last: ProgressStep | undefined;
  /** Whether a bar stands on the terminal's last line. */
  #isDrawn = false;

  constructor(options: ProgressOptions) {
    this.#options = options;
    this.#shownAtMs = this.#startMs();
  }

  get isTerminal(): boolean {
    return this.#options.isTerminal;
  }

  /** Shows the step, unless one was shown a moment ago. */
  update(step: ProgressStep): void {
    const { isTerminal, nowMs } = this.#options;
    this.#last = step;
    const now = nowMs();
    if (now - this.#shownAtMs < (isTerminal ? REDRAW_MS : LINE_MS)) return;
    this.#shownAtMs = now;
    this.#show(step);
  }

  /** Writes lines of something else without leaving pieces of the bar behind. */
  aside(write: () => void): void {
    this.#clear();
    write();
    if (this.#last !== undefined && this.#options.isTerminal) this.#show(this.#last);
  }

  /** The work is over: the bar goes. Where there is none, `last` is shown as the last line. */
  end(last?: ProgressStep): void {
    this.#clear();
    this.#last = undefined;
    this.#shownAtMs = this.#startMs();
    if (last !== undefined && !this.#options.isTerminal) this.#show(last);
  }

  /** A bar is drawn at once; of work that is soon over no line is written. */
  #startMs(): number {
    return this.#options.isTerminal ? -Infinity : this.#options.nowMs();
  }

  #clear(): void {
    if (this.#isDrawn) this.#options.write(CLEAR_LINE);
    this.#isDrawn = false;
  }

  #show(step: ProgressStep): void {
    const { write, isTerminal, width } = this.#options;
    if (!isTerminal) return write(`${stepText(step)}\n`);
    // One column stays free: a full line would wrap, and could not be cleared.
    write(CLEAR_LINE + `${barText(step)}${stepText(step)}`.slice(0, Math.max(0, width() - 1)));
    this.#isDrawn = true;
  }
}

/** `importing jitos: 1,200 of 5,000 commits, 24 %, 500/s, 8 s left`. */
export function stepText({ label, done, total, unit, perSecond }: ProgressStep): string {
  const share = total === null || total === 0 ? '' : `, ${Math.floor((100 * done) / total)} %`;
  const amount = total === null ? countText(done) : `${countText(done)} of ${countText(total)}`;
  const speed = perSecond === null || perSecond === 0 ? '' : `, ${countText(perSecond)}/s`;
  return `${plainText(label)}: ${amount} ${unit}${share}${speed}${leftText(done, total, perSecond)}`;
}

/** What is left at this speed. */
function leftText(done: number, total: number | null, perSecond: number | null): string {
  if (total === null || perSecond === null || perSecond === 0 || done >= total) return '';
  const seconds = Math.ceil((total - done) / perSecond);
  return seconds < 120 ? `, ${seconds} s left` : `, ${countText(Math.ceil(seconds / 60))} min left`;
}

function barText({ done, total }: ProgressStep): string {
  if (total === null || total === 0) return '';
  const filled = Math.min(BAR_LENGTH, Math.floor((BAR_LENGTH * done) / total));
  return `[${'='.repeat(filled)}${' '.repeat(BAR_LENGTH - filled)}] `;
}

/** What is used of a standard stream. */
export interface ProgressStream {
  readonly isTTY: boolean;
  readonly columns: number;
  write(text: string): unknown;
}

/** Progress on a stream of this process. */
export function progressOn(stream: ProgressStream): Progress {
  return new Progress({
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY,
    // A terminal without a size says 0.
    width: () => stream.columns || 80,
    nowMs: () => performance.now(),
  });
}

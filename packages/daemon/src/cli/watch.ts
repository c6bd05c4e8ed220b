/**
 * Watching: a question that is asked again every second, and its answer printed whenever it is another than before.
 *
 * On a terminal the answer is drawn in the place of the one before, as much of it as there is room for; with `--json` each is a
 * line, and in a pipe one stands below the other.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Failure } from '../errors/failure.ts';
import { REGISTRY } from '../errors/registry.ts';
import type { Answer, Context } from './command.ts';
import type { Session } from './session.ts';
import type { Paper, ScreenSize } from './terminal/paper.ts';

/** Commander's flag for it. */
export const WATCH_FLAG = ['--watch', 'show it anew whenever it changes, until it is interrupted'] as const;

/** As commander leaves it. */
export interface WatchFlags {
  readonly watch?: true;
}

const INTERVAL_MS = 1000;

/** What watching needs of a command's context. */
export type Watching = Pick<Context, 'stopSignal' | 'progress' | 'screen' | 'print'> & {
  readonly session: () => Promise<Pick<Session, 'isServed'>>;
};

/** The answer, or with `--watch` all of them until an interrupt. Throws `USAGE` for what nobody but this process can change. */
export async function answerOrWatch(
  context: Watching,
  { watch }: WatchFlags,
  ask: () => Promise<Answer>,
  intervalMs: number = INTERVAL_MS,
): Promise<Answer> {
  return watch === true ? await watchAnswers(context, ask, intervalMs) : await ask();
}

async function watchAnswers(context: Watching, ask: () => Promise<Answer>, intervalMs: number): Promise<Answer> {
  const { isServed } = await context.session();
  if (!isServed) {
    throw new Failure('USAGE', '--watch', 'no daemon serves the folder, and without one nothing comes to watch');
  }
  const signal = context.stopSignal();
  let last: string | undefined;
  let silentSinceMs: number | undefined;
  while (!signal.aborted) {
    try {
      const answer = await ask();
      context.progress.end();
      silentSinceMs = undefined;
      const told = JSON.stringify(answer.json);
      if (told !== last) context.print({ json: answer.json, text: (paper) => shownText(paper, context, answer) });
      last = told;
    } catch (error) {
      if (last === undefined || !mayPass(error)) throw error;
      silentSinceMs ??= performance.now();
      const done = Math.round((performance.now() - silentSinceMs) / 1000);
      context.progress.update({ label: 'no answer', done, total: null, unit: 's', perSecond: null });
    }
    await wait(intervalMs, undefined, { signal }).catch(() => undefined);
  }
  return { json: undefined, text: () => '', status: 0 };
}

function mayPass(error: unknown): boolean {
  return error instanceof Failure && REGISTRY[error.reason].retry === 'later';
}

const CLEAR_SCREEN = '\u001b[H\u001b[2J\u001b[3J';

function shownText(paper: Paper, { screen }: Pick<Watching, 'screen'>, answer: Answer): string {
  const text = answer.text(paper);
  return paper.isTerminal ? `${CLEAR_SCREEN}${fittingText(text, screen())}` : text;
}

/** The first lines, as many as a terminal of this size has room for, and how many are left. */
export function fittingText(text: string, { width, height }: ScreenSize): string {
  const lines = text.split('\n').slice(0, -1);
  const fitting: string[] = [];
  // The last row is for what is left, and the cursor stands on one of its own.
  let rows = height - 2;
  for (const line of lines) {
    rows -= Math.max(1, Math.ceil(printedLength(line) / width));
    if (rows < 0) break;
    fitting.push(line);
  }
  const left = lines.length - fitting.length;
  return [...fitting, ...(left === 0 ? [] : [`and ${left} more lines`])].map((line) => `${line}\n`).join('');
}

/** Colours take no room. */
function printedLength(line: string): number {
  return line.replaceAll(/\u001b\[\d+m/g, '').length;
}

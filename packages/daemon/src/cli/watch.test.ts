import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Failure } from '../errors/failure.ts';
import type { Answer } from './command.ts';
import { Progress } from './terminal/progress.ts';
import { answerOrWatch, fittingText, type Watching } from './watch.ts';

const TERMINAL = { isTerminal: true, hasColor: false };
const SILENT = new Progress({ write: () => undefined, isTerminal: false, width: () => 80, nowMs: () => 0 });

/** What is drawn on a terminal of four rows while the answers come, one after the other. */
async function watch(...answers: readonly (readonly string[] | Failure)[]): Promise<readonly string[]> {
  const stop = new AbortController();
  const drawn: string[] = [];
  const context: Watching = {
    session: () => Promise.resolve({ isServed: true }),
    stopSignal: () => stop.signal,
    progress: SILENT,
    screen: () => ({ width: 10, height: 5 }),
    print: ({ text }) => void drawn.push(text(TERMINAL)),
  };
  const left = [...answers];
  const ask = async (): Promise<Answer> => {
    const next = left.shift();
    if (left.length === 0) stop.abort();
    if (next instanceof Failure) throw next;
    return { json: next, text: () => (next ?? []).map((line) => `${line}\n`).join(''), status: 0 };
  };
  await answerOrWatch(context, { watch: true }, ask, 1);
  assert.deepEqual(left, []);
  return drawn;
}

test('an answer is drawn in the place of the one before, and only if it is another', async () => {
  const drawn = await watch(['a'], ['a'], ['b']);
  assert.deepEqual(drawn, ['\u001b[H\u001b[2J\u001b[3Ja\n', '\u001b[H\u001b[2J\u001b[3Jb\n']);
});

test('a daemon that is silent for a while is asked on, one that never answered is not', async () => {
  const silent = new Failure('DAEMON_UNREACHABLE', '', 'nobody');
  assert.equal((await watch(['a'], silent, ['b'])).length, 2);
  await assert.rejects(watch(silent, ['a']), { reason: 'DAEMON_UNREACHABLE' });
  await assert.rejects(watch(['a'], new Failure('WORKSPACE_ENDED', '', 'over')), { reason: 'WORKSPACE_ENDED' });
});

test('a terminal is filled, and no more', () => {
  const screen = { width: 10, height: 5 };
  assert.equal(fittingText('1\n2\n3\n', screen), '1\n2\n3\n');
  assert.equal(fittingText('1\n2\n3\n4\n5\n', screen), '1\n2\n3\nand 2 more lines\n');
  // A line that is too long takes two rows; colours take none.
  assert.equal(fittingText('12345678901\n2\n3\n', screen), '12345678901\n2\nand 1 more lines\n');
  assert.equal(fittingText('\u001b[2m1234567890\u001b[22m\n2\n3\n', screen).split('\n').length, 4);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Progress, progressOn, stepText, type ProgressStep } from './progress.ts';

const STEP: ProgressStep = { label: 'importing', done: 1200, total: 5000, unit: 'commits', perSecond: 5100 };
const CLEAR = '\r\u001b[K';

interface Drawing {
  readonly progress: Progress;
  /** Everything written since it was asked last. */
  readonly taken: () => string;
  readonly clock: { nowMs: number };
}

function draw({ isTerminal, width = 80 }: { readonly isTerminal: boolean; readonly width?: number }): Drawing {
  let written = '';
  const clock = { nowMs: 0 };
  const write = (text: string): void => void (written += text);
  return {
    clock,
    progress: new Progress({ write, isTerminal, width: () => width, nowMs: () => clock.nowMs }),
    taken: () => {
      const text = written;
      written = '';
      return text;
    },
  };
}

test('a step says how far, of what, and how fast, as far as that is known', () => {
  assert.equal(stepText(STEP), 'importing: 1,200 of 5,000 commits, 24 %, 5,100/s, 1 s left');
  assert.match(stepText({ ...STEP, perSecond: 10 }), /, 10\/s, 7 min left$/);
  assert.match(stepText({ ...STEP, done: 5000 }), /, 5,100\/s$/);
  assert.equal(stepText({ ...STEP, total: null, perSecond: null }), 'importing: 1,200 commits');
  assert.equal(stepText({ ...STEP, done: 0, total: 0 }), 'importing: 0 of 0 commits, 5,100/s');
});

test('on a terminal a bar is redrawn in place, ten times a second at most, and goes when the work is over', () => {
  const drawing = draw({ isTerminal: true });
  drawing.progress.update(STEP);
  assert.equal(drawing.taken(), `${CLEAR}[=====                   ] ${stepText(STEP)}`.slice(0, CLEAR.length + 79));
  drawing.clock.nowMs = 99;
  drawing.progress.update(STEP);
  assert.equal(drawing.taken(), '');
  drawing.clock.nowMs = 100;
  drawing.progress.update(STEP);
  assert.notEqual(drawing.taken(), '');
  drawing.progress.end(STEP);
  assert.equal(drawing.taken(), CLEAR);
});

test('a bar never fills the line: it would wrap', () => {
  const drawing = draw({ isTerminal: true, width: 20 });
  drawing.progress.update({ ...STEP, done: 5000 });
  assert.equal(drawing.taken().length, CLEAR.length + 19);
});

test('a terminal that has no size is drawn on as one of 80 columns', () => {
  let written = '';
  progressOn({ isTTY: true, columns: 0, write: (text) => (written += text) }).update(STEP);
  assert.ok(written.includes('importing: 1,200 of 5,000 commits'));
});

test('lines of something else push the bar down', () => {
  const drawing = draw({ isTerminal: true });
  drawing.progress.update(STEP);
  const bar = drawing.taken();
  drawing.progress.aside(() => drawing.taken());
  assert.equal(drawing.taken(), bar);
});

test('elsewhere there is a line every two seconds, none for work that is soon over, and a last one if asked for', () => {
  const drawing = draw({ isTerminal: false });
  drawing.progress.update(STEP);
  assert.equal(drawing.taken(), '');
  drawing.clock.nowMs = 2000;
  drawing.progress.update(STEP);
  drawing.progress.update(STEP);
  assert.equal(drawing.taken(), `${stepText(STEP)}\n`);
  drawing.progress.end();
  assert.equal(drawing.taken(), '');
  drawing.progress.end(STEP);
  assert.equal(drawing.taken(), `${stepText(STEP)}\n`);
});

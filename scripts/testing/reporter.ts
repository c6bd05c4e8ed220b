/**
 * The reporter of `npm test`: a dot for each test that passed, each failure in full as it happens, and what tests
 * print. Its verdict is left as JSON in the folder that the environment names.
 */
import { writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';
import { inspect } from 'node:util';
import { TALLY_DIR_VARIABLE } from './tally.ts';

/** A test that was passed over. */
export interface Omission {
  readonly file: string;
  readonly name: string;
  readonly how: 'skip' | 'todo';
  /** What the test gave as the reason; '' if nothing. */
  readonly reason: string;
}

/** What one `node --test` saw. */
export interface Report {
  readonly passed: number;
  readonly failed: number;
  readonly omissions: readonly Omission[];
}

export const REPORT_FILE = 'report.json';

const DOTS_PER_LINE = 100;

type TestPassed = Extract<TestEvent, { type: 'test:pass' }>['data'];
type TestFailed = Extract<TestEvent, { type: 'test:fail' }>['data'];

function omissionOf(test: TestPassed | TestFailed): Omission | undefined {
  const file = test.file ?? '';
  for (const how of ['skip', 'todo'] as const) {
    const mark = test[how];
    if (mark !== undefined && mark !== false) {
      return { file, name: test.name, how, reason: mark === true ? '' : mark };
    }
  }
  return undefined;
}

/** True for a suite or test that failed only because one inside it did: that one is counted. */
function isEcho(test: TestFailed): boolean {
  return 'failureType' in test.details.error && test.details.error.failureType === 'subtestsFailed';
}

function describeFailure(test: TestFailed): string {
  const place = `${relative('.', test.file ?? '')}:${test.line ?? 0}`;
  const { error } = test.details;
  const shown = inspect(error.cause ?? error, { colors: process.stdout.isTTY }).replaceAll('\n', '\n    ');
  return `not ok: ${test.name} (${place})\n    ${shown}\n\n`;
}

async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const omissions: Omission[] = [];
  let passed = 0;
  let failed = 0;
  let dots = 0;
  const onNewLine = (text: string): string => {
    const lead = dots === 0 ? '' : '\n';
    dots = 0;
    return lead + text;
  };
  for await (const { type, data } of events) {
    if (type === 'test:stdout' || type === 'test:stderr') yield onNewLine(data.message);
    if (type !== 'test:pass' && type !== 'test:fail') continue;
    const omission = omissionOf(data);
    if (omission) omissions.push(omission);
    else if (type === 'test:fail' && !isEcho(data)) {
      failed += 1;
      yield onNewLine(describeFailure(data));
    } else if (type === 'test:pass' && data.details.type !== 'suite') {
      passed += 1;
      dots = (dots + 1) % DOTS_PER_LINE;
      yield dots === 0 ? '.\n' : '.';
    }
  }
  yield onNewLine('');
  const dir = process.env[TALLY_DIR_VARIABLE];
  const verdict: Report = { passed, failed, omissions };
  if (dir !== undefined) writeFileSync(join(dir, REPORT_FILE), JSON.stringify(verdict));
}

// oxlint-disable-next-line import/no-default-export -- `--test-reporter` takes the default export
export default report;

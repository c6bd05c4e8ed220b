/**
 * A reporter for who wants to know only whether any test fails: it says which was the first, and nothing else, through
 * the pipe that the runner opened at `FAILURE_FD` (what tests print goes elsewhere).
 */
import { writeSync } from 'node:fs';
import { relative } from 'node:path';
import type { TestEvent } from 'node:test/reporters';

/** The test that failed first. */
export interface FirstFailure {
  /** Relative to the folder of the run. */
  readonly file: string;
  readonly name: string;
}

export const FAILURE_FD = 3;

// oxlint-disable-next-line import/no-default-export, require-yield -- `--test-reporter` takes the default export, a generator
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if (type !== 'test:fail') continue;
    const failure: FirstFailure = { file: relative('.', data.file ?? ''), name: data.name };
    writeSync(FAILURE_FD, JSON.stringify(failure));
    return;
  }
}

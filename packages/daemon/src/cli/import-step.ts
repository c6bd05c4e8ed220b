/** An import's status as a step of progress. */
import type { ImportStatus } from '../planes/git/import-jobs.ts';
import type { ProgressStep } from './terminal/progress.ts';

export function importStep({ world, commitsDone, commitsTotal, commitsPerSecond }: ImportStatus): ProgressStep {
  return {
    label: `importing into ${world}`,
    done: commitsDone,
    total: commitsTotal,
    unit: 'commits',
    perSecond: commitsPerSecond,
  };
}

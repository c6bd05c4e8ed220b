/** What is told of an import: its status as a step of progress, and that it found nothing. */
import type { ImportStatus } from '../planes/git/import-jobs.ts';
import type { ProgressStep } from './terminal/progress.ts';

/** Instead of the number of commits imported, and of speeds that would be 0. */
export const NOTHING_NEW = '0, nothing new';

export function importStep({ world, commitsDone, commitsTotal, commitsPerSecond }: ImportStatus): ProgressStep {
  return {
    label: `importing into ${world}`,
    done: commitsDone,
    total: commitsTotal,
    unit: 'commits',
    perSecond: commitsPerSecond,
  };
}

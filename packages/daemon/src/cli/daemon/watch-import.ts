/** Watches an import that the daemon runs, for the person who started it. */
import type { ImportJobs, ImportRequest, ImportStatus } from '../../planes/git/import-jobs.ts';
import { importStep } from '../import-step.ts';
import type { Progress } from '../terminal/progress.ts';

const LOOK_MS = 100;

/** Starts it and resolves when it has ended, well or not. Throws what starting it throws. */
export async function runWatchedImport(
  imports: ImportJobs,
  request: ImportRequest,
  progress: Progress,
): Promise<ImportStatus> {
  const { id } = await imports.start(request);
  const look = setInterval(() => {
    const status = imports.get(id);
    if (status !== undefined) progress.update(importStep(status));
  }, LOOK_MS);
  const status = await imports.ended(id);
  clearInterval(look);
  progress.end(importStep(status));
  return status;
}

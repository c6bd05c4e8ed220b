/** What `jitosd` imports when it starts, decided before it touches anything. */
import { fileURLToPath } from 'node:url';
import { Failure } from '../../errors/failure.ts';
import { openRepository } from '../../planes/git/git-repository.ts';
import type { DaemonOptions } from './options.ts';
import type { StopCause } from './stop.ts';

export type FirstImport =
  | { readonly repository: string }
  /** `why` is null where nobody wanted one. */
  | { readonly repository: null; readonly why: string | null };

/** The top folder of the checkout that this program runs from. */
const CHECKOUT: string = fileURLToPath(new URL('../../../../../', import.meta.url)).replace(/\/$/, '');

/**
 * Chooses the repository. The checkout's own is left out, with the reason, where it can't be imported; one that was
 * asked for must be good: throws `REPOSITORY_INVALID` or `GIT_FAILED`. Gives up when a stop is requested, with
 * `SHUTTING_DOWN`.
 */
export async function chooseFirstImport(
  choice: DaemonOptions['import'],
  environment: NodeJS.ProcessEnv,
  stopRequested: Promise<StopCause>,
): Promise<FirstImport> {
  if (choice.from === 'nowhere') return { repository: null, why: null };
  const path = choice.from === 'path' ? choice.path : CHECKOUT;
  const abort = new AbortController();
  void stopRequested.then(({ what }) => abort.abort(new Failure('SHUTTING_DOWN', '', `stopped by ${what}`)));
  try {
    await openRepository({ path, environment, signal: abort.signal });
  } catch (error) {
    if (choice.from === 'path' || abort.signal.aborted || !(error instanceof Failure)) throw error;
    return { repository: null, why: `${path}: ${error.message}` };
  }
  return { repository: path };
}

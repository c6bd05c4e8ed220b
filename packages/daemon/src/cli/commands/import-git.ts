/**
 * `jitosctl import git`: has a git history imported, by the daemon or in this process, and shows how far it is.
 *
 * Interrupted, the daemon's import goes on; one in this process stops between two commits, and the next goes on there.
 */
import type { Command } from 'commander';
import { resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Failure } from '../../errors/failure.ts';
import type { ImportStatus } from '../../planes/git/import-jobs.ts';
import { examples, type Answer, type Context, type Run } from '../command.ts';
import { importStep, NOTHING_NEW } from '../import-step.ts';
import { toFailure } from '../remote-failure.ts';
import { pairsText, type Paper } from '../terminal/paper.ts';
import { countText } from '../terminal/plain-text.ts';

const POLL_MS = 100;

export function addImportGit(group: Command, run: Run): void {
  group
    .command('git')
    .description('import every commit that HEAD reaches; a second time, only new ones')
    .argument('<repo>', 'top folder of a work tree, or a bare repository')
    .addHelpText('after', examples('import git ../my-project', 'import git . --world lab --json'))
    .action((repository: string, _options: unknown, command: Command) => {
      return run(command, (context) => importGit(context, repository));
    });
}

async function importGit(context: Context, repository: string): Promise<Answer> {
  const { flags, workingDir, progress } = context;
  const session = await context.session({ mayMakeFolder: true });
  const signal = context.stopSignal();
  let status = await session.startImport({ repository: resolve(workingDir, repository), world: flags.world });
  while (status.state === 'running') {
    progress.update(importStep(status));
    await delay(POLL_MS, undefined, { signal }).catch(() => {
      throw new Failure('INTERRUPTED', status.world, session.isServed ? GOES_ON : STOPPED);
    });
    status = await session.getImport(status.id);
  }
  if (status.error !== null) throw toFailure(status.error);
  return { json: status, text: (paper) => importText(paper, status), status: 0 };
}

const GOES_ON = 'the daemon goes on with the import by itself';
const STOPPED = 'the import stopped after a whole commit, and the next one goes on there';

function importText(paper: Paper, status: ImportStatus): string {
  const { world, digest, commitsImported, commitsPerSecond, eventsPerSecond } = status;
  const number = (count: number): string => (paper.isTerminal ? countText(count) : String(count));
  const pairs = [
    ['world', world],
    ['digest', digest ?? ''],
  ] as const;
  if (commitsImported === 0) return pairsText(paper, [...pairs, ['commits imported', NOTHING_NEW]]);
  return pairsText(paper, [
    ...pairs,
    ['commits imported', number(commitsImported)],
    ['commits/s', number(commitsPerSecond)],
    ['events/s', number(eventsPerSecond)],
  ]);
}

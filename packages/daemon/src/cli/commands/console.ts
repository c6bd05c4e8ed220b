/** `jitosctl console`: the address of the page, with the token that it needs. */
import type { Command } from 'commander';
import { Failure } from '../../errors/failure.ts';
import { examples, type Run } from '../command.ts';
import { readToken } from '../daemon/token-file.ts';
import { findAsked } from '../open-session.ts';

export function addConsole(program: Command, run: Run): void {
  program
    .command('console')
    .description('print the address of the page; whoever has it has every right, until the token changes')
    .addHelpText('after', examples('console', 'console --world lab'))
    .action(async (_flags: unknown, command: Command) => {
      await run(command, async ({ flags }) => {
        const daemon = await findAsked(flags);
        if (daemon === undefined)
          throw new Failure('DAEMON_UNREACHABLE', flags.dataDir, 'no daemon serves this folder');
        const address = `${daemon.address}/${fragmentOf(daemon.tokenFile, flags.world)}`;
        return { json: { address }, text: () => `${address}\n`, status: 0 };
      });
    });
}

/** What is behind the # stays in the browser: it is part of no request. */
function fragmentOf(tokenFile: string | null, world: string | null): string {
  if (tokenFile === null) return world === null ? '' : `#${world}`;
  const given = { token: readToken(tokenFile), ...(world === null ? {} : { world }) };
  return `#${new URLSearchParams(given).toString()}`;
}

/** `jitosctl completion bash`: the script by which bash completes command lines; and the hidden command that it asks. */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';

export function addCompletionBash(group: Command, run: Run): void {
  group
    .command('bash')
    .description('print a script by which bash completes commands, flags, worlds and workspaces')
    .addHelpText('after', examples('completion bash > ~/.local/share/bash-completion/completions/jitosctl'))
    .action((_options: unknown, command: Command) => {
      return run(command, async () => {
        // Loaded only here: no other command needs it.
        const { bashScript } = await import('../completion/bash-script.ts');
        const script = bashScript(rootOf(command));
        return { json: { script }, text: () => script, status: 0 };
      });
    });
}

/** Prints what may stand in a place, a line each; where the daemon does not answer at once, nothing. */
export function addComplete(program: Command, run: Run): void {
  program
    .command('complete', { hidden: true })
    .argument('<what>')
    .action((what: string, _options: unknown, command: Command) => {
      return run(command, async (context) => {
        const { suggest } = await import('../completion/suggest.ts');
        const suggestions = await suggest(context, what).catch((): readonly string[] => []);
        return {
          json: { suggestions },
          text: () => suggestions.map((each) => `${each}\n`).join(''),
          status: 0,
        };
      });
    });
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

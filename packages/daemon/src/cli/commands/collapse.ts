/** `jitosctl collapse`: carries a workspace into what it was forked from, or tells that it could not be. */
import type { Command } from 'commander';
import { collapseWorkspace, type CollapseFlags } from '../collapse-workspace.ts';
import { examples, type Run } from '../command.ts';
import { FOOTPRINT_FLAG } from '../footprint.ts';
import { addMetaFlags } from '../meta.ts';

export function addCollapse(program: Command, run: Run): void {
  const command = program
    .command('collapse')
    .description('carry a workspace into what it was forked from; exit status 1 if conflicts abort it');
  addCollapseFlags(command)
    .addHelpText(
      'after',
      examples(
        'collapse 0',
        'collapse 0 --policy three-way --preview',
        'collapse --view sws:0 --policy serializable --footprint reads.json --json',
      ),
    )
    .action((named: string | undefined, options: CollapseFlags) => {
      return run(command, (context) => collapseWorkspace(context, named, options));
    });
}

export function addCollapseFlags(command: Command): Command {
  command
    .argument('[sws]', 'its number; else the one that --view names')
    .option('--policy <name>', 'what becomes of conflicts, by name or number; else what the world has set')
    .option(...FOOTPRINT_FLAG)
    .option('--preview', 'only tell what would come of it');
  return addMetaFlags(command);
}

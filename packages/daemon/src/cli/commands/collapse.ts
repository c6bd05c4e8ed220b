/** `jitosctl collapse`: carries a workspace into what it was forked from, or tells that it could not be. */
import type { Command } from 'commander';
import { collapseBatch } from '../collapse-batch.ts';
import { collapseWorkspace, type CollapseFlags } from '../collapse-workspace.ts';
import { examples, type Run } from '../command.ts';
import { FOOTPRINT_FLAG } from '../footprint.ts';
import { addMetaFlags } from '../meta.ts';

interface BatchFlag {
  readonly batch?: readonly string[];
}

export function addCollapse(program: Command, run: Run): void {
  const command = program
    .command('collapse')
    .description('carry a workspace into what it was forked from; exit status 1 if conflicts abort it');
  addCollapseFlags(command)
    .option('--batch <sws...>', 'workspaces that have nothing in common instead, all of them as one event')
    .addHelpText(
      'after',
      examples(
        'collapse 0',
        'collapse 0 --policy three-way --preview',
        'collapse --batch sws:1 sws:2 sws:3',
        'collapse --view sws:0 --policy serializable --footprint reads.json --json',
      ),
    )
    .action((named: string | undefined, { batch, ...options }: CollapseFlags & BatchFlag) => {
      return run(command, (context) => {
        if (batch === undefined) return collapseWorkspace(context, named, options);
        return collapseBatch(context, named === undefined ? batch : [named, ...batch], options);
      });
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

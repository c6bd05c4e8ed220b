/** `jitosctl collapse`: carries a workspace into what it was forked from, or tells that it could not be. */
import type { Command } from 'commander';
import { Failure } from '../../errors/failure.ts';
import { collapseBatch, type BatchFlags } from '../collapse-batch.ts';
import { collapseWorkspace, type CollapseFlags } from '../collapse-workspace.ts';
import { examples, type Run } from '../command.ts';
import { FOOTPRINT_FLAG } from '../footprint.ts';
import { addMetaFlags } from '../meta.ts';

export function addCollapse(program: Command, run: Run): void {
  const command = program
    .command('collapse')
    .description('carry a workspace into what it was forked from; exit status 1 if conflicts abort it');
  addCollapseFlags(command)
    .option('--batch <sws...>', 'workspaces that have nothing in common instead, all of them as one event')
    .option('--in-order', 'with --batch: they may have, and go one after the other as they are named')
    .addHelpText(
      'after',
      examples(
        'collapse 0',
        'collapse 0 --policy three-way --preview',
        'collapse --batch sws:1 sws:2 sws:3',
        'collapse --batch sws:3 sws:1 --in-order',
        'collapse --view sws:0 --policy serializable --footprint reads.json --json',
      ),
    )
    .action((named: string | undefined, { batch, inOrder, ...options }: CollapseFlags & Partial<BatchFlags>) => {
      return run(command, (context) => {
        const order = inOrder && { inOrder };
        if (batch !== undefined) {
          return collapseBatch(context, { batch: named === undefined ? batch : [named, ...batch], ...order }, options);
        }
        if (order !== undefined) throw new Failure('USAGE', '--in-order', 'only a batch has an order');
        return collapseWorkspace(context, named, options);
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

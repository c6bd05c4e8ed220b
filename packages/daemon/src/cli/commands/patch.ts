/** `jitosctl patch`: what differs, carried as a file into any world. */
import type { Command } from 'commander';
import type { ApplyFlags } from '../apply-patch.ts';
import { examples, type Run } from '../command.ts';
import type { ExportFlags } from '../export-patch.ts';
import { addMetaFlags } from '../meta.ts';
import { addMomentFlags } from '../moments.ts';

export function addPatchExport(patch: Command, run: Run): void {
  const command = patch.command('export').description('write the ops that turn one state into another as a patch');
  addMomentFlags(command)
    .option('--out <file>', 'write the patch there; else it is the answer')
    .addHelpText(
      'after',
      examples(
        'patch export --view sws:3 > sws-3.patch.json',
        'patch export --from 100 --to 200 --out 100-200.patch.json',
      ),
    )
    .action((options: ExportFlags) => {
      return run(command, async (context) => {
        // Loaded only here: what talks to a daemon doesn't need canonical JSON.
        const { exportPatch } = await import('../export-patch.ts');
        return await exportPatch(context, options);
      });
    });
}

export function addPatchApply(patch: Command, run: Run): void {
  const command = patch
    .command('apply')
    .description('write a patch to a workspace, or to a new one where --view names none')
    .argument('<file>', 'what `patch export` wrote')
    .option('--force', 'drop what the ops expect of their elements: write over what has changed');
  addMetaFlags(command)
    .addHelpText(
      'after',
      examples('patch apply sws-3.patch.json --view sws:4', 'patch apply sws-3.patch.json --world lab'),
    )
    .action((file: string, options: ApplyFlags) => {
      return run(command, async (context) => {
        // Loaded only here: what talks to a daemon doesn't need the kernel.
        const { applyPatch } = await import('../apply-patch.ts');
        return await applyPatch(context, file, options);
      });
    });
}

/** `jitosctl verify-proof`: checks a proof with nothing but the file and a public key. */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';

export function addVerifyProof(program: Command, run: Run): void {
  program
    .command('verify-proof')
    .description('check a proof against a public key, without a daemon or a data folder')
    .argument('<file>', 'what `jitosctl prove` wrote')
    .requiredOption('--key <key>', "the world's public key, or the file that holds it (world.pub)")
    .option('--handovers <file>', 'changes of keys since that one, as `key show --out` wrote them')
    .addHelpText(
      'after',
      examples(
        'verify-proof event-42.json --key world.pub',
        'verify-proof event-42.json --key world.pub --handovers handovers.jsonl',
      ),
    )
    .action(
      (file: string, { key, handovers }: { readonly key: string; readonly handovers?: string }, command: Command) => {
        return run(command, async (context) => {
          // Loaded only here: other commands check no proofs.
          const { verifyProof } = await import('../verify-proof.ts');
          return verifyProof(context, { file, key, handovers });
        });
      },
    );
}

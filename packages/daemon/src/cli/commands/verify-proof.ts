/** `jitosctl verify-proof`: checks a proof with nothing but the file and a public key. */
import type { Command } from 'commander';
import { examples, type Run } from '../command.ts';

export function addVerifyProof(program: Command, run: Run): void {
  program
    .command('verify-proof')
    .description('check a proof against a public key, without a daemon or a data folder')
    .argument('<file>', 'what `jitosctl prove` wrote')
    .requiredOption('--key <key>', "the world's public key, or the file that holds it (world.pub)")
    .addHelpText('after', examples('verify-proof event-42.json --key world.pub'))
    .action((file: string, { key }: { readonly key: string }, command: Command) => {
      return run(command, async (context) => {
        // Loaded only here: other commands check no proofs.
        const { verifyProof } = await import('../verify-proof.ts');
        return verifyProof(context, { file, key });
      });
    });
}

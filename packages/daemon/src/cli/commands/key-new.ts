/** `jitosctl key new`: a key for a principal. Asks no daemon. */
import type { Command } from 'commander';
import { keyPrincipal } from '@jitos/kernel';
import { resolve } from 'node:path';
import { examples, type Run } from '../command.ts';
import { makeKeyFile } from '../key-file.ts';
import { pairsText } from '../terminal/paper.ts';

export function addKeyNew(key: Command, run: Run): void {
  key
    .command('new')
    .argument('<file>', 'file to make, for its owner alone')
    .description('make a key that grants can be given to, and that commands are asked with (--key-file)')
    .addHelpText('after', examples('key new ann.key'))
    .action((file: string, _flags: unknown, command: Command) => {
      return run(command, ({ workingDir }) => {
        const path = resolve(workingDir, file);
        const { publicKey, publicKeyHex } = makeKeyFile(path);
        const told = { file: path, publicKey: publicKeyHex, principal: keyPrincipal(publicKey) };
        return Promise.resolve({ json: told, text: (paper) => pairsText(paper, Object.entries(told)), status: 0 });
      });
    });
}

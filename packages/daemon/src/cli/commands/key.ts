/** `jitosctl key`: the keys that sign a world's tree heads. */
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { PublicKeys } from '../../engine/proofs/signing-keys.ts';
import { Failure } from '../../errors/failure.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { leftColumns, tableText } from '../terminal/paper.ts';

/** As commander leaves them. */
interface KeyFlags {
  readonly out?: string;
}

export function addKeyShow(key: Command, run: Run): void {
  withOut(key.command('show').description('show the public keys, from the first to the one that signs now'))
    .addHelpText('after', examples('key show', 'key show --world jitos --out handovers.jsonl'))
    .action((flags: KeyFlags, command: Command) => {
      return run(command, async (context) => {
        return keysAnswer(context, flags, await (await context.session()).keys(worldOf(context.flags)), '');
      });
    });
}

export function addKeyRotate(key: Command, run: Run): void {
  withOut(key.command('rotate').description('change to a new key; the one before vouches for it'))
    .addHelpText('after', examples('key rotate', 'key rotate --world jitos --out handovers.jsonl'))
    .action((flags: KeyFlags, command: Command) => {
      return run(command, async (context) => {
        const keys = await (await context.session()).rotateKey(worldOf(context.flags));
        return keysAnswer(context, flags, keys, '; the key is changed: `key show --out` writes the file');
      });
    });
}

function withOut(command: Command): Command {
  return command.option('--out <file>', 'write the proofs of the changes there, for `verify-proof --handovers`');
}

/** `done` is told where the file can't be written. */
function keysAnswer({ flags, workingDir }: Context, { out }: KeyFlags, keys: PublicKeys, done: string): Answer {
  if (out !== undefined) writeHandovers(resolve(workingDir, out), keys, done);
  const rows = [['', keys.firstPublicKey], ...keys.handovers.map(({ idx, publicKey }) => [String(idx), publicKey])];
  return {
    json: { world: worldOf(flags), ...keys },
    text: (paper) => tableText(paper, leftColumns('SINCE EVENT', 'PUBLIC KEY'), rows),
    status: 0,
  };
}

function writeHandovers(file: string, { handovers }: PublicKeys, done: string): void {
  try {
    writeFileSync(file, handovers.map(({ proof }) => proof).join(''));
  } catch (error) {
    const why = error instanceof Error ? error.message : '';
    throw new Failure('USAGE', '--out', `the file can't be written: ${why}${done}`);
  }
}

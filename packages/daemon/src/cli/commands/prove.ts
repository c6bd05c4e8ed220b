/** `jitosctl prove`: files that prove to others what a history holds. */
import type { Command } from 'commander';
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../../errors/failure.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';
import type { ProofRequest } from '../session.ts';

/** As commander leaves them. */
interface ProveFlags {
  readonly size?: string;
  readonly out?: string;
}

export function addProveEvent(prove: Command, run: Run): void {
  withOut(prove.command('event').description('prove that an event is in the history'))
    .argument('<idx>', 'number of the event')
    .option('--size <count>', 'of the first so many events; else of all')
    .addHelpText('after', examples('prove event 42 --out event-42.json', 'prove event 42 --size 1000 --world jitos'))
    .action((idx: string, flags: ProveFlags, command: Command) => {
      const size = flags.size === undefined ? null : parseCount('--size', flags.size);
      const request: ProofRequest = { kind: 'inclusion', idx: parseCount('<idx>', idx), size };
      return run(command, (context) => writeProof(context, request, flags));
    });
}

export function addProveConsistency(prove: Command, run: Run): void {
  withOut(prove.command('consistency').description('prove that the history continues a shorter one'))
    .argument('<old>', 'events in the shorter one')
    .argument('[new]', 'events in the longer one; else all')
    .addHelpText('after', examples('prove consistency 1000 --out grown.json', 'prove consistency 1000 2000'))
    .action((old: string, newer: string | undefined, flags: ProveFlags, command: Command) => {
      const size = newer === undefined ? null : parseCount('[new]', newer);
      const request: ProofRequest = { kind: 'consistency', old: parseCount('<old>', old), size };
      return run(command, (context) => writeProof(context, request, flags));
    });
}

export function addProveElement(prove: Command, element: 'node' | 'edge', run: Run): void {
  withOut(prove.command(element).description(`prove that a view holds a certain ${element}, or that it does not`))
    .argument('<id>', `id of the ${element}`)
    .addHelpText(
      'after',
      examples(`prove ${element} $ID --out ${element}.json`, `prove ${element} $ID --view sws:0 --world jitos`),
    )
    .action((id: string, flags: ProveFlags, command: Command) => {
      return run(command, (context) => {
        const request: ProofRequest = { kind: element, id, view: context.flags.view ?? 'system' };
        return writeProof(context, request, flags);
      });
    });
}

function withOut(command: Command): Command {
  return command.option('--out <file>', 'write the proof there; else it is the answer');
}

async function writeProof(context: Context, request: ProofRequest, { out }: ProveFlags): Promise<Answer> {
  const { flags, workingDir, session } = context;
  const proof = await (await session()).prove(worldOf(flags), request);
  const text = `${JSON.stringify(proof)}\n`;
  if (out === undefined) return { json: proof, text: () => text, status: 0 };
  const file = resolve(workingDir, out);
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Failure('USAGE', '--out', `the file can't be written: ${error instanceof Error ? error.message : ''}`);
  }
  return { json: { file }, text: () => `${file}\n`, status: 0 };
}

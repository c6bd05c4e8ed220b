/** `jitosctl undo`: makes a workspace without what a collapse has changed, or tells why System can't be turned back. */
import type { Command } from 'commander';
import { askUntilReady } from '../ask-until-ready.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import { SWS_FIELDS, swsText, type Sws } from '../sws.ts';
import { leftColumns, tableText, type Paper } from '../terminal/paper.ts';

interface Undone {
  readonly sws: Sws | null;
  readonly offenderCount: number;
  /** The first of them. */
  readonly offenders: readonly {
    readonly element: string;
    readonly id: string;
    readonly expected: string | null;
    readonly found: string | null;
  }[];
}

export function addUndo(program: Command, run: Run): void {
  const command = program
    .command('undo')
    .description('make a workspace that undoes a collapse; exit status 1 if System has changed there since')
    .argument('<idx>', "the collapse's event, as `rewrites` shows it");
  addMetaFlags(command)
    .addHelpText('after', examples('undo 42', 'undo 42 --world lab --request-id undo-42 --json'))
    .action((idx: string, options: MetaFlags) => run(command, (context) => undoCollapse(context, idx, options)));
}

async function undoCollapse({ session, flags }: Context, idx: string, options: MetaFlags): Promise<Answer> {
  const world = worldOf(flags);
  const document = `mutation ($input: UndoCollapseInput!) {
    undoCollapse(input: $input) { sws { ${SWS_FIELDS} } offenderCount offenders }
  }`;
  const variables = { input: { id: String(parseCount('<idx>', idx)), meta: readMeta(options) } };
  const places = { ...metaPlaces('input.meta', options), 'input.id': '<idx>' };
  const opened = await session();
  // What is not ready yet has written nothing.
  const ask = (): Promise<{ readonly undoCollapse: Undone }> => opened.execute(world, { document, variables, places });
  const { undoCollapse: undone } = await askUntilReady(ask);
  return {
    json: { world, ...undone },
    text: (paper) => (undone.sws === null ? offendersText(paper, undone) : swsText(paper, [undone.sws])),
    status: undone.sws === null ? 1 : 0,
  };
}

function offendersText(paper: Paper, { offenderCount, offenders }: Undone): string {
  const rows = offenders.map(({ element, id, expected, found }) => {
    return [element, expected ?? 'absent', found ?? 'absent', id];
  });
  const table = tableText(paper, leftColumns('CHANGED', 'WAS', 'IS', 'ID'), rows);
  const more = offenderCount - offenders.length;
  return `not undone: System has changed here since\n${table}${more > 0 ? `and ${more} more\n` : ''}`;
}

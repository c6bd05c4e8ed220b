/** `jitosctl diff`: what differs between two views, or in one between two moments of its history. */
import type { Command } from 'commander';
import { askUntilReady } from '../ask-until-ready.ts';
import {
  addPageFlags,
  examples,
  PAGE_PLACES,
  readPage,
  worldOf,
  type Answer,
  type Context,
  type PageFlags,
  type Run,
} from '../command.ts';
import { changesText, type ElementChange } from '../element-change.ts';
import {
  addMomentFlags,
  MOMENT_FIELDS,
  momentPlaces,
  readMoments,
  toldView,
  type MomentFlags,
  type ToldMoment,
} from '../moments.ts';
import type { Paper } from '../terminal/paper.ts';

interface DiffFlags extends MomentFlags, PageFlags {
  readonly kind?: readonly string[];
}

interface Diff {
  readonly from: ToldMoment;
  readonly to: ToldMoment;
  readonly changes: {
    readonly changes: readonly ElementChange[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  };
}

const DOCUMENT = `query ($from: MomentInput!, $to: MomentInput!, $page: PageInput, $kinds: [String!]) {
  diff(from: $from, to: $to, page: $page, kinds: $kinds) {
    from { ${MOMENT_FIELDS} } to { ${MOMENT_FIELDS} }
    changes {
      changes { element id kind from to key_b64 before { digest data } after { digest data } }
      pageInfo { endCursor hasNextPage }
    }
  }
}`;

export function addDiff(program: Command, run: Run): void {
  const command = program.command('diff').description('show which nodes and edges differ, between views or moments');
  addPageFlags(addMomentFlags(command), 'the one that the last page ended with')
    .option('--kind <kind>', 'only elements of this kind; may be repeated', collect)
    .addHelpText(
      'after',
      examples('diff --view sws:3', 'diff --from 100 --to 200', 'diff --view sws:3 --against sws:2'),
    )
    .action((options: DiffFlags) => run(command, (context) => showDiff(context, options)));
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

async function showDiff({ session, flags }: Context, options: DiffFlags): Promise<Answer> {
  const world = worldOf(flags);
  const variables = { ...readMoments(options, flags), page: readPage(options), kinds: options.kind ?? null };
  const places = { ...momentPlaces(options), ...PAGE_PLACES, kinds: '--kind' };
  const opened = await session();
  const ask = (): Promise<{ readonly diff: Diff }> => opened.execute(world, { document: DOCUMENT, variables, places });
  const { from, to, changes: page } = (await askUntilReady(ask)).diff;
  return {
    json: { world, from: momentJson(from), to: momentJson(to), ...page },
    text: (paper) => diffText(paper, page),
    status: 0,
  };
}

function momentJson(moment: ToldMoment): Readonly<Record<string, unknown>> {
  const { at, digest, view } = moment;
  return { view: toldView(moment), at, digest, snapshotId: view.snapshotId };
}

function diffText(paper: Paper, { changes, pageInfo }: Diff['changes']): string {
  if (pageInfo.hasNextPage) return `${changesText(paper, changes)}more: --after ${pageInfo.endCursor}\n`;
  return changes.length === 0 ? 'no difference\n' : changesText(paper, changes);
}

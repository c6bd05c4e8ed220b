/** `jitosctl rewrites`: what was written to a view, in order. */
import type { Command } from 'commander';
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
import { viewText } from '../../engine/view-text.ts';
import { viewPlaces, viewRef } from '../snapshot.ts';
import { leftColumns, tableText } from '../terminal/paper.ts';

interface RewriteEvent {
  readonly id: string;
  readonly idx: string;
  readonly view: { readonly kind: 'SYSTEM' | 'SWS'; readonly swsId: string | null };
  readonly ops: readonly { readonly op: string }[];
  readonly meta: unknown;
}

interface Data {
  readonly rewrites: readonly RewriteEvent[];
}

export function addRewrites(program: Command, run: Run): void {
  const command = program.command('rewrites').description('list what was written to a view, oldest first');
  addPageFlags(command, 'the idx of a rewrite')
    .addHelpText('after', examples('rewrites --view sws:0', 'rewrites --view system --first 20 --after 99 --json'))
    .action((options: PageFlags) => run(command, (context) => listRewrites(context, options)));
}

async function listRewrites({ session, flags }: Context, options: PageFlags): Promise<Answer> {
  const world = worldOf(flags);
  const view = flags.view ?? 'system';
  const document = `query ($view: ViewRefInput!, $page: PageInput) {
    rewrites(view: $view, page: $page) { id idx view { kind swsId } ops meta }
  }`;
  const variables = { view: viewRef(view), page: readPage(options) };
  const places = { ...viewPlaces('--view'), ...PAGE_PLACES };
  const { rewrites } = await (await session()).execute<Data>(world, { document, variables, places });
  return {
    json: { world, view: viewText(view), rewrites },
    text: (paper) => tableText(paper, leftColumns('IDX', 'VIEW', 'OPS', 'META'), rewrites.map(rowOf)),
    status: 0,
  };
}

function rowOf({ idx, view, ops, meta }: RewriteEvent): readonly string[] {
  const viewName = view.kind === 'SYSTEM' ? 'system' : `sws:${view.swsId}`;
  return [idx, viewName, opsSummary(ops), meta === null ? '' : JSON.stringify(meta)];
}

/** `AddNode ×3, AddEdge`. */
function opsSummary(ops: readonly { readonly op: string }[]): string {
  const counts = new Map<string, number>();
  for (const { op } of ops) counts.set(op, (counts.get(op) ?? 0) + 1);
  return [...counts].map(([op, count]) => (count === 1 ? op : `${op} ×${count}`)).join(', ');
}

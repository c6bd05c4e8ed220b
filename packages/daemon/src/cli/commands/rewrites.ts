/** `jitosctl rewrites`: what was written to a view, in order, or what is being written. */
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
import { parseCount } from '../flags.ts';
import { viewText } from '../../engine/view-text.ts';
import { viewPlaces, viewRef } from '../snapshot.ts';
import { leftColumns, rightColumns, tableText } from '../terminal/paper.ts';

interface RewriteEvent {
  readonly id: string;
  readonly idx: string;
  readonly view: { readonly kind: 'SYSTEM' | 'SWS'; readonly swsId: string | null };
  readonly ops: readonly RewriteOp[];
  readonly meta: unknown;
}

interface RewriteOp {
  readonly op: string;
  readonly data: RewriteOpData;
}

/** What of an op says how it ended. */
interface RewriteOpData {
  /** Of a collapse. */
  readonly committed?: boolean;
  /** Of a batch. */
  readonly sws?: readonly { readonly committed: boolean }[];
}

interface Data {
  readonly rewrites: readonly RewriteEvent[];
}

export function addRewrites(program: Command, run: Run): void {
  const command = program.command('rewrites').description('list what was written to a view, oldest first');
  addPageFlags(command, 'the idx of a rewrite')
    .option(
      '--watch',
      'print what is new, or behind --after, as it comes; until --first are printed, or it is interrupted',
    )
    .addHelpText(
      'after',
      examples(
        'rewrites --view sws:0',
        'rewrites --view system --first 20 --after 99 --json',
        'rewrites --view system --watch',
      ),
    )
    .action((options: RewritesFlags) => {
      return run(command, (context) =>
        options.watch ? watchRewrites(context, options) : listRewrites(context, options),
      );
    });
}

interface RewritesFlags extends PageFlags {
  readonly watch?: true;
}

const COLUMNS = [...rightColumns('IDX', 'EVENT'), ...leftColumns('VIEW', 'OPS', 'META')];
const FIELDS = 'id idx view { kind swsId } ops meta';

async function listRewrites({ session, flags }: Context, options: PageFlags): Promise<Answer> {
  const world = worldOf(flags);
  const view = flags.view ?? 'system';
  const document = `query ($view: ViewRefInput!, $page: PageInput) {
    rewrites(view: $view, page: $page) { ${FIELDS} }
  }`;
  const variables = { view: viewRef(view), page: readPage(options) };
  const places = { ...viewPlaces('--view'), ...PAGE_PLACES };
  const { rewrites } = await (await session()).execute<Data>(world, { document, variables, places });
  return {
    json: { world, view: viewText(view), rewrites },
    text: (paper) => tableText(paper, COLUMNS, rewrites.map(rowOf)),
    status: 0,
  };
}

async function watchRewrites({ session, flags, print, stopSignal }: Context, options: PageFlags): Promise<Answer> {
  const document = `subscription ($view: ViewRefInput!, $after: ID) { rewrites(view: $view, after: $after) { ${FIELDS} } }`;
  const variables = { view: viewRef(flags.view ?? 'system'), after: options.after ?? null };
  const places = { ...viewPlaces('--view'), after: '--after' };
  let left = options.first === undefined ? Infinity : parseCount('--first', options.first);
  const stopped = new AbortController();
  const signal = AbortSignal.any([stopSignal(), stopped.signal]);
  const followed = (await session()).follow<Watched>(worldOf(flags), { document, variables, places }, signal);
  for await (const { rewrites: rewrite } of followed) {
    print({ json: rewrite, text: () => `${rowOf(rewrite).join('  ').trimEnd()}\n` });
    left -= 1;
    if (left <= 0) break;
  }
  stopped.abort();
  return { json: undefined, text: () => '', status: 0 };
}

interface Watched {
  readonly rewrites: RewriteEvent;
}

function rowOf({ id, idx, view, ops, meta }: RewriteEvent): readonly string[] {
  const viewName = view.kind === 'SYSTEM' ? 'system' : `sws:${view.swsId}`;
  return [idx, id, viewName, opsSummary(ops), meta === null ? '' : JSON.stringify(meta)];
}

/** `AddNode ×3, AddEdge`; `COLLAPSE aborted`. */
function opsSummary(ops: readonly RewriteOp[]): string {
  const counts = new Map<string, number>();
  for (const { op, data } of ops) {
    const text = `${op}${outcomeText(op, data)}`;
    counts.set(text, (counts.get(text) ?? 0) + 1);
  }
  return [...counts].map(([text, count]) => (count === 1 ? text : `${text} ×${count}`)).join(', ');
}

function outcomeText(op: string, { committed, sws = [] }: RewriteOpData): string {
  if (op === 'COLLAPSE') return committed === true ? ' committed' : ' aborted';
  if (op !== 'COLLAPSE_BATCH') return '';
  const committedCount = sws.filter((each) => each.committed).length;
  return ` ${committedCount} committed, ${sws.length - committedCount} aborted`;
}

/**
 * `jitosctl session`: one piece of work from its start to its publication, in the words of GATOS. Each verb is one of the other
 * commands, or two: a session is a workspace, and a checkpoint is the newest event, since any view can be read as it was then.
 */
import type { Command } from 'commander';
import { Failure } from '../../errors/failure.ts';
import { askUntilReady } from '../ask-until-ready.ts';
import { collapseWorkspace, type CollapseFlags, type Into } from '../collapse-workspace.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { mustGetWorkspace, parseCount, typedWorkspace } from '../flags.ts';
import { addMetaFlags, metaPlaces, readMeta, type MetaFlags } from '../meta.ts';
import type { Session } from '../session.ts';
import { viewPlaces, viewRef } from '../snapshot.ts';
import { pairsText } from '../terminal/paper.ts';
import { addCollapseFlags } from './collapse.ts';
import { createSws } from './sws-create.ts';

interface StartFlags extends MetaFlags {
  readonly from?: string;
}

interface UndoFlags extends MetaFlags {
  readonly to?: string;
}

export function addSessionStart(session: Command, run: Run): void {
  const command = session
    .command('start')
    .description('start a session: a workspace of System, or of another session')
    .option('--from <sws>', 'the session to fork, and to merge into');
  addMetaFlags(command)
    .addHelpText('after', examples('session start', 'session start --from sws:3'))
    .action((options: StartFlags) => run(command, (context) => createSws(context, options)));
}

export function addSessionFork(session: Command, run: Run): void {
  const command = session
    .command('fork')
    .description('start a session from this one, to be merged into it')
    .argument('[sws]', 'its number; else the one that --view names');
  addMetaFlags(command)
    .addHelpText('after', examples('session fork 3', 'session fork --view sws:3'))
    .action((named: string | undefined, options: MetaFlags) => {
      return run(command, (context) => {
        const from = String(mustGetWorkspace(named, context.flags));
        return createSws(context, { ...options, from }, typedWorkspace(named));
      });
    });
}

export function addSessionCheckpoint(session: Command, run: Run): void {
  const command = session
    .command('checkpoint')
    .description('tell the event that stands for the session as it is now')
    .argument('[sws]', 'its number; else the one that --view names')
    .addHelpText('after', examples('session checkpoint 3', 'session checkpoint --view sws:3 --json'))
    .action((named: string | undefined) => run(command, (context) => checkpoint(context, named)));
}

export function addSessionUndo(session: Command, run: Run): void {
  const command = session
    .command('undo')
    .description('write what leads the session back; without --to, to before its last rewrite')
    .argument('[sws]', 'its number; else the one that --view names')
    .option('--to <idx>', 'to what it was after this event, a checkpoint');
  addMetaFlags(command)
    .addHelpText('after', examples('session undo 3', 'session undo 3 --to 42'))
    .action((named: string | undefined, options: UndoFlags) =>
      run(command, (context) => undo(context, named, options)),
    );
}

export function addSessionMerge(session: Command, run: Run): void {
  addCollapsing(session, run, 'workspace', {
    name: 'merge',
    description: 'carry a forked session into the one it was forked from; exit status 1 if conflicts abort it',
  });
}

export function addSessionPublish(session: Command, run: Run): void {
  addCollapsing(session, run, 'system', {
    name: 'publish',
    description: 'carry a session into System; exit status 1 if conflicts abort it',
  });
}

function addCollapsing(
  session: Command,
  run: Run,
  into: Into,
  { name, description }: { readonly name: string; readonly description: string },
): void {
  const command = session.command(name).description(description);
  addCollapseFlags(command)
    .addHelpText('after', examples(`session ${name} 3`, `session ${name} 3 --policy three-way --preview`))
    .action((named: string | undefined, options: CollapseFlags) => {
      return run(command, (context) => collapseWorkspace(context, named, options, into));
    });
}

async function checkpoint({ session, flags }: Context, named: string | undefined): Promise<Answer> {
  const world = worldOf(flags);
  const number = mustGetWorkspace(named, flags);
  const document = 'query ($id: ID!) { kernelInfo { newestEvent } sws(id: $id) { state digest } }';
  const operation = { document, variables: { id: String(number) }, places: { id: typedWorkspace(named) } };
  const { kernelInfo, sws } = await (
    await session()
  ).execute<{
    readonly kernelInfo: { readonly newestEvent: string };
    readonly sws: { readonly state: string; readonly digest: string | null };
  }>(world, operation);
  if (sws.digest === null) throw new Failure('WORKSPACE_ENDED', typedWorkspace(named), `sws:${number} has ended`);
  const told = { world, view: `sws:${number}`, checkpoint: kernelInfo.newestEvent, digest: sws.digest };
  return {
    json: told,
    text: (paper) =>
      pairsText(paper, [
        ['view', told.view],
        ['checkpoint', told.checkpoint],
        ['digest', told.digest],
      ]),
    status: 0,
  };
}

async function undo(context: Context, named: string | undefined, options: UndoFlags): Promise<Answer> {
  const world = worldOf(context.flags);
  const number = mustGetWorkspace(named, context.flags);
  const typed = typedWorkspace(named);
  const session = await context.session();
  const to =
    options.to === undefined ? await beforeLast(session, { world, number, typed }) : parseCount('--to', options.to);
  const ops = await opsBackTo(session, { world, number, typed }, to);
  const view = `sws:${number}`;
  if (ops.length === 0) {
    return { json: { world, view, to: String(to), ops: 0 }, text: () => `nothing to undo\n`, status: 0 };
  }
  const document = `mutation ($view: ViewRefInput!, $rewrite: RewriteInput!) {
    applyRewrite(view: $view, rewrite: $rewrite) { receipt { rewriteIdx viewDigest } }
  }`;
  const meta = readMeta(options) ?? { undo: { to } };
  const places = { ...viewPlaces(typed), ...metaPlaces('rewrite.meta', options) };
  const variables = { view: viewRef(number), rewrite: { ops, meta } };
  const { applyRewrite } = await session.execute<{
    readonly applyRewrite: { readonly receipt: { readonly rewriteIdx: string; readonly viewDigest: string } };
  }>(world, { document, variables, places });
  const { rewriteIdx, viewDigest } = applyRewrite.receipt;
  return {
    json: { world, view, to: String(to), ops: ops.length, rewriteIdx, viewDigest },
    text: (paper) =>
      pairsText(paper, [
        ['view', view],
        ['as after event', String(to)],
        ['rewriteIdx', rewriteIdx],
        ['digest', viewDigest],
      ]),
    status: 0,
  };
}

interface Place {
  readonly world: string;
  readonly number: number;
  /** What names the workspace. */
  readonly typed: string;
}

interface RewriteEntry {
  readonly id: string;
  readonly idx: string;
}

/** The event before the last rewrite. */
async function beforeLast(session: Session, place: Place): Promise<number> {
  const entries: RewriteEntry[] = [];
  for (let isEnd = false; !isEnd;) {
    const page = await readRewrites<RewriteEntry>(session, place, {
      page: { first: 1000, after: entries.at(-1)?.idx ?? null },
      fields: 'id idx',
    });
    entries.push(...page);
    isEnd = page.length === 0;
  }
  for (const { id, idx } of entries.toReversed()) {
    const page = { first: 1, after: idx === '0' ? null : String(Number(idx) - 1) };
    type Ops = { readonly ops: readonly { readonly op: string }[] };
    const [entry] = await readRewrites<Ops>(session, place, { page, fields: 'ops' });
    // A collapse that was aborted stands among them, and changed nothing.
    if (entry?.ops[0]?.op.startsWith('COLLAPSE') !== true) return Number(id) - 1;
  }
  throw new Failure('USAGE', place.typed, `nothing was written to sws:${place.number}: there is nothing to undo`);
}

async function readRewrites<Entry>(
  session: Session,
  { world, number, typed }: Place,
  { page, fields }: { readonly page: object; readonly fields: string },
): Promise<readonly Entry[]> {
  const document = `query ($view: ViewRefInput!, $page: PageInput) { rewrites(view: $view, page: $page) { ${fields} } }`;
  const operation = { document, variables: { view: viewRef(number), page }, places: viewPlaces(typed) };
  return (await session.execute<{ readonly rewrites: readonly Entry[] }>(world, operation)).rewrites;
}

interface OpsPage {
  readonly ops: readonly unknown[];
  readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
}

/** Ops of one rewrite at most: more is refused when they are written. Both moments are past, so this is no read of the view. */
async function opsBackTo(session: Session, place: Place, to: number): Promise<readonly unknown[]> {
  const { world, number, typed } = place;
  const now = { document: '{ kernelInfo { newestEvent } }', variables: {}, places: {} };
  type Info = { readonly kernelInfo: { readonly newestEvent: string } };
  const { kernelInfo } = await session.execute<Info>(world, now);
  const document = `query ($from: MomentInput!, $to: MomentInput!, $page: PageInput) {
    diff(from: $from, to: $to, page: $page) { ops { ops pageInfo { endCursor hasNextPage } } }
  }`;
  const moment = (at: string): object => ({ view: viewRef(number), at });
  const moments = { from: moment(kernelInfo.newestEvent), to: moment(String(to)) };
  const places = { 'from.view': typed, 'to.view': typed, 'to.at': '--to' };
  const readPage = async (after: string | null): Promise<OpsPage> => {
    const operation = { document, variables: { ...moments, page: { first: 1000, after } }, places };
    type Data = { readonly diff: { readonly ops: OpsPage } };
    return (await askUntilReady(() => session.execute<Data>(world, operation))).diff.ops;
  };
  let page = await readPage(null);
  const ops = [...page.ops];
  while (page.pageInfo.hasNextPage && ops.length <= OPS_MAX) {
    page = await readPage(page.pageInfo.endCursor);
    ops.push(...page.ops);
  }
  if (ops.length <= OPS_MAX) return ops;
  throw new Failure('DIFF_TOO_LARGE', '--to', `more than ${OPS_MAX} ops lead back there: go by way of a patch`);
}

/** A rewrite's. */
const OPS_MAX = 10_000;

/** `jitosctl graph`: the digest of a view, and pages of its nodes and edges. */
import type { Command } from 'commander';
import type { ViewId } from '@jitos/kernel';
import { viewText } from '../../engine/view-text.ts';
import { askUntilReady } from '../ask-until-ready.ts';
import { Failure } from '../../errors/failure.ts';
import { examples, readPage, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { parseCount } from '../flags.ts';
import type { Operation } from '../session.ts';
import { viewPlaces, viewRef, type SnapshotIds } from '../snapshot.ts';
import { leftColumns, pairsText, tableText, type Paper } from '../terminal/paper.ts';
import { answerOrWatch, WATCH_FLAG, type WatchFlags } from '../watch.ts';
import type { TypedPlaces } from '../typed-places.ts';

interface GraphFlags {
  readonly kind?: readonly string[];
  readonly at?: string;
  readonly digest?: true;
  readonly nodes?: string;
  readonly nodesAfter?: string;
  readonly edges?: string;
  readonly edgesAfter?: string;
}

interface PageInfo {
  readonly endCursor: string | null;
  readonly hasNextPage: boolean;
}

interface GraphNode {
  readonly id: string;
  readonly kind: string;
  readonly data: unknown;
}

interface GraphEdge extends GraphNode {
  readonly from: string;
  readonly to: string;
}

interface Graph extends Pick<SnapshotIds, 'snapshotId'> {
  /** Absent where some kinds alone were asked for. */
  readonly digest?: string;
  readonly nodes?: { readonly nodes: readonly GraphNode[]; readonly pageInfo: PageInfo };
  readonly edges?: { readonly edges: readonly GraphEdge[]; readonly pageInfo: PageInfo };
}

export function addGraph(program: Command, run: Run): void {
  program
    .command('graph')
    .description('show a view: its digest, and as many nodes and edges as are asked for')
    .option('--digest', 'the digest alone')
    .option('--at <idx>', 'as it was after this event')
    .option('--nodes <count>', 'so many nodes, up to 1000')
    .option('--nodes-after <cursor>', 'go on behind this cursor')
    .option('--edges <count>', 'so many edges, up to 1000')
    .option('--edges-after <cursor>', 'go on behind this cursor')
    .option('--kind <kind>', 'only elements of this kind, and no digest; may be repeated', collect)
    .option(...WATCH_FLAG)
    .addHelpText(
      'after',
      examples(
        'graph --view system --digest',
        'graph --view sws:0 --nodes 10 --edges 10 --json',
        'graph --at 100 --digest',
        'graph --nodes 20 --watch',
      ),
    )
    .action((options: GraphFlags & WatchFlags, command: Command) => {
      return run(command, (context) => answerOrWatch(context, options, () => showGraph(context, options)));
    });
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

async function showGraph(context: Context, options: GraphFlags): Promise<Answer> {
  const { flags } = context;
  const view = flags.view ?? 'system';
  const head = { world: worldOf(flags), view: viewText(view) };
  const operation = graphOperation(view, options);
  const session = await context.session();
  const { graph } = await askUntilReady(() => session.execute<{ readonly graph: Graph }>(head.world, operation));
  if (options.digest === true) {
    const { digest } = graph;
    return { json: { ...head, digest }, text: () => `${digest}\n`, status: 0 };
  }
  return { json: { ...head, ...graph }, text: (paper) => graphText(paper, head, graph), status: 0 };
}

const PLACES: TypedPlaces = {
  ...viewPlaces('--view'),
  at: '--at',
  'nodesPage.first': '--nodes',
  'nodesPage.after': '--nodes-after',
  'edgesPage.first': '--edges',
  'edgesPage.after': '--edges-after',
  'nodeFilter.kinds': '--kind',
  'edgeFilter.kinds': '--kind',
};

/** Asks only for what is wanted: a page costs what it holds. Throws `USAGE`. */
function graphOperation(view: ViewId, flags: GraphFlags): Operation {
  const { at, digest, nodes, nodesAfter, edges, edgesAfter, kind } = flags;
  const parameters = ['$view: ViewRefInput!'];
  const args = ['view: $view'];
  // The digest is of all kinds: whoever asks for some has not read the rest.
  const fields = kind === undefined ? ['digest', 'snapshotId'] : ['snapshotId'];
  const variables: Record<string, unknown> = { view: viewRef(view) };
  if (at !== undefined) {
    parameters.push('$at: ID');
    args.push('at: $at');
    variables['at'] = String(parseCount('--at', at));
  }
  const wantsPages = digest !== true;
  if (wantsPages && (nodes !== undefined || nodesAfter !== undefined)) {
    parameters.push('$nodesPage: PageInput');
    args.push('nodesPage: $nodesPage');
    fields.push('nodes { nodes { id kind data } pageInfo { endCursor hasNextPage } }');
    variables['nodesPage'] = readPage({ first: nodes, after: nodesAfter }, '--nodes');
  }
  if (wantsPages && (edges !== undefined || edgesAfter !== undefined)) {
    parameters.push('$edgesPage: PageInput');
    args.push('edgesPage: $edgesPage');
    fields.push('edges { edges { id kind from to data } pageInfo { endCursor hasNextPage } }');
    variables['edgesPage'] = readPage({ first: edges, after: edgesAfter }, '--edges');
  }
  if (kind !== undefined) {
    if (digest === true) throw new Failure('USAGE', '--kind', 'the digest is of all kinds');
    parameters.push('$kinds: [String!]');
    args.push('nodeFilter: {kinds: $kinds}', 'edgeFilter: {kinds: $kinds}');
    variables['kinds'] = kind;
  }
  const document = `query (${parameters.join(', ')}) { graph(${args.join(', ')}) { ${fields.join(' ')} } }`;
  return { document, variables, places: PLACES };
}

function graphText(paper: Paper, head: { readonly world: string; readonly view: string }, graph: Graph): string {
  const { digest, snapshotId, nodes, edges } = graph;
  const pairs = [
    ['world', head.world],
    ['view', head.view],
    ...(digest === undefined ? [] : [['digest', digest] as const]),
    ['snapshot', snapshotId],
  ] as const;
  let text = pairsText(paper, pairs);
  if (nodes !== undefined) {
    const rows = nodes.nodes.map(({ id, kind, data }) => [id, kind, JSON.stringify(data)]);
    text += `\n${tableText(paper, leftColumns('NODE', 'KIND', 'DATA'), rows)}${moreText('--nodes-after', nodes.pageInfo)}`;
  }
  if (edges !== undefined) {
    const rows = edges.edges.map(({ id, kind, from, to, data }) => [id, kind, from, to, JSON.stringify(data)]);
    const columns = leftColumns('EDGE', 'KIND', 'FROM', 'TO', 'DATA');
    text += `\n${tableText(paper, columns, rows)}${moreText('--edges-after', edges.pageInfo)}`;
  }
  return text;
}

function moreText(flag: string, { endCursor, hasNextPage }: PageInfo): string {
  return hasNextPage && endCursor !== null ? `more: ${flag} ${endCursor}\n` : '';
}

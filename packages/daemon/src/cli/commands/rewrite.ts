/** `jitosctl rewrite`: writes ops to a workspace, all or none of them. */
import type { Command } from 'commander';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { viewText } from '../../engine/view-text.ts';
import { Failure } from '../../errors/failure.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { addMetaFlags, metaPlaces, parseJson, readMeta, type MetaFlags } from '../meta.ts';
import { viewPlaces, viewRef } from '../snapshot.ts';
import { pairsText } from '../terminal/paper.ts';

interface RewriteFlags extends MetaFlags, OpsFlags {}

/** Where the ops come from. */
export interface OpsFlags {
  readonly ops?: string;
  readonly file?: string;
  readonly addNode?: readonly string[];
}

interface Data {
  readonly applyRewrite: {
    readonly accepted: boolean;
    readonly receipt: { readonly rewriteIdx: string; readonly viewDigest: string };
  };
}

export function addRewrite(program: Command, run: Run): void {
  const command = program
    .command('rewrite')
    .description('write ops to a workspace: one op or an array of them, as JSON')
    .option('--ops <json>', 'the ops; else --file, --add-node, or standard input')
    .option('--file <file>', 'file that holds the ops')
    .option('--add-node <kind=text>', 'add a node with this text as its payload; may be repeated', collect);
  addMetaFlags(command)
    .addHelpText(
      'after',
      examples(
        'rewrite --view sws:0 --add-node note=hello',
        `rewrite --view sws:0 --ops '{"op": "AddNode", "data": {"kind": "note", "payload_b64": "aGVsbG8="}}'`,
        'rewrite --view sws:0 --world lab < ops.json',
      ),
    )
    .action((options: RewriteFlags) => run(command, (context) => applyRewrite(context, options)));
}

function collect(value: string, earlier: readonly string[] = []): readonly string[] {
  return [...earlier, value];
}

async function applyRewrite(context: Context, options: RewriteFlags): Promise<Answer> {
  const { flags } = context;
  const world = worldOf(flags);
  if (flags.view === null) throw new Failure('USAGE', '--view', 'name the workspace, as in `--view sws:0`');
  const ops = await readOps(context, options);
  const document = `mutation ($view: ViewRefInput!, $rewrite: RewriteInput!) {
    applyRewrite(view: $view, rewrite: $rewrite) { accepted receipt { rewriteIdx viewDigest } }
  }`;
  const variables = { view: viewRef(flags.view), rewrite: { ops, meta: readMeta(options) } };
  const places = {
    ...viewPlaces('--view'),
    'rewrite.ops': opsSource(options),
    body: opsSource(options),
    ...metaPlaces('rewrite.meta', options),
  };
  const session = await context.session();
  const { applyRewrite: applied } = await session.execute<Data>(world, { document, variables, places });
  const { rewriteIdx, viewDigest } = applied.receipt;
  const view = viewText(flags.view);
  return {
    json: { world, view, ...applied },
    text: (paper) =>
      pairsText(paper, [
        ['view', view],
        ['rewriteIdx', rewriteIdx],
        ['digest', viewDigest],
      ]),
    status: 0,
  };
}

/** Throws `USAGE` or `FORMAT_INVALID`; what the ops say is for the daemon to judge. */
export async function readOps({ readInput, workingDir }: Context, options: OpsFlags): Promise<unknown> {
  const { ops, file, addNode } = options;
  const source = opsSource(options);
  const given = [ops, file, addNode].filter((flag) => flag !== undefined);
  if (given.length > 1) throw new Failure('USAGE', '--ops', 'give one of --ops, --file and --add-node');
  if (addNode !== undefined) return addNode.map(addNodeOp);
  if (ops !== undefined) return toList(parseJson(source, ops));
  if (file !== undefined) return toList(parseJson(source, await readOpsFile(resolve(workingDir, file))));
  const input = await readInput();
  if (input === undefined || input.trim() === '')
    throw new Failure('USAGE', '--ops', 'there are no ops: give --ops, --file, --add-node, or pipe them in');
  return toList(parseJson(source, input));
}

/** Where the ops stand, for errors: a flag, a file, or standard input. */
export function opsSource({ ops, file, addNode }: OpsFlags): string {
  if (ops !== undefined) return '--ops';
  if (addNode !== undefined) return '--add-node';
  return file ?? 'standard input';
}

async function readOpsFile(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new Failure('USAGE', path, `the file can't be read: ${error instanceof Error ? error.message : ''}`);
  }
}

function toList(value: unknown): unknown {
  return Array.isArray(value) ? value : [value];
}

function addNodeOp(text: string): unknown {
  const [, kind, payload] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (kind === undefined || payload === undefined) {
    throw new Failure('USAGE', '--add-node', `'${text}' is not kind=text`);
  }
  return { op: 'AddNode', data: { kind, payload_b64: Buffer.from(payload, 'utf8').toString('base64') } };
}

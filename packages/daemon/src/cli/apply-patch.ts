/**
 * The work of `jitosctl patch apply`: a patch's ops as ordinary rewrites, all of them or none.
 *
 * One rewrite goes into the workspace that was named. More go into a new one, which is discarded where one of them is
 * refused; where the fault may pass, it is left for the same request to go on in.
 */
import { packOps } from '@jitos/kernel';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Failure } from '../errors/failure.ts';
import { REGISTRY } from '../errors/registry.ts';
import type { JsonValue } from '../servers/graphql/json-value.ts';
import { worldOf, type Answer, type Context } from './command.ts';
import { readMeta, type MetaFlags } from './meta.ts';
import { readPatchFile, withoutExpectation, type ReadPatch } from './patch-file.ts';
import type { Session } from './session.ts';
import { viewPlaces, viewRef } from './snapshot.ts';
import { pairsText } from './terminal/paper.ts';

export interface ApplyFlags extends MetaFlags {
  readonly force?: true;
}

/** Of the ops of one request: the daemon takes bodies of 16 MiB. */
const REWRITE_JSON_SIZE_BYTES_MAX = 12_582_912;

/** Where the patch goes. */
interface Target {
  readonly session: Session;
  readonly world: string;
  readonly file: string;
  /** What is kept with the event of this number. */
  readonly metaOf: (number: number) => Readonly<Record<string, unknown>>;
}

export async function applyPatch(context: Context, file: string, options: ApplyFlags): Promise<Answer> {
  const { flags, workingDir } = context;
  const patch = readPatchFile(resolve(workingDir, file), file);
  const rewrites = cutRewrites(patch, options.force === true);
  if (flags.view === 'system') throw new Failure('USAGE', '--view', 'name a workspace, or leave it out for a new one');
  if (flags.view !== null && rewrites.length > 1) {
    const detail = `the patch takes ${rewrites.length} rewrites, all or none only in a new workspace: leave out --view`;
    throw new Failure('USAGE', '--view', detail);
  }
  const world = worldOf(flags);
  const target: Target = { session: await context.session(), world, file, metaOf: metasOf(patch, options) };
  const number = flags.view ?? (await createWorkspace(target));
  const digest = await applyAll(target, number, rewrites, flags.view === null);
  const view = `sws:${number}`;
  return {
    json: { world, view, ops: patch.ops.length, rewrites: rewrites.length, digest },
    text: (paper) =>
      pairsText(paper, [
        ['view', view],
        ['ops', String(patch.ops.length)],
        ['rewrites', String(rewrites.length)],
        ['digest', digest ?? 'unchanged'],
      ]),
    status: 0,
  };
}

/** The ops in as many lists as they take rewrites. */
function cutRewrites({ ops, parsed }: ReadPatch, isForced: boolean): readonly (readonly JsonValue[])[] {
  const lists: JsonValue[][] = [];
  let at = 0;
  for (const packed of packOps(parsed)) {
    let sizeBytes = Infinity;
    for (const op of ops.slice(at, at + packed.length)) {
      const opSizeBytes = Buffer.byteLength(JSON.stringify(op), 'utf8');
      if (sizeBytes + opSizeBytes > REWRITE_JSON_SIZE_BYTES_MAX) {
        lists.push([]);
        sizeBytes = 0;
      }
      lists.at(-1)!.push(isForced ? withoutExpectation(op) : op); // the first op begins a list
      sizeBytes += opSizeBytes;
    }
    at += packed.length;
  }
  return lists;
}

/** What is given, or which patch it is; a request id becomes one for each command. */
function metasOf({ check }: ReadPatch, options: MetaFlags): Target['metaOf'] {
  const { requestId, ...given } = readMeta(options) ?? {};
  const meta = Object.keys(given).length > 0 ? given : { patch: check };
  if (typeof requestId !== 'string') return () => meta;
  const hash = createHash('sha256').update(`${check} ${requestId}`).digest('hex');
  return (number) => ({ ...meta, requestId: `patch:${hash}:${number}` });
}

async function createWorkspace({ session, world, metaOf }: Target): Promise<number> {
  const document = 'mutation ($input: CreateSwsInput) { createSws(input: $input) { sws { id } } }';
  const variables = { input: { meta: metaOf(0) } };
  const places = { 'input.meta': '--meta' };
  const { createSws } = await session.execute<{ readonly createSws: { readonly sws: { readonly id: string } } }>(
    world,
    {
      document,
      variables,
      places,
    },
  );
  return Number(createSws.sws.id);
}

/** The view's digest afterwards; null where there was nothing to write. */
async function applyAll(
  target: Target,
  number: number,
  rewrites: readonly (readonly JsonValue[])[],
  isNew: boolean,
): Promise<string | null> {
  let digest: string | null = null;
  let before = 0;
  for (const [i, ops] of rewrites.entries()) {
    try {
      digest = await applyOne(target, number, ops, i + 1);
    } catch (error) {
      if (isNew && error instanceof Failure && REGISTRY[error.reason].retry === 'never') {
        await discard(target, number, error);
      }
      throw error instanceof Failure ? inPatch(error, target.file, before) : error;
    }
    before += ops.length;
  }
  return digest;
}

async function applyOne(
  { session, world, file, metaOf }: Target,
  number: number,
  ops: readonly JsonValue[],
  requestNumber: number,
): Promise<string> {
  const document = `mutation ($view: ViewRefInput!, $rewrite: RewriteInput!) {
    applyRewrite(view: $view, rewrite: $rewrite) { receipt { viewDigest } }
  }`;
  const variables = { view: viewRef(number), rewrite: { ops, meta: metaOf(requestNumber) } };
  const places = { ...viewPlaces('--view'), 'rewrite.meta': '--meta', body: file };
  const { applyRewrite } = await session.execute<{
    readonly applyRewrite: { readonly receipt: { readonly viewDigest: string } };
  }>(world, { document, variables, places });
  return applyRewrite.receipt.viewDigest;
}

/** What keeps it from being discarded counts for less than why it has to be. */
async function discard({ session, world }: Target, number: number, { reason }: Failure): Promise<void> {
  const document = 'mutation ($input: DiscardSwsInput!) { discardSws(input: $input) { discarded } }';
  const variables = { input: { swsId: String(number), reason: `patch: ${reason}` } };
  await session.execute(world, { document, variables, places: {} }).catch(() => undefined);
}

/** Tells the place of an op by its number in the file; `before` are those of earlier rewrites. */
function inPatch(failure: Failure, file: string, before: number): Failure {
  const [, index, rest] = /^rewrite\.ops\[(\d+)\](.*)$/s.exec(failure.place) ?? [];
  const place = index === undefined ? failure.place : `${file}: ops[${Number(index) + before}]${rest}`;
  return new Failure(failure.reason, place, failure.message, { cause: failure });
}

/** The work of `jitosctl patch export`: a difference, page by page, as one file. */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../errors/failure.ts';
import type { JsonValue } from '../servers/graphql/json-value.ts';
import { askUntilReady } from './ask-until-ready.ts';
import { worldOf, type Answer, type Context } from './command.ts';
import { MOMENT_FIELDS, momentPlaces, readMoments, toldView, type MomentFlags, type ToldMoment } from './moments.ts';
import { PATCH_OPS_MAX, patchText, type PatchSide } from './patch-file.ts';

export interface ExportFlags extends MomentFlags {
  readonly out?: string;
}

interface Page {
  readonly from: ToldMoment;
  readonly to: ToldMoment;
  readonly ops: {
    readonly ops: readonly JsonValue[];
    readonly pageInfo: { readonly endCursor: string | null; readonly hasNextPage: boolean };
  };
}

const DOCUMENT = `query ($from: MomentInput!, $to: MomentInput!, $page: PageInput) {
  diff(from: $from, to: $to, page: $page) {
    from { ${MOMENT_FIELDS} } to { ${MOMENT_FIELDS} } ops { ops pageInfo { endCursor hasNextPage } }
  }
}`;
const PAGE_LENGTH = 1000;

export async function exportPatch(context: Context, options: ExportFlags): Promise<Answer> {
  const world = worldOf(context.flags);
  const session = await context.session();
  const moments = readMoments(options, context.flags);
  const readPage = async (after: string | null): Promise<Page> => {
    const variables = { ...moments, page: { first: PAGE_LENGTH, after } };
    const operation = { document: DOCUMENT, variables, places: momentPlaces(options) };
    return (await askUntilReady(() => session.execute<{ readonly diff: Page }>(world, operation))).diff;
  };
  let page = await readPage(null);
  const ops = [...page.ops.ops];
  while (page.ops.pageInfo.hasNextPage && ops.length <= PATCH_OPS_MAX) {
    page = await readPage(page.ops.pageInfo.endCursor);
    ops.push(...page.ops.ops);
  }
  const { from, to } = page;
  const text = patchText({ world, from: sideOf(from), to: sideOf(to), ops });
  // Read again rather than told in pieces: with `--json`, too, the answer is the patch.
  if (options.out === undefined) return { json: JSON.parse(text), text: () => text, status: 0 };
  const file = resolve(context.workingDir, options.out);
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new Failure('USAGE', '--out', `the file can't be written: ${error instanceof Error ? error.message : ''}`);
  }
  return { json: { file, ops: ops.length }, text: () => `${file}\n`, status: 0 };
}

function sideOf(moment: ToldMoment): PatchSide {
  const { at, digest, view } = moment;
  return { view: toldView(moment), at: Number(at), digest, snapshotId: view.snapshotId };
}

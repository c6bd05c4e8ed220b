/**
 * `jitosctl why`: why what has an id is as it is. An event, a workspace, a request and a grant have pages of their own
 * (`../why/`); here is who wrote what an element is in a view, or on each side of a collapse.
 */
import type { Command } from 'commander';
import { viewText } from '../../engine/view-text.ts';
import { Failure } from '../../errors/failure.ts';
import { examples, worldOf, type Answer, type Context, type Run } from '../command.ts';
import { askUntilReady } from '../ask-until-ready.ts';
import { sideText } from '../conflict-text.ts';
import type { ElementName, ElementValue } from '../element-change.ts';
import { parseCount } from '../flags.ts';
import { viewPlaces, viewRef } from '../snapshot.ts';
import { bold, pairsText, type Paper } from '../terminal/paper.ts';
import { whyEvent, whyRequest } from '../why/why-event.ts';
import { whyGrant } from '../why/why-grant.ts';
import { whyWorkspace } from '../why/why-workspace.ts';

/** As commander leaves them. */
type WhyOptions = Omit<WhyFlags, 'element'> & { readonly element?: string };

interface WhyFlags {
  readonly element: string;
  readonly at?: string;
  readonly conflict?: string;
  readonly after?: string;
}

interface ViewRef {
  readonly kind: 'SYSTEM' | 'SWS';
  readonly swsId: string | null;
}

interface Carrier {
  readonly id: string;
  readonly rewriteIdx: string;
  readonly into: ViewRef;
  readonly principal: string;
  readonly meta: unknown;
}

interface Provenance {
  readonly writer:
    | (Omit<Carrier, 'into'> & {
        readonly view: ViewRef;
        readonly op: { readonly op: string } | null;
        readonly carriedBy: readonly Carrier[];
      })
    | null;
  readonly searched: number;
  readonly next: string | null;
}

interface Writers {
  readonly base: Provenance;
  readonly ours: Provenance;
  readonly theirs: Provenance;
}

interface Values extends ElementName {
  readonly base: ElementValue | null;
  readonly ours: ElementValue | null;
  readonly theirs: ElementValue | null;
}

interface Data {
  readonly conflictProvenance: Writers;
  /** One, or none if no side had the element. */
  readonly conflictSides: readonly Values[];
}

const FIELDS = `element searched next writer {
  id rewriteIdx view { kind swsId } principal meta op
  carriedBy { id rewriteIdx into { kind swsId } principal meta }
}`;

export function addWhy(program: Command, run: Run): void {
  const command = program
    .command('why')
    .description('show why something happened, was refused or is blocked, and who wrote what an element is')
    .argument('[id]', 'an event (42), a workspace (sws:3), a node, an edge, a grant, or a request id')
    .option('--element <id>', 'id of a node or an edge')
    .option('--at <idx>', 'as it was after this event')
    .option('--conflict <idx>', "the three sides of this collapse's event instead")
    .option('--after <cursor>', 'go on where the last search ended')
    .addHelpText(
      'after',
      `
What an id is goes by its form; event:, sws:, element:, grant: or request: before it says so.
${examples(
  'why 42',
  'why sws:3',
  'why request:nightly-7',
  'why --element $ID',
  'why --element $ID --view sws:3',
  'why --element $ID --conflict 42',
  'why --element $ID --conflict 43 --view sws:3',
)}`,
    );
  command.action((id: string | undefined, options: WhyOptions) => {
    return run(command, (context) => answerWhy(context, id, options));
  });
}

const FORMS: readonly (readonly [form: RegExp, kind: string])[] = [
  [/^event:(\d{1,15})$/, 'event'],
  [/^(\d{1,15})$/, 'event'],
  [/^sws:(\d{1,15})$/, 'workspace'],
  [/^element:([0-9a-f]{64})$/, 'element'],
  [/^grant:([0-9a-f]{64})$/, 'grant'],
  [/^([0-9a-f]{64})$/, 'hash'],
  [/^request:(.+)$/s, 'request'],
  [/^(.+)$/s, 'request'],
];

async function answerWhy(context: Context, id: string | undefined, options: WhyOptions): Promise<Answer> {
  const { element, ...rest } = options;
  if ((id === undefined) === (element === undefined)) {
    throw new Failure('USAGE', '<id>', 'name one thing: an id, or an element with --element');
  }
  if (element !== undefined) return await showWhy(context, { element, ...rest });
  const [name, kind] = readId(id ?? '');
  if (kind === 'element') return await showWhy(context, { element: name, ...rest });
  if (kind === 'hash') return await whyHash(context, { element: name, ...rest });
  if (Object.keys(rest).length > 0) {
    throw new Failure('USAGE', '<id>', '--at, --conflict and --after go with an element alone');
  }
  if (kind === 'event') return await whyEvent(context, name);
  if (kind === 'workspace') return await whyWorkspace(context, Number(name));
  return kind === 'grant' ? await whyGrant(context, name) : await whyRequest(context, name);
}

function readId(id: string): readonly [name: string, kind: string] {
  for (const [form, kind] of FORMS) {
    const name = form.exec(id)?.[1];
    if (name !== undefined) return [name, kind];
  }
  throw new Failure('USAGE', '<id>', 'there is no id');
}

/** Elements and grants have ids of one form: what is no grant is an element, maybe of another view or moment. */
async function whyHash(context: Context, options: WhyFlags): Promise<Answer> {
  try {
    return await whyGrant(context, options.element);
  } catch (error) {
    if (!(error instanceof Failure) || (error.reason !== 'GRANT_NOT_FOUND' && error.reason !== 'ACCESS_DENIED'))
      throw error;
    return await showWhy(context, options);
  }
}

async function showWhy(context: Context, options: WhyFlags): Promise<Answer> {
  return options.conflict === undefined ? await showWriter(context, options) : await showSides(context, options);
}

async function showWriter({ session, flags }: Context, { element, at, after }: WhyFlags): Promise<Answer> {
  const world = worldOf(flags);
  const view = flags.view ?? 'system';
  const document = `query ($view: ViewRefInput!, $at: ID, $element: ID!, $after: String) {
    provenance(view: $view, at: $at, element: $element, after: $after) { ${FIELDS} }
  }`;
  const idx = at === undefined ? null : String(parseCount('--at', at));
  const variables = { view: viewRef(view), at: idx, element, after: after ?? null };
  const places = { ...viewPlaces('--view'), at: '--at', element: '--element', after: '--after' };
  const opened = await session();
  const { provenance } = await opened.execute<{ readonly provenance: Provenance }>(world, {
    document,
    variables,
    places,
  });
  return {
    json: { world, view: viewText(view), ...provenance },
    text: (paper) => provenanceText(paper, provenance),
    status: 0,
  };
}

async function showSides({ session, flags }: Context, { element, conflict, at, after }: WhyFlags): Promise<Answer> {
  if (at !== undefined || after !== undefined || flags.view === 'system') {
    throw new Failure(
      'USAGE',
      '--conflict',
      'a collapse has its own moment and views: --view names a workspace of a batch, and nothing else goes with it',
    );
  }
  const world = worldOf(flags);
  const document = `query ($id: ID!, $swsId: ID, $element: ID!) {
    conflictProvenance(id: $id, swsId: $swsId, element: $element) { base { ${FIELDS} } ours { ${FIELDS} } theirs { ${FIELDS} } }
    conflictSides(id: $id, swsId: $swsId, elements: [$element]) {
      element id kind from to key_b64 base { digest data } ours { digest data } theirs { digest data }
    }
  }`;
  const swsId = flags.view === null ? null : String(flags.view);
  const variables = { id: String(parseCount('--conflict', conflict ?? '')), swsId, element };
  const places = { id: '--conflict', swsId: '--view', element: '--element', elements: '--element' };
  const opened = await session();
  const operation = { document, variables, places };
  const { conflictProvenance, conflictSides } = await askUntilReady(() => opened.execute<Data>(world, operation));
  const { base, ours, theirs } = conflictProvenance;
  const values = conflictSides[0] ?? null;
  return {
    json: { world, base, ours, theirs, values },
    text: (paper) =>
      Object.entries({ base, ours, theirs })
        .map(([side, provenance]) => {
          const value = values === null ? 'absent' : sideText(values, values[side as keyof Writers], []); // a side's name
          return `${bold(paper, side)}  ${value}\n${provenanceText(paper, provenance)}`;
        })
        .join('\n'),
    status: 0,
  };
}

function provenanceText(paper: Paper, { writer, searched, next }: Provenance): string {
  if (writer === null && next === null) return 'nobody has written it\n';
  if (writer === null) return `not found in ${searched} events: --after ${next}\n`;
  const { op, carriedBy } = writer;
  return pairsText(paper, [
    ['event', writer.id],
    ['rewriteIdx', writer.rewriteIdx],
    ['view', refText(writer.view)],
    ['principal', writer.principal],
    ...(writer.meta === null ? [] : [['meta', metaText(writer.meta)] as const]),
    ['op', op === null ? 'decided by the merge' : op.op],
    ...carriedBy.map(({ id, into, principal, meta }): readonly [string, string] => {
      return ['carried by', [id, `into ${refText(into)}`, principal, metaText(meta)].join(' ').trimEnd()];
    }),
  ]);
}

function refText({ kind, swsId }: ViewRef): string {
  return kind === 'SYSTEM' ? 'system' : `sws:${swsId}`;
}

function metaText(meta: unknown): string {
  return meta === null ? '' : JSON.stringify(meta);
}

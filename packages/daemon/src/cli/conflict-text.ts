/** Conflicts in words: which element, what its three sides are, and who wrote ours and theirs. */
import { viewText } from '../engine/view-text.ts';
import type { ViewId } from '@jitos/kernel';
import { isKeyedNode, nameText, valueText, type ElementName, type ElementValue } from './element-change.ts';
import type { Session } from './session.ts';
import { viewRef } from './snapshot.ts';
import { dim, red, type Paper } from './terminal/paper.ts';
import { plainText } from './terminal/plain-text.ts';

export interface Conflict {
  readonly element: 'node' | 'edge' | 'range';
  readonly id: string;
  readonly class: string;
  readonly fields: readonly string[];
  readonly other: string | null;
  readonly rule: { readonly rule: string; readonly subject: string | null } | null;
  readonly range: { readonly range: string; readonly id?: string; readonly kind?: string } | null;
}

interface Writer {
  readonly id: string;
  readonly view: { readonly kind: 'SYSTEM' | 'SWS'; readonly swsId: string | null };
  readonly principal: string;
  readonly carriedBy: readonly { readonly id: string }[];
}

/** An element in conflict as it is now. */
export interface ConflictElement extends ElementName {
  readonly base: ElementValue | null;
  readonly ours: ElementValue | null;
  readonly theirs: ElementValue | null;
  readonly oursBy: Writer | null;
  readonly theirsBy: Writer | null;
}

/** Elements that are told in full: a search for each writer takes a while. */
const TOLD_MAX = 20;

const WRITER = 'writer { id view { kind swsId } principal carriedBy { id } }';

/** The first elements in conflict, with what the three sides have now and who wrote that. */
export async function readConflictElements(
  session: Session,
  { world, workspace, target }: { readonly world: string; readonly workspace: number; readonly target: ViewId },
  conflicts: readonly Conflict[],
): Promise<readonly ConflictElement[]> {
  const inGraph = conflicts.filter(({ element }) => element !== 'range').map(({ id }) => id);
  const ids = [...new Set(inGraph)].slice(0, TOLD_MAX);
  if (ids.length === 0) return [];
  const document = `query ($swsId: ID!, $elements: [ID!]!, $ours: ViewRefInput!, $theirs: ViewRefInput!) {
    sides(swsId: $swsId, elements: $elements) {
      element id kind from to key_b64 base { digest data } ours { digest data } theirs { digest data }
    }
    ${ids.map((id, i) => writerFields(id, i)).join('\n')}
  }`;
  const views = { ours: viewRef(workspace), theirs: viewRef(target) };
  const variables = { swsId: String(workspace), elements: ids, ...views };
  type Sides = Omit<ConflictElement, 'oursBy' | 'theirsBy'>;
  type Data = { readonly sides: readonly Sides[] } & Readonly<Record<string, { readonly writer: Writer | null }>>;
  const data = await session.execute<Data>(world, { document, variables, places: {} });
  return data.sides.map((sides) => {
    const at = ids.indexOf(sides.id);
    return { ...sides, oursBy: data[`ours${at}`]?.writer ?? null, theirsBy: data[`theirs${at}`]?.writer ?? null };
  });
}

function writerFields(id: string, at: number): string {
  return `ours${at}: provenance(view: $ours, element: "${id}") { ${WRITER} }
    theirs${at}: provenance(view: $theirs, element: "${id}") { ${WRITER} }`;
}

/** A few lines for each conflict; those past the first are one line. */
export function conflictsText(
  paper: Paper,
  conflicts: readonly Conflict[],
  elements: readonly ConflictElement[],
  conflictCount: string,
): string {
  const elementById = new Map(elements.map((element) => [element.id, element]));
  const lines = conflicts.flatMap((conflict) => conflictLines(paper, conflict, elementById.get(conflict.id)));
  const more = Number(conflictCount) - conflicts.length;
  return [...lines, ...(more > 0 ? [`and ${more} more`] : [])].map((line) => `${line}\n`).join('');
}

/** Conflicts that are settled by taking a side. */
const SIDED: ReadonlySet<string> = new Set(['both-changed', 'changed-and-deleted']);

/** What to do about the conflicts of a workspace; empty where there is more than one way. */
export function settlingText(workspace: number, conflicts: readonly Conflict[]): string {
  if (!conflicts.some((conflict) => SIDED.has(conflict.class))) return '';
  const way = `npx jitosctl resolve ${workspace}`;
  return `\nSettle it with \`${way}\`: --ours <id> and --theirs <id> take a side, --ops writes other values.\n`;
}

function conflictLines(paper: Paper, conflict: Conflict, element: ConflictElement | undefined): readonly string[] {
  const name = element === undefined ? unnamedText(conflict) : nameText(element);
  const head = `${red(paper, conflict.class)} ${plainText(name)}`;
  const details = [
    ...(conflict.rule === null
      ? []
      : [`    rule: ${plainText([conflict.rule.rule, conflict.rule.subject ?? ''].join(' ').trim())}`]),
    ...(conflict.other === null ? [] : [`    other: ${conflict.other}`]),
  ];
  return [head, ...details, ...(element === undefined ? [] : sideLines(paper, conflict, element))];
}

function unnamedText({ element, id, range }: Conflict): string {
  if (range === null) return `${element} ${id}`;
  return `range ${[range.range, range.kind ?? '', range.id ?? ''].filter((part) => part !== '').join(' ')}`;
}

const SIDES = ['base', 'ours', 'theirs'] as const;

function sideLines(paper: Paper, { fields }: Conflict, element: ConflictElement): readonly string[] {
  const label = (name: string): string => dim(paper, name.padEnd('theirs'.length));
  return SIDES.map((side) => {
    const by = side === 'ours' ? element.oursBy : side === 'theirs' ? element.theirsBy : null;
    return `    ${label(side)}  ${sideText(element, element[side], fields)}${by === null ? '' : `  (${writerText(by)})`}`;
  });
}

/** The fields concerned, or all where none is named. */
export function sideText(element: ElementName, value: ElementValue | null, fields: readonly string[]): string {
  if (value === null) return 'absent';
  const isKeyed = isKeyedNode(element);
  const names = isKeyed && fields.length > 0 ? fields : Object.keys(value.data).sort();
  const texts = names.map((name) => {
    const text = valueText(value.data, name, isKeyed) ?? (isKeyed ? 'absent' : 'none');
    return `${plainText(isKeyed ? name : 'payload')}: ${text}`;
  });
  return texts.length === 0 ? 'no fields' : texts.join(', ');
}

function writerText({ id, view, principal, carriedBy }: Writer): string {
  const where = viewText(view.kind === 'SYSTEM' ? 'system' : Number(view.swsId));
  const carried = carriedBy.length === 0 ? '' : `, carried by ${carriedBy.map((each) => each.id).join(', ')}`;
  return `event ${id} in ${where} by ${plainText(principal)}${carried}`;
}

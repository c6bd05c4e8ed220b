/** An event as the history tells it, and what a collapse among them has met. */
import type { Conflict, ConflictElement } from '../conflict-text.ts';
import type { Session } from '../session.ts';

export interface ToldEvent {
  readonly idx: string;
  readonly kind: string;
  readonly view: { readonly workspace: number | null } | null;
  readonly rewriteIdx: string | null;
  readonly principal: string;
  readonly requestId: string | null;
  readonly grantId: string | null;
  readonly validUntil: string | null;
  readonly meta: unknown;
  readonly details: Readonly<Record<string, unknown>>;
  readonly collapses: readonly Collapsed[];
}

/** What a collapse, or a batch, did with one workspace. */
interface Collapsed {
  readonly workspace: number;
  readonly committed: boolean;
  readonly policy: { readonly name: string };
  readonly conflictCount: string;
  readonly conflicts: readonly (Omit<Conflict, 'id'> & { readonly elementId: string })[];
}

const CONFLICTS = 'conflicts { element elementId class fields other rule range }';
/** What a document asks of the type `Event` of v1. */
export const EVENT_FIELDS: string = `idx kind view { workspace } rewriteIdx principal requestId grantId validUntil meta details
  collapses { workspace committed policy { name } conflictCount ${CONFLICTS} }`;

/** Why a workspace was not carried. */
export interface Aborted {
  readonly swsId: string;
  readonly conflictCount: string;
  readonly conflicts: readonly Conflict[];
  /** The first of them, as the collapse met them. */
  readonly elements: readonly ConflictElement[];
}

/** Elements that are told in full, of all workspaces together. */
const TOLD_MAX = 20;

/** What each workspace met that the event did not carry; the elements of all of them are asked for at once. */
export async function readAborted(session: Session, world: string, event: ToldEvent): Promise<readonly Aborted[]> {
  const aborted = event.collapses.filter(({ committed }) => !committed);
  if (aborted.length === 0) return [];
  let left = TOLD_MAX;
  const idsOf = aborted.map(({ conflicts }) => {
    const ids = conflicts.filter(({ element }) => element !== 'range').map(({ elementId }) => elementId);
    const told = [...new Set(ids)].slice(0, left);
    left -= told.length;
    return told;
  });
  const elements = await readElements(session, world, { idx: event.idx, kind: event.kind, aborted, idsOf });
  return aborted.map(({ workspace, conflictCount, conflicts }, i) => ({
    swsId: String(workspace),
    conflictCount,
    conflicts: conflicts.map(({ elementId, ...conflict }) => ({ ...conflict, id: elementId })),
    elements: elements[i] ?? [],
  }));
}

interface Asked {
  readonly idx: string;
  readonly kind: string;
  readonly aborted: readonly Pick<Collapsed, 'workspace'>[];
  readonly idsOf: readonly (readonly string[])[];
}

type Sides = Omit<ConflictElement, 'oursBy' | 'theirsBy'>;
interface Writers {
  readonly ours: { readonly writer: ConflictElement['oursBy'] };
  readonly theirs: { readonly writer: ConflictElement['theirsBy'] };
}

async function readElements(
  session: Session,
  world: string,
  { idx, kind, aborted, idsOf }: Asked,
): Promise<readonly (readonly ConflictElement[])[]> {
  const fields = aborted.flatMap(({ workspace }, i) => {
    const ids = idsOf[i] ?? [];
    // Of a collapse of one workspace nobody says of which.
    const of = kind === 'COLLAPSE_BATCH' ? `id: "${idx}", swsId: "${workspace}"` : `id: "${idx}"`;
    if (ids.length === 0) return [];
    const sides = `s${i}: conflictSides(${of}, elements: ${JSON.stringify(ids)}) {
      element id kind from to key_b64 base { digest data } ours { digest data } theirs { digest data }
    }`;
    const writer = '{ writer { id view { kind swsId } principal carriedBy { id } } }';
    return [
      sides,
      ...ids.map(
        (id, j) => `w${i}_${j}: conflictProvenance(${of}, element: "${id}") { ours ${writer} theirs ${writer} }`,
      ),
    ];
  });
  if (fields.length === 0) return [];
  const document = `{ ${fields.join('\n')} }`;
  // By alias: sides, or who wrote them.
  const data = await session.execute<Readonly<Record<string, unknown>>>(world, { document, variables: {}, places: {} });
  return idsOf.map((ids, i) => {
    const sides = (data[`s${i}`] ?? []) as readonly Sides[]; // as the document asks for it
    return sides.map((each) => {
      const writers = data[`w${i}_${ids.indexOf(each.id)}`] as Writers | undefined; // likewise
      return { ...each, oursBy: writers?.ours.writer ?? null, theirsBy: writers?.theirs.writer ?? null };
    });
  });
}

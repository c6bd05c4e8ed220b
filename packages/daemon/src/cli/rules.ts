/** Rule packs as the API tells of them. */
import type { Session } from './session.ts';
import { leftColumns, pairsText, tableText, type Paper } from './terminal/paper.ts';

export interface RulesStatus {
  readonly state: 'CHECKING' | 'ACTIVE' | 'REFUSED' | 'WITHDRAWN';
  readonly rulePackId: string;
  readonly proposedAt: string;
  readonly endedAt: string | null;
  readonly checkedCount: string;
  readonly offenderCount: string;
  /** The first of them. */
  readonly offenders: readonly { readonly rule: string; readonly detail: string }[];
  readonly offendersDigest: string | null;
}

/** What a document asks of the type `RulesStatus`. */
export const RULES_STATUS_FIELDS =
  'state rulePackId proposedAt endedAt checkedCount offenderCount offenders offendersDigest';

/** How far the pack proposed last is; null before any. */
export async function readRulesStatus(session: Session, world: string): Promise<RulesStatus | null> {
  const document = `{ rulesStatus { ${RULES_STATUS_FIELDS} } }`;
  const told = await session.execute<{ readonly rulesStatus: RulesStatus | null }>(world, {
    document,
    variables: {},
    places: {},
  });
  return told.rulesStatus;
}

export function rulesStatusText(paper: Paper, status: RulesStatus): string {
  const { state, rulePackId, proposedAt, endedAt, checkedCount, offenderCount, offenders } = status;
  const pairs = pairsText(paper, [
    ['rule pack', rulePackId],
    ['state', state],
    ['proposed at', proposedAt],
    ['ended at', endedAt ?? ''],
    ['checked', checkedCount],
    ['offenders', offenderCount],
  ]);
  if (offenders.length === 0) return pairs;
  const rows = offenders.map(({ rule, detail }) => [rule, detail]);
  const more = Number(offenderCount) - offenders.length;
  const table = tableText(paper, leftColumns('RULE', 'OFFENDER'), rows);
  return `${pairs}${table}${more > 0 ? `and ${more} more\n` : ''}`;
}

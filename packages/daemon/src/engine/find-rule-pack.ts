/** Rule packs by id: what a pin in an event of long ago stands for. */
import { decodeRulePack, defaultRulePack, type Digest, type RulePack, type World } from '@jitos/kernel';
import type { Log } from '../ports/log.ts';
import { readEvent } from './history-reader.ts';
import { sha256 } from './sha256.ts';

/**
 * The pack with this id that is or was in force, or was proposed last; undefined if there is none. Reads an event for each
 * pack that was put in force since.
 */
export async function findRulePack(
  { log }: { readonly log: Pick<Log, 'batches'> },
  { system, installation, rulesIdx }: World,
  id: Digest,
): Promise<RulePack | undefined> {
  const known = [system.rules, ...(installation === null ? [] : [installation.rules]), defaultRulePack(sha256)];
  const found = known.find((each) => each.id === id);
  if (found !== undefined) return found;
  for (let idx = rulesIdx; idx > 0;) {
    const { event } = await readEvent(log, idx);
    if (event.kind !== 'RULES_ACTIVATED') throw new Error(`event ${idx} put no rule pack in force`);
    if (event.rulePackId === id) return proposedAt(log, event.proposedIdx);
    idx = event.rulesIdxBefore;
  }
  return undefined;
}

async function proposedAt(log: Pick<Log, 'batches'>, idx: number): Promise<RulePack> {
  const { event } = await readEvent(log, idx);
  const decoded = event.kind === 'RULES_PROPOSED' ? decodeRulePack(event.rules, sha256) : undefined;
  if (decoded?.ok !== true) throw new Error(`event ${idx} proposed no rule pack`);
  return decoded.rules;
}

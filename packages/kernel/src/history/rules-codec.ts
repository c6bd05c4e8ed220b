/** The events of rule packs, read back (`event-codec.ts` has their layout). */
import type { CanonicalReader } from '../bytes/canonical-reader.ts';
import { readDigest, readDigestOrNull } from '../graph/op-codec.ts';
import { readMigration, readOffenders, readTurn } from '../graph/rules/installation-codec.ts';
import type { Cause, Event, EventKind, Pins } from './event.ts';
import { readMeta } from './meta-codec.ts';

export type RulesKind = Extract<EventKind, `RULES_${string}`>;

export function isRulesKind(kind: EventKind): kind is RulesKind {
  return kind.startsWith('RULES_');
}

export function readRulesEvent(
  kind: RulesKind,
  base: { readonly idx: number; readonly view: null; readonly pins: Pins; readonly cause: Cause },
  results: CanonicalReader,
  body: CanonicalReader,
): Event {
  switch (kind) {
    case 'RULES_PROPOSED': {
      results.arrayOf(1);
      body.arrayOf(3);
      const rulePackId = readDigest(results);
      return { kind, ...base, rulePackId, rules: body.bytes(), migration: readMigration(body), meta: readMeta(body) };
    }
    case 'RULES_CHECKED':
      results.arrayOf(4);
      body.arrayOf(2);
      return {
        kind,
        ...base,
        elementCountMax: body.count(),
        turn: readTurn(results),
        elementCount: results.count(),
        offenders: readOffenders(body),
        offenderCount: results.count(),
        offendersDigest: readDigestOrNull(results),
      };
    case 'RULES_ACTIVATED':
      results.arrayOf(5);
      body.arrayOf(0);
      return {
        kind,
        ...base,
        rulePackId: readDigest(results),
        proposedIdx: results.count(),
        rulesIdxBefore: results.count(),
        systemDigest: readDigest(results),
        systemSnapshotId: readDigest(results),
      };
    case 'RULES_REFUSED':
      results.arrayOf(3);
      body.arrayOf(1);
      return {
        kind,
        ...base,
        rulePackId: readDigest(results),
        offenders: readOffenders(body),
        offenderCount: results.count(),
        offendersDigest: readDigestOrNull(results),
      };
    case 'RULES_WITHDRAWN':
      results.arrayOf(2);
      body.arrayOf(1);
      return {
        kind,
        ...base,
        rulePackId: readDigest(results),
        proposedIdx: results.count(),
        meta: readMeta(body),
      };
  }
}

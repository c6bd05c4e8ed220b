/** What only an event's kind tells: numbers, ids and names. Ops, conflicts and metas stand in fields of their own. */
import { digestToHex, type Event } from '@jitos/kernel';
import { termsToJson } from '../auth/grant-json.ts';
import type { JsonObject } from '../graphql/json-value.ts';

export function eventDetails(event: Event): JsonObject {
  switch (event.kind) {
    case 'WORLD_CREATED':
      return { format: event.format, quantumMs: event.quantumMs };
    case 'SWS_CREATED':
      return { parent: event.parent, baseSnapshotId: digestToHex(event.baseSnapshotId) };
    case 'REWRITE_APPLIED':
      return { opCount: event.ops.length };
    case 'COLLAPSE':
      return { committed: event.mode !== null, mode: event.mode, conflictCount: event.conflictCount };
    case 'COLLAPSE_BATCH':
      return { order: event.order, committedCount: event.committedCount, abortedCount: event.abortedCount };
    case 'REBASE':
      return { target: event.target, opCount: event.ops.length, choiceCount: event.choices.length };
    case 'DISCARD':
      return { reason: event.reason };
    case 'CHECKPOINT':
      return { worldDigest: digestToHex(event.worldDigest) };
    case 'TICK':
      return { tick: event.tick, ticks: event.ticks };
    case 'SIGNING_KEY_CHANGED':
      return { origin: event.origin };
    case 'SETTINGS_CHANGED':
      return { patch: Object.fromEntries(Object.entries(event.patch).filter(([, value]) => value !== null)) };
    case 'RULES_PROPOSED':
      return { rulePackId: digestToHex(event.rulePackId) };
    case 'RULES_CHECKED':
      return {};
    case 'RULES_ACTIVATED':
    case 'RULES_WITHDRAWN':
      return { rulePackId: digestToHex(event.rulePackId), proposedIdx: event.proposedIdx };
    case 'RULES_REFUSED':
      return { rulePackId: digestToHex(event.rulePackId), offenderCount: event.offenderCount };
    case 'GRANT_ADDED':
      return { grantId: digestToHex(event.grantId), terms: { ...termsToJson(event.terms) } };
    case 'GRANT_REVOKED':
      return { grantId: digestToHex(event.grantId) };
    case 'ACCESS_DENIED': {
      const { command, verb, ops, written } = event;
      return { command, verb, ops, written: written && { ...written } };
    }
  }
}

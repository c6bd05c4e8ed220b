/**
 * Collapse policies: one append-only table, so that a `policyId` in an old event names the same rules for ever.
 *
 * A policy is a row of data that the one engine reads (`merge.ts`). What a policy can't change: a merged graph has no
 * dangling edge, keeps the rule pack, and holds what the workspace's ops expected.
 */
export interface Policy {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  /** How a keyed node that both sides changed is merged: as one value, field by field, or as its kind declares, too. */
  readonly merges: 'nothing' | 'fields' | 'as-declared';
  /** Whose value is taken where both sides changed one; null: nobody's, for that is a conflict. */
  readonly settles: Side | null;
  /** Whether what the workspace has read must not have moved: then the collapse comes with a footprint. */
  readonly checksReads: boolean;
}

/** The workspace's side, or that of the view it collapses into. */
export type Side = 'ours' | 'theirs';

export const FAIL_FAST: Policy = {
  id: 1,
  name: 'fail-fast',
  version: 1,
  merges: 'nothing',
  settles: null,
  checksReads: false,
};

export const POLICIES: readonly Policy[] = [
  FAIL_FAST,
  { id: 2, name: 'three-way', version: 1, merges: 'fields', settles: null, checksReads: false },
  { id: 3, name: 'lattice', version: 1, merges: 'as-declared', settles: null, checksReads: false },
  { id: 4, name: 'serializable', version: 1, merges: 'nothing', settles: null, checksReads: true },
  { id: 5, name: 'ours', version: 1, merges: 'fields', settles: 'ours', checksReads: false },
  { id: 6, name: 'theirs', version: 1, merges: 'fields', settles: 'theirs', checksReads: false },
];

export const POLICY_DEFAULT: Policy = FAIL_FAST;

/** The policy with this id, or undefined. */
export function policyById(id: number): Policy | undefined {
  return POLICIES.find((policy) => policy.id === id);
}

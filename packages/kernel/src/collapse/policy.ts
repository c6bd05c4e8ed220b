/** Collapse policies: one append-only table, so that a `policyId` in an old event names the same rules for ever. */

export interface Policy {
  readonly id: number;
  readonly name: string;
  readonly version: number;
}

export const FAIL_FAST: Policy = { id: 1, name: 'fail-fast', version: 1 };

const POLICIES: readonly Policy[] = [FAIL_FAST];

export const POLICY_DEFAULT: Policy = FAIL_FAST;

/** The policy with this id, or undefined. */
export function policyById(id: number): Policy | undefined {
  return POLICIES.find((policy) => policy.id === id);
}

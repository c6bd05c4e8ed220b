/**
 * A refusal: the kernel's answer to a command that can't be carried out. It is a value, never thrown.
 *
 * A refusal is not a bug (those assert and stop) and not a fault (disk, peer, git: the shell's business).
 */

/** Why a command was refused. The daemon's registry gives each reason its text, statuses and advice. */
export type RefusalReason =
  | 'ACCESS_DENIED'
  | 'BATCH_INVALID'
  | 'BATCH_NOT_DISJOINT'
  | 'BODY_TOO_LARGE'
  | 'CHOICES_INVALID'
  | 'CLOCK_INVALID'
  | 'COMMAND_EXPIRED'
  | 'EDGE_END_MISSING'
  | 'ELEMENT_NOT_FOUND'
  | 'EXPECTATION_FAILED'
  | 'EXPR_INVALID'
  | 'EXPR_TOO_LARGE'
  | 'EXPR_TYPE_MISMATCH'
  | 'FIELD_INVALID'
  | 'FOOTPRINT_INVALID'
  | 'FOOTPRINT_UNKNOWN'
  | 'GRANT_EXISTS'
  | 'GRANT_INVALID'
  | 'GRANT_NOT_FOUND'
  | 'GRANTS_TOO_MANY'
  | 'HEADER_TOO_LARGE'
  | 'ID_INVALID'
  | 'KEY_INVALID'
  | 'KIND_INVALID'
  | 'MERGE_TOO_LARGE'
  | 'META_INVALID'
  | 'NODE_HAS_EDGES'
  | 'OPS_EMPTY'
  | 'OPS_TOO_MANY'
  | 'PAYLOAD_CONFLICT'
  | 'PAYLOAD_TOO_LARGE'
  | 'POLICY_UNKNOWN'
  | 'REBASE_CONFLICTS'
  | 'REBASE_NEEDED'
  | 'REQUEST_ID_INVALID'
  | 'REQUEST_ID_REUSED'
  | 'RULE_BROKEN'
  | 'RULES_BUSY'
  | 'RULES_CONTRADICTORY'
  | 'RULES_INVALID'
  | 'RULES_NOT_CHECKING'
  | 'RULES_UNCHANGED'
  | 'SETTING_INVALID'
  | 'SIGNING_KEY_INVALID'
  | 'SYSTEM_IS_READ_ONLY'
  | 'VALID_UNTIL_INVALID'
  | 'WORKSPACE_ENDED'
  | 'WORKSPACE_HAS_FORKS'
  | 'WORKSPACE_NEEDS_ATTENTION'
  | 'WORKSPACE_NOT_FOUND'
  | 'WORKSPACE_NOT_IDLE'
  | 'WORKSPACE_TOO_LARGE'
  | 'WORKSPACES_TOO_MANY';

export interface Refusal {
  readonly ok: false;
  readonly reason: RefusalReason;
  /** Where in the command: a path such as `ops[3].kind`, or '' for the command as a whole. */
  readonly place: string;
  /** One sentence with the offending value or bound. */
  readonly detail: string;
}

/** Makes a refusal. */
export function refuse(reason: RefusalReason, place: string, detail: string): Refusal {
  return { ok: false, reason, place, detail };
}

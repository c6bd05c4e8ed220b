/**
 * The names of errors: the kernel's refusals, and what goes wrong at the edge, in a plane or on a disk.
 */
import type { RefusalReason } from '@jitos/kernel';

export type ErrorFamily = 'INVALID_INPUT' | 'NOT_FOUND' | 'NOT_IMPLEMENTED' | 'INTERNAL' | 'DENIED' | 'UNAVAILABLE';

/** Reasons to believe a request, or a secret's file, nothing. */
export type AccessReason =
  | 'CHALLENGE_INVALID'
  | 'HOST_REFUSED'
  | 'KEY_FILE_UNFIT'
  | 'ORIGIN_REFUSED'
  | 'PROFILES_UNFIT'
  | 'SIGNATURE_INVALID'
  | 'TOKEN_FILE_UNFIT'
  | 'UNAUTHENTICATED';

/** Reasons that arise outside the kernel: at a server, in a plane, on a disk. */
export type EdgeReason =
  | 'ADDRESS_INVALID'
  | 'ADDRESS_IN_USE'
  | 'ALREADY_RUNNING'
  | 'BASE64_INVALID'
  | 'BODY_MALFORMED'
  | 'BUG'
  | 'COLLAPSE_NOT_FOUND'
  | 'COMMAND_UNKNOWN'
  | 'COPY_NOT_SERVED'
  | 'COPY_UNFIT'
  | 'CURSOR_INVALID'
  | 'CURSOR_STALE'
  | 'DAEMON_UNREACHABLE'
  | 'DATA_FORMAT_UNKNOWN'
  | 'DIFF_TOO_LARGE'
  | 'DIGEST_NOT_RECORDED'
  | 'EVENT_ARCHIVED'
  | 'EVENT_NOT_FOUND'
  | 'FIELD_UNKNOWN'
  | 'FOLDER_NOT_EMPTY'
  | 'FORMAT_INVALID'
  | 'GIT_FAILED'
  | 'GIT_TOO_OLD'
  | 'GRAPHQL_INVALID'
  | 'IMPORT_CONFLICT'
  | 'IMPORT_NOT_FOUND'
  | 'IMPORT_RUNNING'
  | 'INTERRUPTED'
  | 'LOG_DAMAGED'
  | 'LOG_FAILED'
  | 'LOG_FULL'
  | 'LOG_LOCKED'
  | 'LOG_READ_ONLY'
  | 'MEDIA_TYPE_REFUSED'
  | 'METHOD_REFUSED'
  | 'NOT_IMPLEMENTED'
  | 'OP_UNKNOWN'
  | 'OVERLOADED'
  | 'PAGE_INVALID'
  | 'PAST_NOT_READY'
  | 'PAST_TOO_LARGE'
  | 'PATCH_INVALID'
  | 'PERSISTED_QUERY_MISMATCH'
  | 'PERSISTED_QUERY_NOT_FOUND'
  | 'PROFILE_NOT_FOUND'
  | 'QUERY_TOO_DEEP'
  | 'QUERY_TOO_LARGE'
  | 'RATE_LIMITED'
  | 'REPLAY_DIVERGED'
  | 'REPOSITORY_INVALID'
  | 'REQUEST_TIMED_OUT'
  | 'REQUEST_TOO_LARGE'
  | 'ROUTE_NOT_FOUND'
  | 'RULE_PACK_NOT_FOUND'
  | 'SHUTTING_DOWN'
  | 'SNAPSHOT_NOT_FOUND'
  | 'SUBSCRIBER_TOO_SLOW'
  | 'USAGE'
  | 'VIEW_INVALID'
  | 'WORLDS_TOO_MANY'
  | 'WORLD_EXISTS'
  | 'WORLD_NAME_INVALID'
  | 'WORLD_NOT_FOUND';

export type Reason = RefusalReason | AccessReason | EdgeReason;

export interface ErrorEntry {
  readonly family: ErrorFamily;
  /** What it means, one sentence. */
  readonly text: string;
  /** What the reader should do next, one sentence. */
  readonly advice: string;
  readonly httpStatus: number;
  /** The name of the 9P errno, as Linux spells it. */
  readonly errno: string;
  /** Exit status of `jitosctl`, as `docs/spec/cli.md` lists them. */
  readonly exit: 0 | 1 | 2 | 3 | 4 | 5 | 70;
  readonly retry: 'never' | 'later';
}

/**
 * The one registry of errors that leave the daemon: refusals of the kernel, bad input at the edge, and faults.
 *
 * `docs/errors.md` is checked against it both ways. A `reason` is the fine code; its `family` is the seed's
 * GraphQL `extensions.code`.
 */
import type { RefusalReason } from '@jitos/kernel';

export type ErrorFamily = 'INVALID_INPUT' | 'NOT_FOUND' | 'NOT_IMPLEMENTED' | 'INTERNAL' | 'DENIED' | 'UNAVAILABLE';

/** Reasons that arise outside the kernel: at a server, in a plane, on a disk. */
export type EdgeReason =
  | 'ADDRESS_INVALID'
  | 'ADDRESS_IN_USE'
  | 'ALREADY_RUNNING'
  | 'BASE64_INVALID'
  | 'BODY_MALFORMED'
  | 'BUG'
  | 'CURSOR_INVALID'
  | 'CURSOR_STALE'
  | 'DAEMON_UNREACHABLE'
  | 'DATA_FORMAT_UNKNOWN'
  | 'FIELD_UNKNOWN'
  | 'FORMAT_INVALID'
  | 'GIT_FAILED'
  | 'GRAPHQL_INVALID'
  | 'HOST_REFUSED'
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
  | 'ORIGIN_REFUSED'
  | 'OVERLOADED'
  | 'PAGE_INVALID'
  | 'QUERY_TOO_DEEP'
  | 'QUERY_TOO_LARGE'
  | 'REPLAY_DIVERGED'
  | 'REPOSITORY_INVALID'
  | 'REQUEST_TIMED_OUT'
  | 'REQUEST_TOO_LARGE'
  | 'ROUTE_NOT_FOUND'
  | 'SHUTTING_DOWN'
  | 'SNAPSHOT_NOT_FOUND'
  | 'USAGE'
  | 'VIEW_INVALID'
  | 'WORLD_EXISTS'
  | 'WORLD_NAME_INVALID'
  | 'WORLD_NOT_FOUND';

export type Reason = RefusalReason | EdgeReason;

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

export const REGISTRY: Readonly<Record<Reason, ErrorEntry>> = {
  ADDRESS_INVALID: {
    family: 'UNAVAILABLE',
    text: 'The address that was asked for can not be listened on.',
    advice: 'Choose a --host of this machine, and a --port that you may use.',
    httpStatus: 503,
    errno: 'EADDRNOTAVAIL',
    exit: 5,
    retry: 'never',
  },
  ADDRESS_IN_USE: {
    family: 'UNAVAILABLE',
    text: 'The address that was asked for is taken.',
    advice: 'Choose another --port, or leave it out.',
    httpStatus: 503,
    errno: 'EADDRINUSE',
    exit: 5,
    retry: 'never',
  },
  ALREADY_RUNNING: {
    family: 'UNAVAILABLE',
    text: 'A daemon already serves this data folder.',
    advice: 'Use the one that runs, or another --data-dir.',
    httpStatus: 503,
    errno: 'EBUSY',
    exit: 5,
    retry: 'never',
  },
  BASE64_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A value is not standard base64 with padding.',
    advice: 'Encode the bytes with standard base64.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  BODY_MALFORMED: {
    family: 'INVALID_INPUT',
    text: 'The request body is not what the route takes.',
    advice: 'Send the JSON that docs/spec/http.md describes.',
    httpStatus: 400,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  BODY_TOO_LARGE: {
    family: 'INVALID_INPUT',
    text: 'The event would be larger than history allows.',
    advice: 'Split the rewrite into smaller ones.',
    httpStatus: 413,
    errno: 'EMSGSIZE',
    exit: 2,
    retry: 'never',
  },
  BUG: {
    family: 'INTERNAL',
    text: 'The program contradicts itself.',
    advice: 'Stop, keep the data folder, and report it.',
    httpStatus: 500,
    errno: 'EIO',
    exit: 70,
    retry: 'never',
  },
  CURSOR_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A cursor was not made by this API for this view.',
    advice: 'Start again without `after`.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  CURSOR_STALE: {
    family: 'NOT_FOUND',
    text: "The cursor's snapshot is no longer kept.",
    advice: 'Start again without `after`.',
    httpStatus: 410,
    errno: 'ESTALE',
    exit: 4,
    retry: 'never',
  },
  DAEMON_UNREACHABLE: {
    family: 'UNAVAILABLE',
    text: 'No daemon answers at the address.',
    advice: 'Start one with `npm start`, or check --url.',
    httpStatus: 503,
    errno: 'ECONNREFUSED',
    exit: 5,
    retry: 'later',
  },
  DATA_FORMAT_UNKNOWN: {
    family: 'UNAVAILABLE',
    text: 'The data folder was written by another version.',
    advice: 'Use the version that wrote it.',
    httpStatus: 503,
    errno: 'EPROTO',
    exit: 5,
    retry: 'never',
  },
  EDGE_END_MISSING: {
    family: 'INVALID_INPUT',
    text: 'An edge joins a node that the view does not have.',
    advice: 'Add the node first, or in the same rewrite.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  ELEMENT_NOT_FOUND: {
    family: 'NOT_FOUND',
    text: 'The view has no such node or edge.',
    advice: 'Check the id and the view.',
    httpStatus: 404,
    errno: 'ENOENT',
    exit: 4,
    retry: 'never',
  },
  EXPECTATION_FAILED: {
    family: 'INVALID_INPUT',
    text: 'An op expected another value than its element had.',
    advice: 'Read the element again and decide anew.',
    httpStatus: 409,
    errno: 'ESTALE',
    exit: 1,
    retry: 'never',
  },
  FIELD_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A field or its value is out of bounds.',
    advice: 'Keep within 256 fields of 64 KiB, named once each.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  FIELD_UNKNOWN: {
    family: 'INVALID_INPUT',
    text: 'The input has a field that is not known.',
    advice: 'Remove it, or check its spelling.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  FORMAT_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A value has the wrong type or form.',
    advice: 'See the place, and docs/spec/graphql.md.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  GIT_FAILED: {
    family: 'UNAVAILABLE',
    text: 'git could not be run, or failed.',
    advice: 'Check that git is installed and the repository is whole.',
    httpStatus: 502,
    errno: 'EIO',
    exit: 5,
    retry: 'later',
  },
  GRAPHQL_INVALID: {
    family: 'INVALID_INPUT',
    text: 'The GraphQL document does not parse or does not fit the schema.',
    advice: 'Check it against the schema.',
    httpStatus: 400,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  HEADER_TOO_LARGE: {
    family: 'INVALID_INPUT',
    text: "The event's header would be larger than history allows.",
    advice: 'Shorten the principal and the request id.',
    httpStatus: 413,
    errno: 'EMSGSIZE',
    exit: 2,
    retry: 'never',
  },
  HOST_REFUSED: {
    family: 'DENIED',
    text: 'The Host header names another host.',
    advice: 'Use the address that the daemon printed.',
    httpStatus: 403,
    errno: 'EACCES',
    exit: 3,
    retry: 'never',
  },
  ID_INVALID: {
    family: 'INVALID_INPUT',
    text: 'An id or a digest is not 64 characters of lowercase hex, or a number is not one.',
    advice: 'Copy the id as the API gave it.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  IMPORT_CONFLICT: {
    family: 'INVALID_INPUT',
    text: 'Something else wrote what the import writes.',
    advice: 'Import into a world of its own.',
    httpStatus: 409,
    errno: 'ESTALE',
    exit: 1,
    retry: 'never',
  },
  IMPORT_NOT_FOUND: {
    family: 'NOT_FOUND',
    text: 'There is no import with this number.',
    advice: 'List them at /v1/imports.',
    httpStatus: 404,
    errno: 'ENOENT',
    exit: 4,
    retry: 'never',
  },
  INTERRUPTED: {
    family: 'UNAVAILABLE',
    text: 'The command was stopped before it was done.',
    advice: 'Run it again: it goes on where it was.',
    httpStatus: 503,
    errno: 'EINTR',
    exit: 5,
    retry: 'later',
  },
  KEY_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A key is empty or longer than 1,024 bytes.',
    advice: 'Use a key of 1 to 1,024 bytes.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  KIND_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A kind is not 1 to 128 characters of A–Z a–z 0–9 _ . : -.',
    advice: 'Rename the kind.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  IMPORT_RUNNING: {
    family: 'INVALID_INPUT',
    text: 'Another import is writing to that world.',
    advice: 'Wait until it has ended.',
    httpStatus: 409,
    errno: 'EBUSY',
    exit: 5,
    retry: 'later',
  },
  LOG_DAMAGED: {
    family: 'UNAVAILABLE',
    text: 'The log is damaged inside, not only at its end.',
    advice: 'Run `jitosctl log check`, and restore the segment from a copy.',
    httpStatus: 503,
    errno: 'EIO',
    exit: 5,
    retry: 'never',
  },
  LOG_FAILED: {
    family: 'UNAVAILABLE',
    text: 'The disk failed to keep an event.',
    advice: 'Check the disk, then start the daemon again.',
    httpStatus: 503,
    errno: 'EIO',
    exit: 5,
    retry: 'never',
  },
  LOG_FULL: {
    family: 'UNAVAILABLE',
    text: 'The disk is full; nothing was written.',
    advice: 'Free some room: writes resume by themselves.',
    httpStatus: 507,
    errno: 'ENOSPC',
    exit: 5,
    retry: 'later',
  },
  LOG_LOCKED: {
    family: 'UNAVAILABLE',
    text: "Another process holds the world's folder.",
    advice: 'Stop it, or use another --data-dir.',
    httpStatus: 503,
    errno: 'EBUSY',
    exit: 5,
    retry: 'later',
  },
  LOG_READ_ONLY: {
    family: 'UNAVAILABLE',
    text: 'The data folder can not be written to.',
    advice: 'Mount it writable, or fix its permissions.',
    httpStatus: 503,
    errno: 'EROFS',
    exit: 5,
    retry: 'later',
  },
  MEDIA_TYPE_REFUSED: {
    family: 'INVALID_INPUT',
    text: 'The request body is not JSON in UTF-8.',
    advice: 'Send it as application/json.',
    httpStatus: 415,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  META_INVALID: {
    family: 'INVALID_INPUT',
    text: 'The meta or the reason can not be kept: too large, or not canonical.',
    advice: 'Shorten it, and use plain JSON.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  METHOD_REFUSED: {
    family: 'INVALID_INPUT',
    text: 'The route does not take this HTTP method.',
    advice: 'See docs/spec/http.md.',
    httpStatus: 405,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  NODE_HAS_EDGES: {
    family: 'INVALID_INPUT',
    text: 'A node was to be deleted that edges still join.',
    advice: 'Delete its edges in the same rewrite.',
    httpStatus: 409,
    errno: 'ENOTEMPTY',
    exit: 2,
    retry: 'never',
  },
  NOT_IMPLEMENTED: {
    family: 'NOT_IMPLEMENTED',
    text: 'This part of the API is not there yet.',
    advice: 'See CHANGELOG.md for what is.',
    httpStatus: 501,
    errno: 'ENOSYS',
    exit: 2,
    retry: 'never',
  },
  OPS_EMPTY: {
    family: 'INVALID_INPUT',
    text: 'A rewrite has no op.',
    advice: 'Give it at least one.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  OPS_TOO_MANY: {
    family: 'INVALID_INPUT',
    text: 'A rewrite has more than 10,000 ops.',
    advice: 'Split it into several rewrites and collapse once.',
    httpStatus: 413,
    errno: 'EMSGSIZE',
    exit: 2,
    retry: 'never',
  },
  OP_UNKNOWN: {
    family: 'NOT_IMPLEMENTED',
    text: 'There is no op of this name.',
    advice: 'Use AddNode, PutNode, DeleteNode, AddEdge, SetEdge or DeleteEdge.',
    httpStatus: 501,
    errno: 'ENOSYS',
    exit: 2,
    retry: 'never',
  },
  ORIGIN_REFUSED: {
    family: 'DENIED',
    text: "The request comes from another site's page.",
    advice: 'Call the API from its own origin, or without a browser.',
    httpStatus: 403,
    errno: 'EACCES',
    exit: 3,
    retry: 'never',
  },
  OVERLOADED: {
    family: 'UNAVAILABLE',
    text: 'Too many commands are waiting.',
    advice: 'Try again in a moment.',
    httpStatus: 503,
    errno: 'EAGAIN',
    exit: 5,
    retry: 'later',
  },
  PAGE_INVALID: {
    family: 'INVALID_INPUT',
    text: '`first` is not from 1 to 1,000.',
    advice: 'Ask for 1 to 1,000.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  PAYLOAD_CONFLICT: {
    family: 'INVALID_INPUT',
    text: 'The edge is there already, with another payload.',
    advice: 'Use SetEdge to change it.',
    httpStatus: 409,
    errno: 'EEXIST',
    exit: 2,
    retry: 'never',
  },
  PAYLOAD_TOO_LARGE: {
    family: 'INVALID_INPUT',
    text: 'A payload is larger than 1 MiB.',
    advice: 'Split it over several nodes.',
    httpStatus: 413,
    errno: 'EMSGSIZE',
    exit: 2,
    retry: 'never',
  },
  POLICY_UNKNOWN: {
    family: 'INVALID_INPUT',
    text: 'There is no collapse policy with this id.',
    advice: 'Use 1 (fail-fast), or leave it out.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  QUERY_TOO_DEEP: {
    family: 'INVALID_INPUT',
    text: 'The query nests deeper than 15 levels.',
    advice: 'Ask for less at once.',
    httpStatus: 422,
    errno: 'E2BIG',
    exit: 2,
    retry: 'never',
  },
  QUERY_TOO_LARGE: {
    family: 'INVALID_INPUT',
    text: 'The query could touch more than 20,000 elements.',
    advice: 'Ask for smaller pages.',
    httpStatus: 422,
    errno: 'E2BIG',
    exit: 2,
    retry: 'never',
  },
  REBASE_NEEDED: {
    family: 'INVALID_INPUT',
    text: "The workspace's base is too old to write or collapse.",
    advice: 'Start a new workspace and carry the changes over.',
    httpStatus: 409,
    errno: 'ESTALE',
    exit: 1,
    retry: 'never',
  },
  REPLAY_DIVERGED: {
    family: 'INTERNAL',
    text: 'Replaying the history does not reach a digest that it records.',
    advice: 'Keep the data folder as it is, and report it.',
    httpStatus: 500,
    errno: 'EIO',
    exit: 1,
    retry: 'never',
  },
  REPOSITORY_INVALID: {
    family: 'INVALID_INPUT',
    text: 'The folder is not a git repository that can be imported.',
    advice: 'See the detail: it must be whole and have a commit.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  REQUEST_ID_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A request id is empty or longer than 256 bytes.',
    advice: 'Use 1 to 256 bytes of UTF-8.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  REQUEST_ID_REUSED: {
    family: 'INVALID_INPUT',
    text: 'The request id was used for another command.',
    advice: 'Take a new one for each command.',
    httpStatus: 409,
    errno: 'EEXIST',
    exit: 2,
    retry: 'never',
  },
  REQUEST_TIMED_OUT: {
    family: 'UNAVAILABLE',
    text: 'The request took too long to arrive.',
    advice: 'Try again over a faster connection.',
    httpStatus: 408,
    errno: 'ETIMEDOUT',
    exit: 5,
    retry: 'later',
  },
  REQUEST_TOO_LARGE: {
    family: 'INVALID_INPUT',
    text: 'The request body is larger than the server takes.',
    advice: 'Split it.',
    httpStatus: 413,
    errno: 'EMSGSIZE',
    exit: 2,
    retry: 'never',
  },
  ROUTE_NOT_FOUND: {
    family: 'NOT_FOUND',
    text: 'There is no such route.',
    advice: 'See docs/spec/http.md.',
    httpStatus: 404,
    errno: 'ENOENT',
    exit: 4,
    retry: 'never',
  },
  SHUTTING_DOWN: {
    family: 'UNAVAILABLE',
    text: 'The daemon is stopping.',
    advice: 'Try again once it is up.',
    httpStatus: 503,
    errno: 'ESHUTDOWN',
    exit: 5,
    retry: 'later',
  },
  SNAPSHOT_NOT_FOUND: {
    family: 'NOT_FOUND',
    text: 'The snapshot is not known, or no longer kept.',
    advice: 'Read the view as it is now.',
    httpStatus: 404,
    errno: 'ENOENT',
    exit: 4,
    retry: 'never',
  },
  SYSTEM_IS_READ_ONLY: {
    family: 'INVALID_INPUT',
    text: 'System moves only by collapse.',
    advice: 'Write to a workspace, then collapse it.',
    httpStatus: 422,
    errno: 'EPERM',
    exit: 2,
    retry: 'never',
  },
  USAGE: {
    family: 'INVALID_INPUT',
    text: 'The command line was not understood.',
    advice: 'See --help.',
    httpStatus: 400,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  VIEW_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A view is SYSTEM without swsId, or SWS with one.',
    advice: 'Write `system` or `sws:N`.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  WORKSPACE_ENDED: {
    family: 'NOT_FOUND',
    text: 'The workspace was collapsed or discarded.',
    advice: 'Create a new one.',
    httpStatus: 410,
    errno: 'ENOENT',
    exit: 4,
    retry: 'never',
  },
  WORKSPACE_NOT_FOUND: {
    family: 'NOT_FOUND',
    text: 'There is no workspace with this number.',
    advice: 'List the open ones with `jitosctl sws list`.',
    httpStatus: 404,
    errno: 'ENOENT',
    exit: 4,
    retry: 'never',
  },
  WORLD_EXISTS: {
    family: 'INVALID_INPUT',
    text: 'A world of this name exists.',
    advice: 'Choose another name.',
    httpStatus: 409,
    errno: 'EEXIST',
    exit: 2,
    retry: 'never',
  },
  WORLD_NAME_INVALID: {
    family: 'INVALID_INPUT',
    text: 'A world name is 1 to 63 characters of a–z, 0–9 and -.',
    advice: 'Choose another name.',
    httpStatus: 422,
    errno: 'EINVAL',
    exit: 2,
    retry: 'never',
  },
  WORLD_NOT_FOUND: {
    family: 'NOT_FOUND',
    text: 'There is no world of this name.',
    advice: 'List them with `jitosctl world list`.',
    httpStatus: 404,
    errno: 'ENOENT',
    exit: 4,
    retry: 'never',
  },
};

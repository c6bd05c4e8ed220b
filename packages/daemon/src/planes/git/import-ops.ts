/**
 * What a commit becomes: the ops that write it into a workspace.
 *
 *     git.commit   content  {oid, tree, message, messageSize, encoding, authored, authoredAt, committed, committedAt}
 *     git.person   content  [name, mail]
 *     git.path     keyed by path; never deleted
 *     git.file     keyed by path  {oid, mode, size}; without edges, so that a deletion is one op
 *     git.repo     keyed "repository"  the import's position, written with the last op of each commit
 *
 *     commit ─git.parent(n)─► commit    commit ─git.author─► person    commit ─git.committer─► person
 *     commit ─git.touches─► path
 *
 * Text of git is bytes: it stays what it is, whatever its encoding.
 */
import {
  contentNode,
  encodeValue,
  KEY_SIZE_MAX,
  keyedNodeId,
  sortPatches,
  type Bytes,
  type ElementId,
  type FieldPatch,
  type Op,
  type Value,
} from '@jitos/kernel';
import { sha256 } from '../../engine/sha256.ts';
import type { GitChange, GitCommitPart } from './git-changes.ts';
import type { GitCommit } from './git-commit.ts';
import type { HistoryPosition } from './git-position.ts';
import { PERSON_KIND, type PeopleNodes, type PersonNode } from './import-people.ts';

export const REPO_KIND = 'git.repo';
export const COMMIT_KIND = 'git.commit';
export const PATH_KIND = 'git.path';
export const FILE_KIND = 'git.file';

/** One repository a world: its node has a key that does not depend on where the repository lies. */
export const REPO_KEY = 'repository' as Bytes; // ASCII

/**
 * Changes in one rewrite, whose event has at most 8 MiB. The three ops of a change hold its path at most four times (two
 * keys and two fields) and 300 bytes more: with the 1 MiB of a part's paths that is 4.8 MB. The commit itself has 1 MiB
 * of text, or instead of it some 20,000 parents, each an edge of 110 bytes.
 */
export const CHANGES_PER_REWRITE_MAX = 2000;

/** Longer messages are cut, and their size says so: a payload holds at most 1 MiB. */
const MESSAGE_SIZE_MAX = 1_000_000;

/** A content node: its id depends on the commit object alone. */
export interface CommitNode {
  readonly id: ElementId;
  readonly payload: Bytes;
}

/** The node of a commit. Encodes and hashes all of its message: made once a commit. */
export function commitNode(commit: GitCommit): CommitNode {
  const { oid, treeOid, author, committer, encoding, message, messageSizeBytes } = commit;
  const entries: [string, Value][] = [
    ['oid', oid],
    ['tree', treeOid],
    ['message', { $bytes: message.slice(0, MESSAGE_SIZE_MAX) as Bytes }], // the reader gives one character a byte
    ['messageSize', messageSizeBytes],
    ['authored', boxed(author.date)],
    ['authoredAt', author.timeSeconds],
    ['committed', boxed(committer.date)],
    ['committedAt', committer.timeSeconds],
    ['encoding', encoding === null ? null : boxed(encoding)],
  ];
  const payload = encodeValue(new Map(entries.filter(([, value]) => value !== null)));
  return { id: contentNode(COMMIT_KIND, payload, sha256).id, payload };
}

function boxed(bytes: string): Value {
  return { $bytes: bytes as Bytes }; // the reader gives one character a byte
}

export interface CommitOpsOptions {
  readonly part: GitCommitPart;
  /** Of the part's commit. */
  readonly node: CommitNode;
  /** Node ids of its parents, in order; asked of a first part only. */
  readonly parentIds: readonly ElementId[];
  readonly people: PeopleNodes;
  /** Where the import stands once this part's commit is in; written with its last part. */
  readonly position: HistoryPosition;
}

/** The ops of one part of a commit: at most three a change, and a few for the commit itself. */
export function commitOps(options: CommitOpsOptions): Op[] {
  const { part, node, position } = options;
  const ops: Op[] = part.isFirst ? opsOfCommit(options) : [];
  for (const change of part.changes) pushChange(ops, change, node.id);
  if (part.isLast) ops.push(putNode(REPO_KIND, REPO_KEY, positionToPatches(position)));
  return ops;
}

function opsOfCommit({ part, node, parentIds, people }: CommitOpsOptions): Op[] {
  const { author, committer } = part.commit;
  return [
    addNode(COMMIT_KIND, node.payload),
    ...opsOfPerson(node.id, 'git.author', people.nodeOf(author)),
    ...opsOfPerson(node.id, 'git.committer', people.nodeOf(committer)),
    ...parentIds.map((parentId, index) => addEdge(node.id, parentId, 'git.parent', String(index) as Bytes)), // digits
  ];
}

function opsOfPerson(commitId: ElementId, kind: string, { id, payload }: PersonNode): readonly Op[] {
  return [addNode(PERSON_KIND, payload), addEdge(commitId, id, kind, null)];
}

function pushChange(ops: Op[], change: GitChange, commitId: ElementId): void {
  const key = pathToKey(change.path);
  const long = key === change.path ? [] : [{ name: 'path', value: encodeValue(boxed(change.path)) }];
  ops.push(putNode(PATH_KIND, key, long));
  if (change.oid === null) {
    ops.push({ op: 'DeleteNode', id: keyedNodeId(FILE_KIND, key, sha256), expect: null });
  } else {
    const size = change.sizeBytes === null ? null : encodeValue(change.sizeBytes);
    const patches = [
      ...long,
      { name: 'oid', value: encodeValue(change.oid) },
      { name: 'mode', value: encodeValue(change.mode) },
    ];
    ops.push(putNode(FILE_KIND, key, [...patches, { name: 'size', value: size }]));
  }
  ops.push(addEdge(commitId, keyedNodeId(PATH_KIND, key, sha256), 'git.touches', null));
}

/** A path is its own key unless it is too long: then its start and its hash are, parted by a zero no path holds. */
export function pathToKey(path: string): Bytes {
  if (path.length <= KEY_SIZE_MAX) return path as Bytes; // the reader gives one character a byte
  return `${path.slice(0, KEY_SIZE_MAX - 33)}\0${sha256(path as Bytes)}` as Bytes; // likewise
}

function addNode(kind: string, payload: Bytes): Op {
  return { op: 'AddNode', kind, payload, expect: null };
}

function putNode(kind: string, key: Bytes, patches: readonly FieldPatch[]): Op {
  return { op: 'PutNode', kind, key, patches: sortPatches(patches), expect: null };
}

function addEdge(from: ElementId, to: ElementId, kind: string, key: Bytes | null): Op {
  return { op: 'AddEdge', from, to, kind, key, payload: null, expect: null };
}

function positionToPatches({ headOid, baseOids, count, lastOid }: HistoryPosition): FieldPatch[] {
  return [
    { name: 'head', value: encodeValue(headOid) },
    { name: 'bases', value: encodeValue(baseOids) },
    { name: 'count', value: encodeValue(count) },
    { name: 'last', value: lastOid === null ? null : encodeValue(lastOid) },
  ];
}

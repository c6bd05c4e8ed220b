/**
 * A commit object as data.
 *
 * Histories hold commits that no git would write today: without mail, date or author, with dates past every clock, with
 * headers that nobody knows. Reading refuses only what git itself can't walk (no tree); all else comes through.
 *
 * Text here is bytes, one a character (latin1): a commit need not be UTF-8, whatever its encoding header says.
 */

/** Who and when, of an author or committer line. */
export interface GitPerson {
  /** Empty when there is none. */
  readonly name: string;
  /** Without the brackets; empty when there is none. */
  readonly mail: string;
  /** Seconds since 1970; null when the line has no integer there, or one past 2⁵³. */
  readonly timeSeconds: number | null;
  /** What follows the mail, as it stands: `1700000000 +0100`. */
  readonly date: string;
}

export interface GitCommit {
  /** Hex, as all oids. */
  readonly oid: string;
  readonly treeOid: string;
  /** In the commit's order; may repeat. */
  readonly parentOids: readonly string[];
  readonly author: GitPerson;
  readonly committer: GitPerson;
  /** The encoding header; null when there is none, which means UTF-8. */
  readonly encoding: string | null;
  /** The whole message, or what of it is in the first `COMMIT_SIZE_BYTES_MAX` bytes of the object. */
  readonly message: string;
  /** Of the whole message. */
  readonly messageSizeBytes: number;
}

/** What is read of a commit object; the rest of its message is passed over. */
export const COMMIT_SIZE_BYTES_MAX: number = 1 << 20;

export interface CommitObject {
  readonly oid: string;
  /** The object, or its first `COMMIT_SIZE_BYTES_MAX` bytes. */
  readonly bytes: Buffer;
  /** Of the whole object. */
  readonly sizeBytes: number;
}

const NOBODY: GitPerson = { name: '', mail: '', timeSeconds: null, date: '' };

/** Reads a commit object; undefined when it does not begin with a tree. */
export function parseCommit({ oid, bytes, sizeBytes }: CommitObject): GitCommit | undefined {
  const blankLine = bytes.indexOf('\n\n', 0, 'latin1');
  const headerEnd = blankLine < 0 ? bytes.length : blankLine;
  const [treeLine = '', ...lines] = bytes.toString('latin1', 0, headerEnd).split('\n');
  if (!treeLine.startsWith('tree ')) return undefined;
  const messageStart = Math.min(headerEnd + 2, bytes.length);
  return {
    oid,
    treeOid: treeLine.slice('tree '.length),
    parentOids: parentsOf(lines),
    author: parsePerson(headerOf(lines, 'author ')),
    committer: parsePerson(headerOf(lines, 'committer ')),
    encoding: headerOf(lines, 'encoding ') ?? null,
    message: bytes.toString('latin1', messageStart),
    messageSizeBytes: sizeBytes - messageStart,
  };
}

/** To git, too, only the lines next to the tree are parents. */
function parentsOf(lines: readonly string[]): readonly string[] {
  const parentOids: string[] = [];
  for (const line of lines) {
    if (!line.startsWith('parent ')) break;
    parentOids.push(line.slice('parent '.length));
  }
  return parentOids;
}

/** The value of the first such header. Continuations begin with a space, so none is taken for a header. */
function headerOf(lines: readonly string[], key: string): string | undefined {
  return lines.find((line) => line.startsWith(key))?.slice(key.length);
}

/** Reads `Name <mail> seconds zone`, of which each part may be missing. */
function parsePerson(line: string | undefined): GitPerson {
  if (line === undefined) return NOBODY;
  const mailStart = line.indexOf('<');
  if (mailStart < 0) return { ...NOBODY, name: trimSpaces(line) };
  const name = trimSpaces(line.slice(0, mailStart));
  // As in git, the date follows the last bracket; brackets before it stay in the mail, so that no byte is lost.
  const mailEnd = line.lastIndexOf('>');
  if (mailEnd < mailStart) return { ...NOBODY, name, mail: line.slice(mailStart + 1) };
  const date = trimSpaces(line.slice(mailEnd + 1));
  return { name, mail: line.slice(mailStart + 1, mailEnd), timeSeconds: parseSeconds(date), date };
}

function parseSeconds(date: string): number | null {
  const seconds = Number(/^-?\d+(?= |$)/.exec(date)?.[0] ?? Number.NaN);
  // Adding 0 turns -0, which is not canonical, into 0.
  return Number.isSafeInteger(seconds) ? seconds + 0 : null;
}

/** Spaces only: other white space may be a part of a longer character. */
function trimSpaces(text: string): string {
  return text.replace(/^ +| +$/g, '');
}

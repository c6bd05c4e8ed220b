/**
 * The oracle for imported files: what git itself says a commit holds, one process a commit.
 */
import { runGit } from './git-command.ts';

export interface TreeFile {
  /** As in a tree entry: 0o100644, 0o100755, 0o120000 or 0o160000. */
  readonly mode: number;
  /** Hex. */
  readonly oid: string;
  /** Of the blob; null for a submodule. */
  readonly sizeBytes: number | null;
}

/** Every file of a commit by its path, one byte a character, in git's order. */
export function listTree(path: string, commit: string): Map<string, TreeFile> {
  const listing = runGit({ cwd: path, args: ['ls-tree', '-r', '-z', '-l', '--full-tree', commit] });
  const fileByPath = new Map<string, TreeFile>();
  for (const record of listing.split('\0').slice(0, -1)) {
    const tab = record.indexOf('\t');
    const [mode, , oid, size] = record.slice(0, tab).split(/ +/);
    if (mode === undefined || oid === undefined) throw new Error(`ls-tree record not understood: ${record}`);
    const sizeBytes = size === '-' ? null : Number(size);
    fileByPath.set(record.slice(tab + 1), { mode: Number.parseInt(mode, 8), oid, sizeBytes });
  }
  return fileByPath;
}

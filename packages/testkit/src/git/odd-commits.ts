/**
 * Commit objects that no git command would write today, but that old or foreign tools have: readers must take them.
 */
import { runGit } from './git-command.ts';

const PLAIN = 'Ada Example <ada@jitos.example> 1600000000 +0000';
const AUTHOR = `author ${PLAIN}\n`;
const COMMITTER = `committer ${PLAIN}\n`;
const BOTH = AUTHOR + COMMITTER;

/** What follows the tree and parent lines of each odd commit. */
const ODD_BODIES: readonly string[] = [
  `${BOTH}\n${'A message past a mebibyte. '.repeat(50_000)}`,
  `${BOTH}gpgsig -----BEGIN PGP SIGNATURE-----\n \n abcd\n -----END PGP SIGNATURE-----\n\nSigned\n`,
  `${BOTH}mergetag object 0123\n type commit\n tag v1\n tagger ${PLAIN}\n \n author of a tag\n\nMerged a tag\n`,
  `${BOTH}encoding \xff-8859\nunknown header\n\nOdd encoding\n`,
  `author Nobody 1600000000 +0000\n${COMMITTER}\nNo mail\n`,
  `author Two Mails <a@jitos.example> <b@jitos.example> 1600000000 +0000\n${COMMITTER}\nTwo mails\n`,
  `author Unclosed <a@jitos.example 1600000000 +0000\n${COMMITTER}\nUnclosed mail\n`,
  `author Early <early@jitos.example> -86400 +0000\n${COMMITTER}\nBefore the epoch\n`,
  `author Late <late@jitos.example> 18446744073709551615 +0000\n${COMMITTER}\nAfter everything\n`,
  `author Never <never@jitos.example>\n${COMMITTER}\nNo date\n`,
  `author Odd <odd@jitos.example> 1600000000 +051800\ncommitter Odd <odd@jitos.example> 1600000000\n\nOdd zones\n`,
  `${COMMITTER}\nNo author\n`,
  `\nNo people\n`,
  `${BOTH}\nA message\0with a zero byte`,
  BOTH,
];

/** Adds one commit on HEAD for each odd body, with HEAD's tree, and returns the oid of the last. */
export function writeOddCommits(path: string): string {
  const tree = runGit({ cwd: path, args: ['rev-parse', 'HEAD^{tree}'] }).trim();
  let head = runGit({ cwd: path, args: ['rev-parse', 'HEAD'] }).trim();
  for (const body of [`parent ${head}\n${BOTH}\nOne parent twice\n`, ...ODD_BODIES]) {
    const input = `tree ${tree}\nparent ${head}\n${body}`;
    head = runGit({ cwd: path, args: ['hash-object', '-t', 'commit', '-w', '--literally', '--stdin'], input }).trim();
  }
  runGit({ cwd: path, args: ['update-ref', 'HEAD', head] });
  return head;
}

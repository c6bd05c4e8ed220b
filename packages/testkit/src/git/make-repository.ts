/**
 * Makes a repository that holds everything a real history may: merges (octopus and unrelated roots too), renames,
 * deletions, files that become folders and back, mode changes, symbolic links, submodules, empty commits, paths and
 * messages that are not UTF-8, and commit objects that no git command would write today.
 *
 * - M1 The same options give the same objects on every machine.
 * - M2 Every commit made is reachable from HEAD.
 */
import { pick, type Dice } from '../world/dice.ts';
import { dataCommand, quotePath, startFastImport, type FastImport } from './fast-import.ts';
import { runGit } from './git-command.ts';
import { writeOddCommits } from './odd-commits.ts';
import { createRandom } from './random.ts';

export type ObjectFormat = 'sha1' | 'sha256';

export interface RepositoryOptions {
  /** An existing, empty folder; becomes a bare repository whose HEAD is `main`. */
  readonly path: string;
  /** A 32-bit integer. */
  readonly seed: number;
  /** Commits made by chance; a closing merge and a few odd ones come on top. */
  readonly commits: number;
  readonly objectFormat: ObjectFormat;
}

/** File names beyond the plain ones, one byte a character. */
const ODD_NAMES: readonly string[] = [
  'caf\xe9.txt',
  'na\xc3\xafve.txt',
  '\xff\xfe',
  'new\nline.txt',
  'tab\there.txt',
  'quo"te.txt',
  "apo'strophe.txt",
  'back\\slash.txt',
  ' leading and trailing ',
  '-dash',
  '--option=value',
  ':colon:',
  '*glob?[x]',
  '\x01\x7f',
  '.hidden',
  'deep/er/and/deep/er/still.txt',
  'e'.repeat(200),
];

/** Names that are a file in one commit and a folder in another. */
const CHANGING_NAMES: readonly string[] = ['swap', 'swap/inner.txt', 'swap/inner.txt/below.txt'];

const LINES_MAX = 4;
const BLOBS = 80;
const FIRST_COMMIT_SECONDS = 1_500_000_000;

interface MadeFile {
  readonly mode: '100644' | '100755' | '120000' | '160000';
  /** A mark of a blob, or the oid of a submodule's commit. */
  readonly reference: string;
}

/** One line of development: its newest commit and the files that commit has. */
interface Line {
  readonly mark: number;
  readonly files: ReadonlyMap<string, MadeFile>;
}

interface Making {
  readonly dice: Dice;
  readonly oidLength: number;
  readonly fastImport: FastImport;
  /** Marks of blobs are 1 to BLOBS; commits follow. */
  mark: number;
}

/** Writes the repository and returns the oid of HEAD. */
export async function makeRepository(options: RepositoryOptions): Promise<string> {
  const { path, seed, commits, objectFormat } = options;
  const args = ['init', '--quiet', '--bare', '--initial-branch=main', `--object-format=${objectFormat}`, '.'];
  runGit({ cwd: path, args });
  const making: Making = {
    dice: createRandom(seed),
    oidLength: objectFormat === 'sha1' ? 40 : 64,
    fastImport: startFastImport(path),
    mark: BLOBS,
  };
  await writeBlobs(making);
  const lines: Line[] = [];
  for (let number = 0; number < commits; number += 1) await growHistory(making, lines);
  await mergeEverything(making, lines);
  await making.fastImport.end();
  return writeOddCommits(path);
}

async function writeBlobs({ fastImport, dice }: Making): Promise<void> {
  for (let mark = 1; mark <= BLOBS; mark += 1) {
    // The first is empty; a few are past every buffer git and the reader use.
    const sizeBytes = mark === 1 ? 0 : mark % 20 === 0 ? 100_000 : dice.below(400);
    const text = `blob ${mark}\n\xff\n`.repeat(Math.ceil(sizeBytes / 9)).slice(0, sizeBytes);
    await fastImport.write(`blob\nmark :${mark}\n${dataCommand(text)}`);
  }
}

/** Adds one commit: a root, a fork, a merge, or the next of a line. */
async function growHistory(making: Making, lines: Line[]): Promise<void> {
  const { dice } = making;
  const kind = dice.below(100);
  if (lines.length === 0 || (lines.length < LINES_MAX && kind < 2)) {
    lines.push(await commit(making, [], new Map()));
    return;
  }
  const line = pick(dice, lines);
  const other = pick(dice, lines);
  if (lines.length < LINES_MAX && kind < 12) {
    lines.push(await commit(making, [line], editFiles(dice, line.files, making.oidLength)));
  } else if (other !== line && kind < 36) {
    replaceLine(lines, line, await commit(making, [line, other], mergeFiles(dice, line.files, other.files)));
    // Half of the merged lines end; the others live on and are merged again.
    if (kind < 24) lines.splice(lines.indexOf(other), 1);
  } else {
    const files = kind < 41 ? line.files : editFiles(dice, line.files, making.oidLength);
    replaceLine(lines, line, await commit(making, [line], files));
  }
}

function replaceLine(lines: Line[], line: Line, next: Line): void {
  lines[lines.indexOf(line)] = next;
}

async function mergeEverything(making: Making, lines: readonly Line[]): Promise<void> {
  const [first, ...others] = lines;
  if (first === undefined) return;
  let files = first.files;
  for (const other of others) files = mergeFiles(making.dice, files, other.files);
  await commit(making, lines, files);
}

/** Writes a commit with exactly these files. */
async function commit(making: Making, parents: readonly Line[], files: ReadonlyMap<string, MadeFile>): Promise<Line> {
  const { dice } = making;
  const mark = (making.mark += 1);
  const [first, ...others] = parents;
  // Without `from`, a commit to a branch that was reset is a root.
  let text = first === undefined ? 'reset refs/heads/main\n\n' : '';
  text += `commit refs/heads/main\nmark :${mark}\n`;
  text += `author ${pickPerson(dice)} ${pickDate(dice, mark)}\ncommitter ${pickPerson(dice)} ${pickDate(dice, mark)}\n`;
  if (dice.below(20) === 0) text += 'encoding ISO-8859-1\n';
  text += dataCommand(pickMessage(dice, mark));
  if (first !== undefined) text += `from :${first.mark}\n`;
  for (const other of others) text += `merge :${other.mark}\n`;
  text += 'deleteall\n';
  for (const [path, { mode, reference }] of files) text += `M ${mode} ${reference} ${quotePath(path)}\n`;
  await making.fastImport.write(`${text}\n`);
  return { mark, files };
}

function pickPerson(dice: Dice): string {
  return pick(dice, [
    'Ada Example <ada@jitos.example>',
    'Ren\xe9 Example <rene@jitos.example>',
    'Zo\xc3\xab Example <zoe@jitos.example>',
    'No Mail <>',
    ' <nameless@jitos.example>',
  ]);
}

/** Mostly in order; some clocks are wrong. */
function pickDate(dice: Dice, mark: number): string {
  const skew = dice.below(10) === 0 ? dice.below(1_000_000) - 500_000 : 0;
  return `${FIRST_COMMIT_SECONDS + mark * 600 + skew} ${pick(dice, ['+0000', '-0730', '+1400', '+0545'])}`;
}

function pickMessage(dice: Dice, mark: number): string {
  return pick(dice, [
    `Change ${mark}\n`,
    `Change ${mark} without an end of line`,
    `Change ${mark}\n\nWith a body\nof lines.\n`,
    `Ge\xe4ndert ${mark}\n`,
    '',
    `\n\nChange ${mark} after blank lines\n`,
    `Change ${mark}\n${'long '.repeat(dice.below(4_000))}\n`,
  ]);
}

/** Some files changed, added, deleted, renamed, relinked. */
function editFiles(dice: Dice, files: ReadonlyMap<string, MadeFile>, oidLength: number): ReadonlyMap<string, MadeFile> {
  const edited = new Map(files);
  for (let edits = 1 + dice.below(5); edits > 0; edits -= 1) {
    const entries = [...edited];
    const kind = entries.length === 0 ? 0 : dice.below(10);
    if (kind < 5) {
      putFile(edited, pickPath(dice), pickFile(dice, oidLength));
      continue;
    }
    const [path, file] = pick(dice, entries);
    edited.delete(path);
    if (kind < 7) continue;
    if (kind < 9) putFile(edited, pickPath(dice), file);
    else putFile(edited, path, pickFile(dice, oidLength));
  }
  return edited;
}

/** Takes each path from either side, as a merge with many conflicts might. */
function mergeFiles(
  dice: Dice,
  ours: ReadonlyMap<string, MadeFile>,
  theirs: ReadonlyMap<string, MadeFile>,
): ReadonlyMap<string, MadeFile> {
  const merged = new Map(ours);
  for (const [path, file] of theirs) if (dice.below(3) > 0) putFile(merged, path, file);
  return merged;
}

function pickPath(dice: Dice): string {
  const kind = dice.below(10);
  if (kind < 3) return pick(dice, ODD_NAMES);
  if (kind < 4) return pick(dice, CHANGING_NAMES);
  if (kind < 5) return `odd\xe9folder\n/${pick(dice, ODD_NAMES)}`;
  return `folder-${dice.below(6)}/file-${dice.below(20)}.txt`;
}

function pickFile(dice: Dice, oidLength: number): MadeFile {
  const kind = dice.below(20);
  if (kind === 0) return { mode: '160000', reference: String(1 + dice.below(9)).repeat(oidLength) };
  const reference = `:${1 + dice.below(BLOBS)}`;
  if (kind === 1) return { mode: '120000', reference };
  return { mode: kind < 5 ? '100755' : '100644', reference };
}

/** Puts a file where none of its folders is a file, and nothing is below it. */
function putFile(files: Map<string, MadeFile>, path: string, file: MadeFile): void {
  for (const other of files.keys()) {
    if (other.startsWith(`${path}/`) || path.startsWith(`${other}/`)) files.delete(other);
  }
  files.set(path, file);
}

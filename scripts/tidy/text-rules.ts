/**
 * Rules about the text of files, whatever they are for.
 */
import { isCode, isTest, problemAt, problemsWhere, type Problem, type Rule, type Source, type Tree } from './source.ts';

const LINES_MAX = 600;

/** Marks of unfinished work, spelled so that this line is none. */
const MARKS = /\b(?:T[O]DO|F[I]XME|X[X]X)\b/g;
/** Home folders, as in `/` + `home/someone`, unless a longer path goes before. */
const HOMES = /(?<![\w.\-)}\]*])\/(?:root|home|Users)\/[\w.]|\b[A-Z]:\\+Users\\/g;
const RESOLVED = /"resolved": ?"https?:/g;
const FOCUSED = /\.(?:only|skip|todo)\s*\(|\b(?:only|skip|todo):\s*true\b/g;
const CASTS = /\bas\s+(?!const\b)[\w{([]/g;

/** Problems of every source that `where` picks, one by one. */
function each(tree: Tree, where: (path: string) => boolean, find: (source: Source) => Problem[]): Problem[] {
  return [...tree.values()].filter(({ path }) => where(path)).flatMap((source) => find(source));
}

function inText({ path, text }: Source, pattern: RegExp, why: string): Problem[] {
  return problemsWhere({ path, text, code: text }, pattern, why);
}

function isProse(path: string): boolean {
  return path.endsWith('.md');
}

function lengthRule(tree: Tree): Problem[] {
  const isMeant = (path: string): boolean => /\.(?:ts|tsx|mjs|css|html)$/.test(path) && !isTest(path);
  return each(tree, isMeant, ({ path, text }) => {
    const lines = text.trimEnd().split('\n').length;
    return lines > LINES_MAX
      ? [{ path, line: LINES_MAX + 1, why: `${lines} lines: split it (at most ${LINES_MAX})` }]
      : [];
  });
}

function nameRule(tree: Tree): Problem[] {
  return each(tree, isCode, ({ path }) => {
    const name = path.split('/').at(-1) ?? '';
    return /^[a-z0-9]+(?:-[a-z0-9]+)*(?:\.[a-z]+)+$/.test(name)
      ? []
      : [{ path, line: 1, why: 'file names are kebab-case' }];
  });
}

function markRule(tree: Tree): Problem[] {
  return each(
    tree,
    (path) => isCode(path) || isProse(path),
    (source) => inText(source, MARKS, 'finish it, or open an issue'),
  );
}

function focusRule(tree: Tree): Problem[] {
  return each(tree, isTest, (source) => problemsWhere(source, FOCUSED, 'a test that is left out proves nothing'));
}

function lockRule(tree: Tree): Problem[] {
  const why = 'the lockfile names no registry';
  return each(
    tree,
    (path) => path.endsWith('package-lock.json'),
    (source) => inText(source, RESOLVED, why),
  );
}

/** Where the expression that holds `offset` ends: at a `;`, `,` or closing bracket of the code around it. */
function endOfExpression(code: string, offset: number): number {
  let depth = 0;
  for (let at = offset; at < code.length; at += 1) {
    const char = code[at] ?? '';
    if ('([{'.includes(char)) depth += 1;
    if (')]}'.includes(char)) depth -= 1;
    if (depth < 0 || (depth === 0 && ';,'.includes(char))) return at;
  }
  return code.length;
}

/** True where a comment stands on the lines of the expression around `offset`, or just above it. */
function hasReason({ text, code }: Source, offset: number): boolean {
  const codeLines = code.split('\n');
  const lineOf = (at: number): number => code.slice(0, at).split('\n').length - 1;
  let first = lineOf(offset);
  while (first > 0 && !/(?:^|[;{},])\s*$/.test(codeLines[first - 1] ?? '')) first -= 1;
  const last = lineOf(endOfExpression(code, offset));
  const lines = text.split('\n').slice(Math.max(first - 1, 0), last + 1);
  return lines.some((line) => /\/\/|\/\*|^\s*\*/.test(line));
}

function castRule(tree: Tree): Problem[] {
  return each(
    tree,
    (path) => /\.tsx?$/.test(path) && !isTest(path),
    (source) =>
      [...source.code.matchAll(CASTS)]
        .filter(({ index }) => !/^\s*(?:import|export\s+(?:type\s+)?[{*])/.test(statementBefore(source.code, index)))
        .filter(({ index }) => !hasReason(source, index))
        .map(({ index }) => problemAt(source, index, 'an `as` says why beside it')),
  );
}

/** The statement's code up to `offset`. */
function statementBefore(code: string, offset: number): string {
  return code.slice(code.lastIndexOf(';', offset) + 1, offset);
}

/** The rule that no file names a folder of the machine it was written on; `root` is where the checkout lies now. */
export function machinePathRule(root: string): Rule {
  const why = 'a path of one machine';
  const here =
    root.length > 1 ? new RegExp(`${root.replaceAll(/[\\.+*?^$()[\]{}|]/g, '\\$&')}(?![\\w-])`, 'g') : undefined;
  return (tree) =>
    each(
      tree,
      () => true,
      (source) => [HOMES, here].flatMap((pattern) => (pattern ? inText(source, pattern, why) : [])),
    );
}

export function textRules(tree: Tree): Problem[] {
  return [lengthRule, nameRule, markRule, focusRule, lockRule, castRule].flatMap((rule) => rule(tree));
}

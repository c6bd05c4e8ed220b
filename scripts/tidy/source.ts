/**
 * A file of the checkout as the rules see it: its text, and the same text with comments and the insides of strings
 * blanked out, so that a rule about code finds code only. Offsets and lines are those of the file.
 */

export interface Source {
  /** Relative to the root, with `/`. */
  readonly path: string;
  readonly text: string;
  /** As long as `text`. Equals `text` for files that are not TypeScript or JavaScript. */
  readonly code: string;
}

/** The files of a checkout by path. */
export type Tree = ReadonlyMap<string, Source>;

/** A place where a rule is broken. */
export interface Problem {
  readonly path: string;
  readonly line: number;
  readonly why: string;
}

/** A house rule: finds where the tree breaks it. */
export type Rule = (tree: Tree) => Problem[];

/** A file's mention of another file, of a folder of files (ends in `/`), or of a package. */
export interface Reference {
  readonly specifier: string;
  readonly offset: number;
}

export function makeSource(path: string, text: string): Source {
  return { path, text, code: isCode(path) ? blank(text) : text };
}

export function isCode(path: string): boolean {
  return /\.(ts|tsx|mjs)$/.test(path);
}

export function isTest(path: string): boolean {
  return /\.(test|fuzz)\.tsx?$/.test(path);
}

/** The problem `why` at an offset of the file. */
export function problemAt(source: Source, offset: number, why: string): Problem {
  return { path: source.path, line: source.text.slice(0, offset).split('\n').length, why };
}

/** A problem wherever `pattern` (global) meets the code of the file. */
export function problemsWhere(source: Source, pattern: RegExp, why: string): Problem[] {
  return [...source.code.matchAll(pattern)].map((match) => problemAt(source, match.index, why));
}

/** A literal, with what makes it the name of a module; `code` has only blanks inside it. */
const LITERAL = /(\bfrom\s*|\bimport\s*\(?\s*|\bimport\.meta\.resolve\(\s*)?(['"]) *\2/g;
/** A literal that names source files even where it is only handed on, to `new URL(…, import.meta.url)` for one. */
const SOURCE_PATH = /^\.\.?\/.*\w(?:\.(?:ts|tsx|mjs)|\/)$/;

/** Everything a file imports or exports from, and the source files and folders it names by relative path. */
export function referencesOf({ text, code }: Source): Reference[] {
  return [...code.matchAll(LITERAL)].flatMap(({ 0: whole, 1: keyword = '', index }) => {
    const specifier = text.slice(index + keyword.length + 1, index + whole.length - 1);
    return keyword !== '' || SOURCE_PATH.test(specifier) ? [{ specifier, offset: index }] : [];
  });
}

/** After these a slash starts a regular expression, not a division. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+\-*%<>~^]|\b(?:return|typeof|case|in|of|else|void|throw))\s*$/;

/** Blanks comments and the insides of strings, templates and regular expressions; what `${…}` holds stays. */
function blank(text: string): string {
  let out = '';
  /** For each open `${`, how many braces are open inside it. */
  const depths: number[] = [];
  const keep = (length: number): void => void (out += text.slice(out.length, out.length + length));
  const hide = (end: number): void => void (out += text.slice(out.length, end).replaceAll(/[^\n]/g, ' '));

  /** Hides the rest of a template up to its end or its next `${`. */
  const template = (): void => {
    const end = endOf(text, out.length, /`|\$\{/);
    hide(end);
    if (text[end] === '$') depths.push(0);
    keep(text[end] === '$' ? 2 : 1);
  };

  while (out.length < text.length) {
    const at = out.length;
    const char = text[at] ?? '';
    const depth = depths.at(-1);
    if (text.startsWith('//', at)) hide(endOf(text, at, /\n/));
    else if (text.startsWith('/*', at)) hide(text.indexOf('*/', at) + 2 || text.length);
    else if (char === "'" || char === '"') {
      keep(1);
      hide(endOf(text, at + 1, char === "'" ? /['\n]/ : /["\n]/));
      keep(1);
    } else if (char === '/' && BEFORE_REGEX.test(out.slice(-20))) {
      keep(1);
      hide(endOfRegex(text, at + 1));
      keep(1);
    } else if (char === '`' || (char === '}' && depth === 0)) {
      if (char === '}') depths.pop();
      keep(1);
      template();
    } else {
      if (depth !== undefined && char === '{') depths[depths.length - 1] = depth + 1;
      if (depth !== undefined && char === '}') depths[depths.length - 1] = depth - 1;
      keep(1);
    }
  }
  return out;
}

/** The offset of the first match of `stop` from `start` on that no backslash escapes; the end if there is none. */
function endOf(text: string, start: number, stop: RegExp): number {
  const pattern = new RegExp(`\\\\[^]|(${stop.source})`, 'g');
  pattern.lastIndex = start;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    if (match[1] !== undefined) return match.index;
  }
  return text.length;
}

function endOfRegex(text: string, start: number): number {
  let at = endOf(text, start, /[[/\n]/);
  while (text[at] === '[') at = endOf(text, endOf(text, at + 1, /[\]\n]/), /[[/\n]/);
  return at;
}

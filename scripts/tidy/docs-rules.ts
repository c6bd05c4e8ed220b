/**
 * Docs that drift: the page of errors against the registry, links against files, the glossary against itself, the
 * packages that ARCHITECTURE.md names against the folders.
 */
import { posix } from 'node:path';
import { isCode, problemAt, type Problem, type Source, type Tree } from './source.ts';

const ERRORS_PAGE = 'docs/errors.md';
const GLOSSARY = 'docs/glossary.md';
const ARCHITECTURE = 'ARCHITECTURE.md';
/** The union types that list the reasons, wherever they stand. */
const REASON_TYPES = ['RefusalReason', 'AccessReason', 'EdgeReason'];

function missing(path: string): Problem {
  return { path, line: 1, why: 'does not exist' };
}

/** A union of text literals: the file it stands in, and its members with their offsets. */
interface Union {
  readonly source: Source;
  readonly members: ReadonlyMap<string, number>;
}

function findUnions(tree: Tree, type: string): Union[] {
  const head = new RegExp(`\\bexport type ${type}\\s*=`);
  return [...tree.values()].flatMap((source) => {
    const start = isCode(source.path) ? source.code.search(head) : -1;
    if (start < 0) return [];
    const union = source.text.slice(start, source.code.indexOf(';', start));
    const members = [...union.matchAll(/'([A-Z0-9_]+)'/g)].map((match): [string, number] => {
      return [match[1] ?? '', start + match.index];
    });
    return [{ source, members: new Map(members) }];
  });
}

/** Reasons that a page tells of: a code that opens a heading or a row of a table. */
function reasonsOfPage({ text }: Source): Map<string, number> {
  const rows = text.matchAll(/^(?:#+|\|)\s*`([A-Z0-9_]+)`/gm);
  return new Map([...rows].map((match) => [match[1] ?? '', match.index]));
}

function errorRule(tree: Tree): Problem[] {
  const page = tree.get(ERRORS_PAGE);
  if (page === undefined) return [missing(ERRORS_PAGE)];
  const told = reasonsOfPage(page);
  const known = new Set<string>();
  const problems: Problem[] = [];
  for (const type of REASON_TYPES) {
    const unions = findUnions(tree, type);
    if (unions.length !== 1)
      problems.push({ path: ERRORS_PAGE, line: 1, why: `${unions.length} types are called ${type}` });
    for (const { source, members } of unions) {
      for (const [reason, offset] of members) {
        known.add(reason);
        if (!told.has(reason)) problems.push(problemAt(source, offset, `${ERRORS_PAGE} says nothing of ${reason}`));
      }
    }
  }
  for (const [reason, offset] of told) {
    if (!known.has(reason)) problems.push(problemAt(page, offset, `no reason is called ${reason}`));
  }
  return problems;
}

/** Blocks and spans of code, blanked: what looks like a link there is none. */
function withoutCode(markdown: string): string {
  return markdown.replaceAll(/^```[^]*?^```|`[^`\n]*`/gm, (code) => code.replaceAll(/[^\n]/g, ' '));
}

function linkRule(tree: Tree): Problem[] {
  const folders = new Set([...tree.keys()].flatMap((path) => ancestors(path)));
  return [...tree.values()]
    .filter(({ path }) => path.endsWith('.md'))
    .flatMap((source) =>
      [...withoutCode(source.text).matchAll(/\]\(<?([^)\s>#]+)[^)]*\)|^\[[^\]]+\]:\s*<?([^\s>#]+)/gm)].flatMap(
        (match) => {
          const target = match[1] ?? match[2] ?? '';
          if (/^[a-z]+:/i.test(target)) return [];
          const path = posix.join(posix.dirname(source.path), decodeURIComponent(target)).replace(/\/$/, '');
          return tree.has(path) || folders.has(path)
            ? []
            : [problemAt(source, match.index, `links to ${target}, which is not there`)];
        },
      ),
    );
}

function ancestors(path: string): string[] {
  const parts = path.split('/').slice(0, -1);
  return ['.', ...parts.map((_, at) => parts.slice(0, at + 1).join('/'))];
}

/** Each term stands in the first column of a table, several of one meaning apart by commas. */
function glossaryRule(tree: Tree): Problem[] {
  const source = tree.get(GLOSSARY);
  if (source === undefined) return [missing(GLOSSARY)];
  const seen = new Set<string>();
  return [...source.text.matchAll(/^\|([^|\n]+)\|/gm)].flatMap((match) => {
    const terms = (match[1] ?? '').split(',').map((term) => term.trim().toLowerCase());
    return terms
      .filter((term) => !/^(?:-+|term)$/.test(term))
      .filter((term) => seen.has(term) || !seen.add(term))
      .map((term) => problemAt(source, match.index, `'${term}' has a meaning already`));
  });
}

function architectureRule(tree: Tree): Problem[] {
  const source = tree.get(ARCHITECTURE);
  if (source === undefined) return [missing(ARCHITECTURE)];
  return [...source.text.matchAll(/\b(?:packages|apps)\/[a-z][a-z0-9-]*/g)]
    .filter(([folder]) => !tree.has(`${folder}/package.json`))
    .map((match) => problemAt(source, match.index, `${match[0]} is no package`));
}

export function docsRules(tree: Tree): Problem[] {
  return [errorRule, linkRule, glossaryRule, architectureRule].flatMap((rule) => rule(tree));
}

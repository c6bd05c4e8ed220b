/**
 * Mutations: named one-line changes of the sources, each of which some test must notice.
 *
 * They lie in `testdata/mutations/*.json`, an array of entries a file.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Mutation {
  /** What it breaks, in words; the text that it takes away if nobody named it. */
  readonly name: string;
  /** Path of the source, relative to the checkout. */
  readonly file: string;
  /** Occurs exactly once in it. */
  readonly find: string;
  readonly replace: string;
  /** The test files that must notice it, instead of those of the source's own folder. */
  readonly tests?: readonly string[];
  /** Set if the tests that notice it do so by never ending; any other timeout proves nothing. */
  readonly hangs?: true;
}

const FOLDER = 'testdata/mutations';
const REQUIRED = ['file', 'find', 'replace'] as const;

/** Reads every list of the checkout at `root`. Throws where an entry is not one. */
export function readMutations(root: string): Mutation[] {
  const lists = readdirSync(join(root, FOLDER))
    .filter((name) => name.endsWith('.json'))
    .toSorted();
  return lists.flatMap((list) => {
    const entries: unknown = JSON.parse(readFileSync(join(root, FOLDER, list), 'utf8'));
    if (!Array.isArray(entries)) throw new Error(`${FOLDER}/${list} is not an array`);
    return entries.map((entry: unknown, i) => mustBeMutation(entry, `${FOLDER}/${list}[${i}]`));
  });
}

function mustBeMutation(entry: unknown, place: string): Mutation {
  if (typeof entry !== 'object' || entry === null) throw new Error(`${place} is not an object`);
  const fields = new Map<string, unknown>(Object.entries(entry));
  for (const name of REQUIRED) {
    if (typeof fields.get(name) !== 'string') throw new Error(`${place} needs a text '${name}'`);
  }
  const mutation = entry as Omit<Mutation, 'name'> & { readonly name?: string }; // its texts were just looked at
  if (mutation.find === mutation.replace) throw new Error(`${place} changes nothing`);
  return { ...mutation, name: mutation.name ?? `${mutation.find.trim()} → ${mutation.replace.trim()}` };
}

/** The source with the change; undefined unless `find` occurs in it exactly once. */
export function mutate(source: string, { find, replace }: Mutation): string | undefined {
  const at = source.indexOf(find);
  if (find === '' || at < 0 || source.includes(find, at + 1)) return undefined;
  return source.slice(0, at) + replace + source.slice(at + find.length);
}

/**
 * The files of `testFiles` that have to notice the mutation, in the order to ask them: the source's own tests first,
 * then the rest of its folder, unless the entry names others.
 */
export function testsOf({ file, tests }: Mutation, testFiles: readonly string[]): readonly (readonly string[])[] {
  if (tests !== undefined) return [tests];
  const folder = `${posix.dirname(file)}/`;
  const stem = `${folder}${posix.basename(file, posix.extname(file))}.`;
  const own = testFiles.filter((path) => path.startsWith(stem));
  const others = testFiles.filter((path) => path.startsWith(folder) && !path.startsWith(stem));
  return [own, others].filter((stage) => stage.length > 0);
}

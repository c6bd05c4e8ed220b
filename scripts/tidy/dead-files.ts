/**
 * Every source file is reached from an entry: what a package.json exports, offers as a program or runs as a script,
 * what a page loads, or an example. For testkit, and only for it, tests are entries too.
 */
import { posix } from 'node:path';
import { packagesOf, resolveReference, type Package } from './packages.ts';
import { isCode, isTest, referencesOf, type Problem, type Tree } from './source.ts';

const TESTKIT = 'packages/testkit/';
const EXAMPLES = 'examples/';

interface Entry {
  /** The package.json that names it. */
  readonly manifest: string;
  readonly path: string;
}

function entriesOf({ folder, exports, bin, scripts }: Package): Entry[] {
  const manifest = posix.join(folder, 'package.json');
  const run = Object.values(scripts).flatMap((command) => command.match(/[\w./-]+\.(?:ts|tsx|mjs)\b/g) ?? []);
  const named = [...Object.values(exports), ...Object.values(bin), ...run].filter((path) => !path.includes('*'));
  return named.map((path) => ({ manifest, path: posix.join(folder, path) }));
}

/** The scripts that pages load; a page's scripts lie beside it, whatever address they are served at. */
function pageScripts(tree: Tree): string[] {
  const pages = [...tree.values()].filter(({ path }) => path.endsWith('.html'));
  return pages.flatMap(({ path, text }) =>
    [...text.matchAll(/<script[^>]+src="[^"]*?([^"/]+)"/g)].map((match) => {
      return posix.join(posix.dirname(path), match[1] ?? '');
    }),
  );
}

/** The files that `starts` lead to, by imports and by folders named in `new URL`. */
function reach(tree: Tree, starts: readonly string[], packages: readonly Package[]): ReadonlySet<string> {
  const reached = new Set<string>();
  const queue = [...starts];
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    const source = tree.get(path);
    if (source === undefined || reached.has(path)) continue;
    reached.add(path);
    for (const { specifier } of referencesOf(source)) {
      const target = resolveReference(path, specifier, packages);
      if (target?.endsWith('/')) queue.push(...[...tree.keys()].filter((each) => `${posix.dirname(each)}/` === target));
      else if (target !== undefined) queue.push(target);
    }
  }
  return reached;
}

export function deadFiles(tree: Tree): Problem[] {
  const packages = packagesOf(tree);
  const entries = packages.flatMap((each) => entriesOf(each));
  const missing = entries
    .filter(({ path }) => !tree.has(path))
    .map(({ manifest, path }) => ({ path: manifest, line: 1, why: `names ${path}, which does not exist` }));
  const code = [...tree.keys()].filter((path) => isCode(path));
  const examples = code.filter((path) => path.startsWith(EXAMPLES));
  const live = reach(tree, [...entries.map(({ path }) => path), ...pageScripts(tree), ...examples], packages);
  const tested = reach(
    tree,
    code.filter((path) => isTest(path)),
    packages,
  );
  const dead = code.filter((path) => {
    return !isTest(path) && !live.has(path) && !(path.startsWith(TESTKIT) && tested.has(path));
  });
  return [...missing, ...dead.map((path) => ({ path, line: 1, why: 'nothing that runs imports it: a dead file' }))];
}

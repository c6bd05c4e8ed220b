/**
 * Who may import whom: packages from packages, rooms of the kernel and folders of the daemon from those before them,
 * npm packages only where they are declared. Rings between files are the linter's business (`import/no-cycle`).
 */
import { packageNameOf, packageOf, packagesOf, resolveReference, type Package } from './packages.ts';
import {
  isCode,
  isTest,
  problemAt,
  referencesOf,
  type Problem,
  type Reference,
  type Source,
  type Tree,
} from './source.ts';

/** Package folder → packages of the workspace that its sources may import. What is not listed may import any. */
const PACKAGES: Readonly<Record<string, readonly string[]>> = {
  'packages/kernel': [],
  'packages/client': ['@jitos/kernel'],
  'packages/daemon': ['@jitos/kernel', '@jitos/client'],
  'packages/console': ['@jitos/client'],
  'packages/testkit': ['@jitos/kernel', '@jitos/client', '@jitos/daemon'],
};
/** What an app may import. */
const APP = ['@jitos/client'];
/** Only tests, simulations and benches may import it. */
const TESTKIT = '@jitos/testkit';

/** Packages that run outside Node as well. */
const HOSTLESS = ['packages/kernel', 'packages/client', 'packages/console'];

/** Rooms and root files of the kernel: each imports its own group and the groups before it. */
const KERNEL_ORDER: readonly (readonly string[])[] = [
  ['assert.ts', 'refusal.ts'],
  ['bytes'],
  ['trie'],
  ['graph'],
  ['grant'],
  ['clock'],
  ['view'],
  ['collapse'],
  ['history'],
  ['proof'],
  ['expr'],
  ['work'],
  ['topic'],
  ['world.ts'],
  ['commands'],
  ['checkpoint'],
  ['decide.ts', 'apply.ts'],
  ['fold.ts'],
  ['index.ts', 'verify.ts'],
];

/** Folders and root files of the daemon → what else of it they may import. */
const DAEMON_PLACES: Readonly<Record<string, readonly string[]>> = {
  ports: [],
  errors: [],
  logs: ['ports', 'errors'],
  engine: ['ports', 'errors', 'logs'],
  planes: ['ports', 'errors', 'logs', 'engine'],
  servers: ['ports', 'errors', 'logs', 'engine', 'planes'],
  cli: ['ports', 'errors', 'logs', 'engine', 'planes', 'servers'],
  'main.ts': ['ports', 'errors', 'logs', 'engine', 'planes', 'servers', 'cli'],
  'index.ts': ['ports', 'errors', 'logs', 'engine', 'planes', 'servers'],
};

/** Likewise of the client. */
const CLIENT_PLACES: Readonly<Record<string, readonly string[]>> = {
  wire: [],
  transport: ['wire'],
  world: ['wire', 'transport'],
  proof: ['wire', 'world'],
  key: ['wire', 'transport', 'proof'],
  'connect.ts': ['wire', 'transport', 'world'],
  'index.ts': ['wire', 'transport', 'world', 'proof', 'key', 'connect.ts'],
};

/** Source folder → place in it → places it may import besides itself. */
const PLACES: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'packages/kernel/src/': Object.fromEntries(
    KERNEL_ORDER.flatMap((group, at) => group.map((place) => [place, KERNEL_ORDER.slice(0, at + 1).flat()])),
  ),
  'packages/client/src/': CLIENT_PLACES,
  'packages/daemon/src/': DAEMON_PLACES,
};

/** The folder, or the root file, that a path inside a source folder lies in. */
function placeOf(folder: string, path: string): string {
  return path.slice(folder.length).split('/')[0] ?? '';
}

function mayImportTestkit(path: string): boolean {
  return isTest(path) || path.endsWith('.sim.ts') || /^(?:packages\/testkit|bench|scripts)\//.test(path);
}

function placeProblem(from: string, to: string): string | undefined {
  for (const [folder, places] of Object.entries(PLACES)) {
    if (isTest(from) || !from.startsWith(folder) || !to.startsWith(folder)) continue;
    const [here, there] = [placeOf(folder, from), placeOf(folder, to)];
    const allowed = places[here];
    if (allowed === undefined) return `${folder}${here} has no place in the order of imports (scripts/tidy)`;
    if (here !== there && !allowed.includes(there)) return `${here} may not import ${there}`;
  }
  return undefined;
}

function workspaceProblem(from: string, home: Package, target: Package): string | undefined {
  if (target === home) return undefined;
  if (target.name === TESTKIT)
    return mayImportTestkit(from) ? undefined : 'only tests, simulations and benches may import testkit';
  const allowed = home.folder.startsWith('apps/') ? APP : PACKAGES[home.folder];
  if (allowed === undefined || allowed.includes(target.name)) return undefined;
  return `${home.name} may not import ${target.name}`;
}

/** Why a reference is refused, if it is. */
function problemOf(from: Source, { specifier }: Reference, packages: readonly Package[]): string | undefined {
  const home = packageOf(from.path, packages);
  if (home === undefined) return undefined;
  const to = resolveReference(from.path, specifier, packages);
  if (to === undefined) return foreignProblem(from.path, specifier, home, packages);
  const target = packageOf(to, packages);
  if (target === undefined || !isCode(to)) return undefined;
  const isByName = !specifier.startsWith('.');
  if (!isByName && target !== home && home.folder !== '') return `${specifier} leaves the package: import it by name`;
  if (!isByName && home.folder !== '' && to === `${home.folder}/src/index.ts`)
    return 'a package does not import its own index.ts';
  return workspaceProblem(from.path, home, target) ?? placeProblem(from.path, to);
}

/**
 * A reference to Node or to npm. Tests and testkit may also use what the root declares; the root's own scripts and
 * benches whatever a package declares.
 */
function foreignProblem(
  path: string,
  specifier: string,
  home: Package,
  packages: readonly Package[],
): string | undefined {
  if (specifier.startsWith('node:')) {
    const isRefused = HOSTLESS.includes(home.folder) && !isTest(path);
    return isRefused ? `${home.name} runs outside Node too: no ${specifier}` : undefined;
  }
  const name = packageNameOf(specifier);
  const root = packages.filter(({ folder }) => folder === '');
  const lenders = home.folder === '' ? packages : isTest(path) || home.name === TESTKIT ? [home, ...root] : [home];
  if (lenders.some(({ dependencies }) => dependencies.includes(name))) return undefined;
  return `${name} is not among the dependencies of ${home.name}`;
}

export function importRules(tree: Tree): Problem[] {
  const packages = packagesOf(tree);
  return [...tree.values()]
    .filter(({ path }) => isCode(path))
    .flatMap((source) =>
      referencesOf(source).flatMap((reference) => {
        const why = problemOf(source, reference, packages);
        return why === undefined ? [] : [problemAt(source, reference.offset, why)];
      }),
    );
}

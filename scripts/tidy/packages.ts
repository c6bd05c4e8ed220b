/**
 * The packages of a checkout, and which file a reference means.
 */
import { posix } from 'node:path';
import type { Tree } from './source.ts';

export interface Package {
  /** `''` for the root, else like `packages/kernel`. */
  readonly folder: string;
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly bin: Readonly<Record<string, string>>;
  readonly scripts: Readonly<Record<string, string>>;
  /** Names of all sorts of dependencies. */
  readonly dependencies: readonly string[];
}

type Section = Readonly<Record<string, string>> | undefined;

function readPackage(path: string, text: string): Package {
  // A package.json of this checkout: npm has read it before us.
  const manifest = JSON.parse(text) as { readonly name: string } & Readonly<Record<string, Section>>;
  const { dependencies, devDependencies, optionalDependencies } = manifest;
  return {
    folder: posix.dirname(path) === '.' ? '' : posix.dirname(path),
    name: manifest.name,
    exports: manifest['exports'] ?? {},
    bin: manifest['bin'] ?? {},
    scripts: manifest['scripts'] ?? {},
    dependencies: Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies }),
  };
}

/** The packages that belong to the workspace, the root among them. */
export function packagesOf(tree: Tree): Package[] {
  return [...tree.values()]
    .filter(({ path }) => /^(?:(?:packages|apps)\/[^/]+\/)?package\.json$/.test(path))
    .map(({ path, text }) => readPackage(path, text));
}

/** The package that a file belongs to: the one with the longest folder around it. */
export function packageOf(path: string, packages: readonly Package[]): Package | undefined {
  const around = packages.filter(({ folder }) => folder === '' || path.startsWith(`${folder}/`));
  return around.toSorted((a, b) => b.folder.length - a.folder.length)[0];
}

/** `@scope/name/a/b` → `@scope/name`, `name/a` → `name`. */
export function packageNameOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

export function isRelative(specifier: string): boolean {
  return specifier.startsWith('./') || specifier.startsWith('../');
}

/** The path that a reference means, a folder's with a `/` at the end; undefined for what is not of this workspace. */
export function resolveReference(from: string, specifier: string, packages: readonly Package[]): string | undefined {
  if (isRelative(specifier)) return posix.join(posix.dirname(from), specifier);
  const owner = packages.find(({ name }) => name === packageNameOf(specifier));
  if (owner === undefined) return undefined;
  const entry = `.${specifier.slice(owner.name.length)}`;
  const exact = owner.exports[entry];
  if (exact !== undefined) return posix.join(owner.folder, exact);
  const wildcard = owner.exports['./*'];
  return wildcard && posix.join(owner.folder, wildcard.replace('*', entry.slice(2)));
}

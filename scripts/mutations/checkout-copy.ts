/** A copy of the checkout to break: the files that git knows, and the installed packages by link. */
import { copyFileSync, mkdirSync, readdirSync, readlinkSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { listFiles } from '../list-files.ts';

/** The packages of the checkout itself, which npm links from here: the copy links its own. */
const OWN_SCOPE = '@jitos';

/** Copies the checkout at `root` to the folder `copy`, which it makes. */
export function copyCheckout(root: string, copy: string): void {
  for (const path of listFiles(root)) {
    mkdirSync(dirname(join(copy, path)), { recursive: true });
    copyFileSync(join(root, path), join(copy, path));
  }
  const installed = join(root, 'node_modules');
  const links = join(copy, 'node_modules');
  mkdirSync(join(links, OWN_SCOPE), { recursive: true });
  for (const name of readdirSync(installed)) {
    if (name !== OWN_SCOPE) symlinkSync(join(installed, name), join(links, name));
  }
  for (const name of readdirSync(join(installed, OWN_SCOPE))) {
    symlinkSync(readlinkSync(join(installed, OWN_SCOPE, name)), join(links, OWN_SCOPE, name)); // relative: the copy's own
  }
}

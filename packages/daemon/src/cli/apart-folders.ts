/** Folders of which one would be lost with the other, or spoiled by it. */
import { existsSync, realpathSync } from 'node:fs';
import { dirname, relative, resolve } from 'node:path';
import { Failure } from '../errors/failure.ts';

/** Throws `USAGE` where one folder is in the other or is the other, whatever links lead there; both are absolute. */
export function mustBeApart(
  given: string,
  other: string,
  { place, rule }: { readonly place: string; readonly rule: string },
): void {
  const [there, here] = [realPath(given), realPath(other)];
  const holds = (outer: string, inner: string): boolean => !relative(outer, inner).startsWith('..');
  if (!holds(there, here) && !holds(here, there)) return;
  throw new Failure('USAGE', place, `${rule}: ${there} and ${here}`);
}

/** Of the part of a path that is there. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const parent = dirname(path);
  return parent === path ? path : resolve(realPath(parent), relative(parent, path));
}

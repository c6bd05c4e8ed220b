/**
 * JavaScript of the house's TypeScript: the types erased, each line where it was, and `.js` where a file of ours is named.
 *
 * The sources hold nothing but erasable types (`erasableSyntaxOnly`), so there is nothing to compile, and what is published runs
 * as what was tested does.
 */
import { stripTypeScriptTypes } from 'node:module';

/** A literal that names a file of ours, in an import, an export or a `new URL`. */
const OWN_FILE = /(['"])(\.\.?\/[^'"\n]*)\.ts\1/g;

export function emitJavaScript(source: string): string {
  return nameJavaScript(stripTypeScriptTypes(source, { mode: 'strip' }).replaceAll(/[ \t]+$/gm, ''));
}

/** Likewise of declarations. */
export function nameJavaScript(source: string): string {
  return source.replaceAll(OWN_FILE, '$1$2.js$1');
}

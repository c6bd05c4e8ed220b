/**
 * What the kernel's own sources may not say: whatever waits, asks the host, or depends on an order that nobody fixed.
 *
 * The linter refuses most ambient names too; here they stand so that no override of the linter lets them in.
 */
import { isTest, problemsWhere, type Problem, type Source, type Tree } from './source.ts';

const ROOT = 'packages/kernel/src/';

/** Patterns meet code only, not comments or strings. */
const FORBIDDEN: readonly (readonly [pattern: RegExp, why: string])[] = [
  [/\b(?:await|async)\b/g, 'the kernel never waits: no promise enters it'],
  [/\b(?:Date|performance|setTimeout|setInterval|setImmediate|queueMicrotask)\b/g, 'time is an argument'],
  [/\bMath\s*\.\s*random\b/g, 'entropy is an argument'],
  [/\b(?:process|globalThis|Buffer|console)\b/g, 'the kernel knows no host'],
  [/\b(?:localeCompare|toLocale\w+|Intl)\b/g, 'the answer would depend on the locale'],
  [/\.(?:sort|toSorted)\(\s*\)/g, 'a sort names its order: give it a comparator'],
];

/** Objects list their keys in an order that depends on how they were made; Map and Set keep the order of insertion. */
const UNORDERED = /\bfor\s*\(\s*(?:const|let|var)\s+[^;)]*?\sin\s|\bObject\s*\.\s*(?:keys|values|entries)\b/g;
const UNORDERED_WHY = 'the order of keys is not fixed: use a Map, or say `// tidy: ordered` on the line, and why';

function unorderedIn(source: Source): Problem[] {
  const lines = source.text.split('\n');
  return problemsWhere(source, UNORDERED, UNORDERED_WHY).filter(
    ({ line }) => !/\/\/ tidy: ordered\b/.test(lines[line - 1] ?? ''),
  );
}

export function kernelRules(tree: Tree): Problem[] {
  const sources = [...tree.values()].filter(({ path }) => path.startsWith(ROOT) && !isTest(path));
  return sources.flatMap((source) => [
    ...FORBIDDEN.flatMap(([pattern, why]) => problemsWhere(source, pattern, why)),
    ...unorderedIn(source),
  ]);
}

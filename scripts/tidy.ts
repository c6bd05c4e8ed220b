/**
 * The house rules that neither the compiler nor the linter sees, as a check: prints `file:line why` for each place
 * that breaks one and ends with status 1 if there is any.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listFiles } from './list-files.ts';
import { deadFiles } from './tidy/dead-files.ts';
import { docsRules } from './tidy/docs-rules.ts';
import { importRules } from './tidy/import-rules.ts';
import { kernelRules } from './tidy/kernel-rules.ts';
import { makeSource, type Rule, type Source, type Tree } from './tidy/source.ts';
import { machinePathRule, textRules } from './tidy/text-rules.ts';

/** Written by tools or made of bytes: nobody's prose. */
const GENERATED = /^testdata\/|\.(?:png|ico|woff2)$/;

function readTree(root: string): Tree {
  const paths = listFiles(root).filter((path) => !GENERATED.test(path));
  return new Map(
    paths.map((path): [string, Source] => [path, makeSource(path, readFileSync(join(root, path), 'utf8'))]),
  );
}

function main(root: string): void {
  const tree = readTree(root);
  const rules: readonly Rule[] = [kernelRules, importRules, deadFiles, textRules, machinePathRule(root), docsRules];
  const problems = rules.flatMap((rule) => rule(tree));
  for (const { path, line, why } of problems) process.stdout.write(`${path}:${line} ${why}\n`);
  if (problems.length > 0) process.exitCode = 1;
}

main(dirname(dirname(fileURLToPath(import.meta.url))));

/**
 * Sees the linter's configuration refuse what the house forbids: a sample for each rule that matters, in a checkout
 * of its own.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import test, { after, before } from 'node:test';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const KERNEL = 'packages/kernel/src';

/** File → the rule that refuses it, and its text; undefined where nothing may be refused. */
const SAMPLES: Readonly<Record<string, readonly [rule: string | undefined, text: string]>> = {
  ...Object.fromEntries(
    [
      'new Date()',
      'performance.now()',
      'setTimeout(() => {}, 1)',
      'setInterval(() => {}, 1)',
      'process.pid',
      'Buffer.alloc(1)',
      'console.log(1)',
      'crypto.randomUUID()',
      'globalThis.fetch',
      'new TextEncoder()',
      'Promise.resolve()',
    ].map((code, at) => [
      `${KERNEL}/ambient-${at}.ts`,
      ['no-restricted-globals', `export const a: unknown = ${code};`],
    ]),
  ),
  ...Object.fromEntries(
    ['Math.random()', 'Math.log2(8)', "'a'.localeCompare('b')"].map((code, at) => [
      `${KERNEL}/property-${at}.ts`,
      ['no-restricted-properties', `export const a: number = ${code};`],
    ]),
  ),
  ...Object.fromEntries(
    ['node:fs', '@jitos/daemon', 'cborg'].map((name, at) => [
      `${KERNEL}/foreign-${at}.ts`,
      ['no-restricted-imports', `export * from '${name}';`],
    ]),
  ),
  [`${KERNEL}/waits.ts`]: ['no-async-await', 'export async function a(b: () => PromiseLike<void>) { await b(); }'],
  [`${KERNEL}/pure.ts`]: [undefined, "export { a } from './ring-one.ts';\nexport const b: number = Math.max(1, 2);"],
  [`${KERNEL}/pure.test.ts`]: [undefined, "import { hash } from 'node:crypto';\nexport const a = [hash, Date.now()];"],
  [`${KERNEL}/ring-one.ts`]: ['no-cycle', "export { b } from './ring-two.ts';\nexport const a: number = 1;"],
  [`${KERNEL}/ring-two.ts`]: ['no-cycle', "import type { a } from './ring-one.ts';\nexport const b: typeof a = 1;"],
  'bench/floats.ts': ['no-floating-promises', 'async function a() { await 1; }\na();'],
  'bench/misused.ts': ['no-misused-promises', 'export function a(b: Promise<boolean>) { if (b) return 1; return 2; }'],
  'bench/spreads.ts': ['no-misused-spread', 'export function a(b: Promise<object>) { return { ...b }; }'],
  'bench/bytes.ts': [undefined, 'export function a(b: string): string[] { return [...b]; }'],
  'bench/any.ts': ['no-explicit-any', 'export function a(b: any): unknown { return b; }'],
  'bench/unsafe.ts': ['no-unsafe-assignment', "const a: { b: 1 } = JSON.parse('');\nexport { a };"],
  'bench/default.ts': ['no-default-export', 'export default 1;'],
  'bench/sorts.ts': ['require-array-sort-compare', 'export const a: number[] = [2, 1].sort();'],
  'bench/throws.ts': ['only-throw-error', "export function a() { throw 'b'; }"],
  'bench/ignores.ts': ['ban-ts-comment', '// @ts-ignore\nexport const a: number = 1;'],
  'bench/switches.ts': [
    'switch-exhaustiveness-check',
    "export function a(b: 'c' | 'd') { switch (b) { case 'c': return 1; } return 2; }",
  ],
};

const rulesByFile = new Map<string, Set<string>>();
let root: string;

before(() => {
  root = mkdtempSync(join(tmpdir(), 'jitos-lint-'));
  copyFileSync(join(ROOT, '.oxlintrc.json'), join(root, '.oxlintrc.json'));
  const compilerOptions = {
    strict: true,
    noEmit: true,
    allowImportingTsExtensions: true,
    module: 'NodeNext',
    types: [],
  };
  writeFileSync(join(root, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  for (const [path, [, text]] of Object.entries(SAMPLES)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), `${text}\n`);
  }
  const { stdout } = spawnSync(join(ROOT, 'node_modules/.bin/oxlint'), ['-f', 'unix'], { cwd: root, encoding: 'utf8' });
  for (const [, path = '', rule = ''] of stdout.matchAll(/^([^:\n]+):.*\[\w+\/\w+\(([\w-]+)\)\]$/gm)) {
    rulesByFile.set(path, (rulesByFile.get(path) ?? new Set()).add(rule));
  }
});

after(() => rmSync(root, { recursive: true }));

for (const [path, [rule, text]] of Object.entries(SAMPLES)) {
  test(`${rule ?? 'nothing'} refuses ${text.replaceAll('\n', ' ')}`, () => {
    const rules = [...(rulesByFile.get(path) ?? [])];
    if (rule === undefined) assert.deepEqual(rules, []);
    else assert.ok(rules.includes(rule), `refused by ${rules.join(', ') || 'nothing'}`);
  });
}
